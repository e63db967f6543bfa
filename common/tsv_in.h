/*
 * tsv_in - the text half of stream_in: lines of a TSV stream collected into blocks.
 *
 * Private to stream_in.c and tsv_in.c; every other reader sees only blocks.
 */
#ifndef TREETALLY_TSV_IN_H
#define TREETALLY_TSV_IN_H

#include "common/attrs.h"
#include "common/stream_in.h"
#include "common/tsv.h"

struct tsv_in {
	uint64_t line_number; /* of the line read last, from 1 */
	bool first_is_row;    /* there was no #treetally line */
	bool unverified;
	bool at_end;          /* the #end line, or the input's end, was read */
	struct block_build build;
	struct buf encoded;   /* the block that the caller reads */
	struct buf held;      /* a row that did not fit in it any more */
};

/* Read the header lines; s->in holds the first bytes. Dies (3) if this is no stream. */
void tsv_in_open(struct stream_in *s, const struct stream_in_options *opt);
bool tsv_in_next(struct stream_in *s, struct block *b);
void tsv_in_free(struct tsv_in *t);

/* The next line of `s` without its LF, NUL-terminated, valid until the next call; NULL at the end. */
char *stream_in_line(struct stream_in *s, size_t *len);

#endif
