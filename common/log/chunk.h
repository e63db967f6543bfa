/* SPDX-License-Identifier: MIT */
/*
 * chunk - a log in chunks of lines, each parsed and encoded by itself.
 *
 * Where a chunk ends depends on the text alone (chunk_reader.h), and it ends the block that is
 * being built: so the stream has the same bytes whoever parses the chunks, in whatever number of
 * threads.
 *
 * A line may be the rest of a name that the record before it began (cut_name.h), and that record
 * may stand in an earlier chunk. So the lines before the first that settles the question, hardly
 * ever any, are postponed until it is known what the chunk before ended with.
 *
 * Memory: a chunk has its text and the blocks made of it, about as much again at worst; what a
 * worker needs beside them is bounded by the text of one chunk too.
 */
#ifndef TREETALLY_CHUNK_H
#define TREETALLY_CHUNK_H

#include "common/stream/block_build.h"
#include "common/log/claims.h"
#include "common/log/cut_name.h"
#include "common/log/line.h"
#include "common/log/log_source.h"

#define CHUNK_SIZE (512u << 10) /* bytes of text */

/* Upper bounds in bytes, for dividing a budget: buffers of one chunk, buffers of one worker. */
#define CHUNK_MEMORY (UINT64_C(1280) << 10)
#define CHUNK_WORKER_MEMORY (UINT64_C(2048) << 10)

struct chunk_reject {
	uint32_t line; /* number in the chunk, from 1 */
	uint32_t at : 24, reason : 8; /* where its text starts; enum reject_reason */
};
_Static_assert(CHUNK_SIZE <= 1u << 24, "offsets in a chunk fit in 24 bits");

struct chunk {
	char *text;    /* CHUNK_SIZE bytes and padding */
	size_t len;
	bool at_start; /* the first of its source */
	bool cut;      /* the input ended inside the last line */
	bool keep_rejects;
	const struct line_format *format;
	const struct log_source *source; /* chunk_parse reads the text from there; NULL: it is here */
	int64_t offset;
	bool follows;  /* `name` says what the text before ended with; else it is not known */

	/* What chunk_parse makes of it. Line numbers are in the chunk, from 1; 0: none. */
	struct buf blocks;  /* encoded, for stream_out_add_encoded */
	size_t postponed;   /* bytes at the beginning that were left: all, or to the first record */
	struct cut_name name; /* what the text ends with, unless all was left */
	uint64_t cut_names; /* records behind which some lines are the rest of the name */
	struct scan_end end; /* the sum of all end lines */
	struct tally tally;
	bool overflow;      /* a sum passed 2^63-1 */
	uint64_t unrecognised_line; /* the first */
	uint64_t foreign_line;      /* a record of something else, with no entry before it */
	const char *foreign;        /* of what */
	struct chunk_reject *rejects; /* if they are kept */
	size_t reject_count, reject_cap;
};

void chunk_init(struct chunk *c, bool keep_rejects);

/*
 * Make `part` the beginning of `c` that was left. It borrows the text, and is parsed like any other
 * chunk. `name` is what the chunk before ended with.
 */
void chunk_take_postponed(struct chunk *part, const struct chunk *c, const struct cut_name *name);
void chunk_release(struct chunk *c);

/* The text behind the byte order mark that a source may begin with. */
const char *chunk_text(const struct chunk *c);

/* The first line of a source's first chunk, up to LF, without byte order mark and line end. */
const char *chunk_first_line(const struct chunk *c, size_t *len);

/* What one thread needs for parsing. */
struct chunk_worker {
	const struct layout *layout; /* whose parser it is; NULL until a chunk comes */
	void *parser;
	struct block_build build;
	/* The name of the last record, as far as later lines need it: `path` is not NULL until then. */
	struct cut_name name;
	const char *path;
	size_t path_len;
};

void chunk_worker_init(struct chunk_worker *w);
void chunk_parse(struct chunk_worker *w, struct chunk *c);
void chunk_worker_release(struct chunk_worker *w);

/* The bytes of a kept reject, without line end, at most LINE_BYTES_MAX of them. */
const char *chunk_reject_text(const struct chunk *c, const struct chunk_reject *reject,
			      size_t *len);

#endif
