/* SPDX-License-Identifier: MIT */
#include "common/stream/number_column.h"

static uint64_t low_bytes(uint32_t width)
{
	return width ? UINT64_MAX >> (64 - 8 * width) : 0;
}

static uint32_t bytes_of(uint64_t value)
{
	return value ? 8 - (uint32_t)__builtin_clzll(value) / 8 : 0;
}

/* Values near each other may differ in more bytes than their range takes, as 255 and 256 do. */
static void narrow(const uint64_t *values, uint32_t count, uint32_t *width, uint64_t *base)
{
	const uint64_t narrower = low_bytes(*width - 1);
	uint64_t least = values[0], most = values[0];

	for (uint32_t i = 1; i < count; i++) {
		least = values[i] < least ? values[i] : least;
		most = values[i] > most ? values[i] : most;
		if (most - least > narrower)
			return;
	}
	*width = bytes_of(most - least);
	*base = least;
}

/* The least width. The bytes in which values differ are found faster than their range. */
static uint32_t choose_width(const uint64_t *values, uint32_t count, uint32_t least,
			     uint64_t *base)
{
	uint64_t differ = 0;
	uint32_t width;

	for (uint32_t i = 0; i < count; i++)
		differ |= values[i] ^ values[0];
	width = bytes_of(differ);
	width = width > least ? width : least;
	*base = values[0] & ~low_bytes(width);
	if (width > 1 && width > least)
		narrow(values, count, &width, base);
	return width;
}

/* Compilers make vectors of the two most frequent widths; that halves the time of all columns. */
static void put_values(unsigned char *to, const uint64_t *values, uint32_t count, uint32_t width,
		       uint64_t base)
{
	if (width == 1) {
		for (uint32_t i = 0; i < count; i++)
			to[i] = (unsigned char)(values[i] - base);
	} else if (width == 4) {
		for (uint32_t i = 0; i < count; i++)
			put_le32(to + 4 * (size_t)i, (uint32_t)(values[i] - base));
	} else if (width) {
		/* The bytes of each that are not stored are overwritten by the next one. */
		for (uint32_t i = 0; i < count; i++, to += width)
			put_le64(to, values[i] - base);
	}
}

void number_column_add(struct buf *out, const uint64_t *values, uint32_t count, uint32_t least)
{
	uint64_t base;
	uint32_t width = choose_width(values, count, least, &base);
	size_t most = NUMBER_COLUMN_HEAD_MAX + (size_t)width * count + NUMBER_COLUMN_PADDING;
	unsigned char *to = buf_reserve(out, most);

	*to++ = (unsigned char)width;
	to = put_varint(to, base);
	put_values(to, values, count, width, base);
	out->len = (size_t)(to - out->data) + (size_t)width * count;
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
