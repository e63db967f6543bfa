/* SPDX-License-Identifier: MIT */
/*
 * stream_in - one input stream, binary or TSV, checked from the first byte to the last.
 *
 * Whatever is wrong ends the program here: exit 3 with stream name, record number and byte
 * offset for bad input, 4 for a failed read. So a block that a caller sees has a right hash, and
 * when stream_in_next returns false the trailer was there and everything in it agrees.
 *
 * Life: open -> next* (false) -> close. Memory: the largest block so far, at most about 5 MiB in
 * a crafted stream and a few hundred KiB in ours. Not thread-safe.
 */
#ifndef TREETALLY_STREAM_IN_H
#define TREETALLY_STREAM_IN_H

#include "common/stream/tsv_in.h"

struct stream_in_options {
	enum rec_kind kind;  /* what is wanted; KIND_ANY takes what comes */
	bool unverified;     /* TSV only: accept rows without a right #end, mark the stream */
	enum rec_kind assume; /* --kind: what rows are when the #treetally line is gone */
};

struct stream_in {
	const char *name;      /* for messages; belongs to `in` */
	struct header head;      /* valid after open */
	struct ledger ledger;  /* valid when next has returned false */
	uint64_t records;      /* read in whole blocks so far */
	uint64_t blocks;
	struct input in;
	bool ended;
	uint64_t chain;        /* hash over header hash and block hashes so far */
	struct tsv_in *tsv;    /* NULL for binary */
};

/* Open `name` ("-" or NULL: stdin) and read its header. */
void stream_in_open(struct stream_in *s, const char *name, const struct stream_in_options *opt);

/* The next block, valid until the following call; false at the verified end. `b` starts zeroed. */
bool stream_in_next(struct stream_in *s, struct block *b);

/*
 * The payload of that block stays valid as long as `bytes`, which then holds it; what was in there
 * is overwritten by the blocks that follow.
 */
void stream_in_keep(struct stream_in *s, struct buf *bytes);

/* Die (3) with the position and a reason found by the reader of a block: b->fault, bad order. */
void stream_in_die(struct stream_in *s, const char *fmt, ...) NORETURN PRINTF_LIKE(2, 3);

void stream_in_close(struct stream_in *s);

#endif
