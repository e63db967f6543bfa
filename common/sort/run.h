/* SPDX-License-Identifier: MIT */
/*
 * run - one sorted run in a spill file: written once in order, read once in order.
 *
 * Paths are front-coded against the one before; a tail of zero bytes (a directory without a line)
 * takes no space. Reading gives the space back as it goes (spill_discard).
 */
#ifndef TREETALLY_RUN_H
#define TREETALLY_RUN_H

#include "common/base/path.h"
#include "common/base/spill.h"

#define RUN_BUFFER (64u << 10) /* bytes: write buffer, and least read buffer */
#define RUN_TAIL_MAX 80        /* bytes: longest tail */
#define RUN_PATH_MAX (PATH_BYTES_MAX + 64) /* bytes: a path, and a key beside it (record_key.h) */

struct run {
	uint64_t offset, length; /* bytes in the spill file */
	uint64_t records;
};

struct run_writer {
	struct spill *spill;
	size_t tail_len;
	struct run run;
	struct buf out;
	struct buf path; /* the one before */
};

void run_begin(struct run_writer *w, struct spill *spill, size_t tail_len);
void run_put(struct run_writer *w, const char *path, size_t len, const unsigned char *tail);
struct run run_end(struct run_writer *w);

struct run_reader {
	struct spill *spill;
	size_t tail_len;
	uint64_t offset, left; /* bytes not yet in the buffer */
	uint64_t records_left;
	unsigned char *buffer;
	size_t buffer_size, at, have;
	struct buf path;       /* the current record */
	unsigned char tail[RUN_TAIL_MAX];
};

/* Reads through a buffer of `buffer_size` bytes, at least RUN_BUFFER. */
void run_open(struct run_reader *r, struct spill *spill, size_t tail_len, const struct run *run,
	      size_t buffer_size);
/* The next record into path and tail; false at the end. */
bool run_next(struct run_reader *r);
void run_close(struct run_reader *r);

#endif
