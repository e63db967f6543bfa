/* SPDX-License-Identifier: MIT */
/*
 * number_column - the values of one field of all records of a section, side by side.
 *
 *     width   1 byte, 0 to 8
 *     base    varint
 *     values  `width` bytes each, little-endian: the value less the base
 *
 * A field that is the same in all records takes no bytes but width and base. A value is written and
 * read without a branch, wherever it stands, and a column that nobody asks for costs nothing.
 *
 * Eight bytes are read at a time, so NUMBER_COLUMN_PADDING bytes behind the last column must be
 * readable.
 */
#ifndef TREETALLY_NUMBER_COLUMN_H
#define TREETALLY_NUMBER_COLUMN_H

#include "common/base/buf.h"
#include "common/base/wire.h"

#define NUMBER_COLUMN_WIDTH_MAX 8u
#define NUMBER_COLUMN_HEAD_MAX (1u + VARINT_MAX) /* bytes of width and base */
#define NUMBER_COLUMN_PADDING 8u

/* Append a column of `count` values, more than 0, at least `least` wide: 0 or 1. */
void number_column_add(struct buf *out, const uint64_t *values, uint32_t count, uint32_t least);

struct number_column {
	const unsigned char *values; /* in the section */
	uint64_t base, mask;         /* mask: of the low `width` bytes */
	uint32_t width;
};

/* Take the column of `count` values at `in`; sets `in->bad` if it is not one. Looks at no value. */
void number_column_open(struct number_column *c, struct wire_in *in, uint32_t count);

/* Are all values at most `limit`? Mostly the width says it. */
bool number_column_within(const struct number_column *c, uint32_t count,
			  uint64_t limit) WARN_UNUSED;

static inline uint64_t number_column_at(const struct number_column *c, uint32_t i)
{
	return c->base + (get_le64(c->values + (size_t)i * c->width) & c->mask);
}

#endif
