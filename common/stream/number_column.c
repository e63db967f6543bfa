/* SPDX-License-Identifier: MIT */
#include "common/stream/number_column.h"

static uint64_t low_bytes(uint32_t width)
{
	return width ? UINT64_MAX >> (64 - 8 * width) : 0;
}

/* Bytes of a value up to the highest in which not all are equal. */
static uint32_t width_of(const uint64_t *values, uint32_t count)
{
	uint64_t differ = 0;

	for (uint32_t i = 0; i < count; i++)
		differ |= values[i] ^ values[0];
	return differ ? 8 - (uint32_t)__builtin_clzll(differ) / 8 : 0;
}

void number_column_add(struct buf *out, const uint64_t *values, uint32_t count)
{
	uint32_t width = width_of(values, count);
	unsigned char *to = buf_reserve(out, NUMBER_COLUMN_HEAD_MAX + (size_t)width * count + NUMBER_COLUMN_PADDING);

	*to++ = (unsigned char)width;
	to = put_varint(to, values[0] & ~low_bytes(width));
	/* The bytes of each that are not stored are overwritten by the next one. */
	for (uint32_t i = 0; width && i < count; i++, to += width)
		put_le64(to, values[i]);
	out->len = (size_t)(to - out->data);
}

void number_column_open(struct number_column *c, struct wire_in *in, uint32_t count)
{
	const unsigned char *width = get_bytes(in, 1);

	*c = (struct number_column){ .width = width ? *width : 0 };
	if (c->width > NUMBER_COLUMN_WIDTH_MAX) {
		in->bad = true;
		return;
	}
	c->base = get_varint(in);
	c->mask = low_bytes(c->width);
	c->values = get_bytes(in, (uint64_t)c->width * count);
}

bool number_column_within(const struct number_column *c, uint32_t count, uint64_t limit)
{
	uint64_t most = 0;

	if (c->base > limit)
		return false;
	if (c->mask <= limit - c->base)
		return true;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t more = number_column_at(c, i) - c->base;

		most = more > most ? more : most;
	}
	return most <= limit - c->base;
}
