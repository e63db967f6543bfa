/* SPDX-License-Identifier: MIT */
/*
 * log_parse - sources one after the other, as parsed chunks in the order of their lines.
 *
 * Reading, parsing in threads and bounded memory behind one loop:
 *
 *     log_parse_open(p, operand);              reads the first chunk and waits
 *     p->reader.format = ...;                  the layout, and what the first line says
 *     while ((chunk = log_parse_next(p)))      in order; valid until the next call
 *             write(chunk);
 *     log_parse_close(p);
 *
 * Memory: a fixed number of chunks and workers that fits the budget. The least, one of each and
 * no thread, needs less than 4 MiB.
 */
#ifndef TREETALLY_LOG_PARSE_H
#define TREETALLY_LOG_PARSE_H

#include "common/base/pool.h"
#include "common/log/chunk_reader.h"

struct log_parse {
	unsigned threads;
	size_t chunk_count;
	uint64_t unpack_memory; /* bytes that chunks and workers leave */
	struct chunk_worker *workers; /* one for each thread, and the caller's own */
	struct chunk *chunks;
	struct chunk **idle;
	size_t idle_count;
	struct pool *ordered;
	struct log_source source;
	struct chunk_reader reader;
	struct chunk *first; /* read by open, not yet parsed */
	struct chunk *given; /* what next has returned, or has ready behind `part` */
	struct chunk part;   /* the beginning of `given`, parsed when it was known what came before */
	bool part_given;
	struct cut_name name; /* what the chunks so far end with */
	bool at_end;         /* all of the source has been read */
};

/* At most `threads` threads; fewer when `memory` bytes are not enough for them. */
void log_parse_init(struct log_parse *p, unsigned threads, uint64_t memory, bool keep_rejects);

/* Open a source and read its first chunk. False when it is empty. Dies as log_source does. */
bool log_parse_open(struct log_parse *p, const char *operand);

struct chunk *log_parse_next(struct log_parse *p);

/* After log_parse_next has returned NULL. */
void log_parse_close(struct log_parse *p);

void log_parse_release(struct log_parse *p);

#endif
