/* SPDX-License-Identifier: MIT */
/*
 * chunk_reader - cuts the text of a source into chunks that end with their last whole line.
 *
 * Where a chunk ends depends on the text alone, not on what read(2) happened to give. A line that
 * does not fit in a chunk is a chunk of its own, of which only the first CHUNK_SIZE bytes are kept;
 * it is too long for a record.
 *
 * Of a regular file that is not compressed only the end of each chunk is looked at, and whoever
 * parses the chunk reads it: copying text is a good part of the work, and it is best in the cache
 * of the core that needs it.
 */
#ifndef TREETALLY_CHUNK_READER_H
#define TREETALLY_CHUNK_READER_H

#include "common/log/chunk.h"

/* `format` may be set until the first chunk is cut. */
struct chunk_reader {
	struct log_source *source;
	struct line_format format;
	struct buf rest;     /* text behind the last chunk */
	bool started;
	bool inside_line;    /* the last chunk was the beginning of a very long line */
	bool cut;            /* the input ended inside a line */
};

/* The next chunk; false at the end of the source. Dies as log_source_read does. */
bool chunk_reader_next(struct chunk_reader *r, struct chunk *c);

/*
 * The first in two steps: take as much text as a chunk can hold, and leave what is behind its last
 * line for the next.
 */
bool chunk_reader_fill(struct chunk_reader *r, struct chunk *c);
void chunk_reader_cut(struct chunk_reader *r, struct chunk *c);

void chunk_reader_release(struct chunk_reader *r);

#endif
