/* SPDX-License-Identifier: MIT */
/*
 * tsv_in - the text half of stream_in: lines of a TSV stream collected into blocks.
 *
 * Used by stream_in.c alone; every other reader sees only blocks. Dies (3) with the line number.
 * tsv.h knows what stands in a line and neither reads nor dies; this module reads lines and judges.
 */
#ifndef TREETALLY_TSV_IN_H
#define TREETALLY_TSV_IN_H

#include "common/base/input.h"
#include "common/stream/tsv.h"

struct tsv_in {
	struct input *in;
	struct header head;     /* valid after open */
	struct ledger ledger; /* valid when next has returned false */
	uint64_t records;     /* read so far */
	uint64_t line_number; /* of the line read last, from 1 */
	bool unverified;
	bool first_is_row;    /* there was no #treetally line */
	bool at_end;          /* the #end line, or the input's end, was read */
	struct block_build build;
	struct buf encoded;   /* the block that the caller reads */
	struct buf held;      /* a row that did not fit in it any more */
};

/*
 * Read the header lines of `in`, which must outlive t. With `unverified`, rows need no right #end
 * line and, if `assume` says what they are, no #treetally line; such a stream is marked.
 */
void tsv_in_open(struct tsv_in *t, struct input *in, bool unverified, enum rec_kind assume);
bool tsv_in_next(struct tsv_in *t, struct block *b);

/* Die (3) at the current line. */
void tsv_in_die(const struct tsv_in *t, const char *fmt, ...) NORETURN PRINTF_LIKE(2, 3);

/* Frees all but the head, which the caller of tsv_in_open has taken. */
void tsv_in_free(struct tsv_in *t);

#endif
