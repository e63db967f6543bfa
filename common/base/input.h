/* SPDX-License-Identifier: MIT */
/*
 * input - bytes of one operand, read ahead as far as a reader asks.
 *
 * Dies (4) when a read fails, naming the operand. Memory: the longest piece asked for, and a read.
 */
#ifndef TREETALLY_INPUT_H
#define TREETALLY_INPUT_H

#include "common/base/buf.h"

struct input {
	char *name;      /* for messages: the operand, or "standard input" */
	int fd;
	uint64_t offset; /* bytes consumed so far */
	struct buf bytes;
	size_t at;       /* where the unconsumed bytes start */
	bool at_eof;
};

/* `name` "-" or NULL is stdin. Refuses (2) to wait for a terminal. */
void input_open(struct input *in, const char *name);

/* Have `need` unconsumed bytes at hand; returns how many there are, fewer only at the end. */
size_t input_fill(struct input *in, size_t need);

static inline const unsigned char *input_data(const struct input *in)
{
	return in->bytes.data + in->at;
}

void input_consume(struct input *in, size_t len);

/*
 * Swap buffers: what was consumed stays where it is, in `bytes`, and the rest is copied to the
 * allocation that was there. For whoever needs the former when more has been read.
 */
void input_leave(struct input *in, struct buf *bytes);

enum input_line { INPUT_LINE, INPUT_END, INPUT_CUT, INPUT_TOO_LONG };
/*
 * The next line in place of its LF NUL-terminated, valid until the next call. INPUT_CUT: the
 * input ended inside a line; INPUT_TOO_LONG: no LF within `max` bytes.
 */
enum input_line input_line(struct input *in, size_t max, char **line, size_t *len) WARN_UNUSED;

void input_close(struct input *in);

#endif
