/*
 * parse_log - sources one after the other, as parsed chunks in the order of their lines.
 *
 * Reading, parsing in threads and bounded memory behind one loop:
 *
 *     parse_log_open(p, operand);              reads the first chunk and waits
 *     p->reader.format = ...;                  from the first line, if it says so
 *     while ((chunk = parse_log_next(p)))      in order; valid until the next call
 *             write(chunk);
 *     parse_log_close(p);
 *
 * Memory: a fixed number of chunks and workers that fits the budget. The least, one of each and
 * no thread, needs less than 4 MiB.
 */
#ifndef TREETALLY_PARSE_LOG_H
#define TREETALLY_PARSE_LOG_H

#include "common/ordered.h"
#include "common/parse_chunk.h"

struct parse_log {
	unsigned threads;
	size_t chunk_count;
	struct chunk_worker *workers; /* one a thread */
	struct chunk *chunks;
	struct chunk **idle;
	size_t idle_count;
	struct ordered *ordered;
	struct logsource source;
	struct chunk_reader reader;
	struct chunk *first; /* read by open, not yet parsed */
	struct chunk *given; /* what next has returned */
	bool at_end;         /* all of the source has been read */
};

/* At most `threads` threads; fewer when `memory` bytes are not enough for them. */
void parse_log_init(struct parse_log *p, unsigned threads, uint64_t memory, bool keep_rejects);

/* Open a source and read its first chunk. False when it is empty. Dies as logsource does. */
bool parse_log_open(struct parse_log *p, const char *operand);

struct chunk *parse_log_next(struct parse_log *p);

/* After parse_log_next has returned NULL. */
void parse_log_close(struct parse_log *p);

void parse_log_release(struct parse_log *p);

#endif
