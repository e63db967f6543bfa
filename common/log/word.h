/* SPDX-License-Identifier: MIT */
/*
 * word - steps through the words of a line. The line ends with LF, which is the sentinel of
 * every loop here: it is neither a blank nor a digit, and ends a word. Numbers are looked at eight
 * bytes at once, so LINE_PADDING bytes must be readable from the LF on.
 */
#ifndef TREETALLY_WORD_H
#define TREETALLY_WORD_H

#include "common/base/die.h"
#include "common/base/wire.h"

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline bool is_digit(char c)
{
	return (unsigned char)(c - '0') <= 9;
}

static inline bool ends_word(char c)
{
	return is_blank(c) || c == '\n';
}

static inline const char *skip_blanks(const char *at)
{
	/* What follows a blank is mostly above it: one comparison. */
	while ((unsigned char)*at <= ' ' && is_blank(*at))
		at++;
	return at;
}

static inline const char *skip_word(const char *at)
{
	/* Most bytes of a word are above the blank: one comparison for each of them. */
	while ((unsigned char)*at > ' ' || !ends_word(*at))
		at++;
	return at;
}

/* Eight bytes, digits as 0 to 9. */
static inline uint64_t load_digits(const char *at)
{
	return get_le64(at) ^ UINT64_C(0x3030303030303030);
}

/* The top bit of each byte that is not 0 to 9. */
static inline uint64_t not_digits(uint64_t v)
{
	return ((v + UINT64_C(0x7676767676767676)) | v) & UINT64_C(0x8080808080808080);
}

/* The number that eight digits are, the first in the lowest byte. */
static inline uint64_t join_digits(uint64_t v)
{
	const uint64_t pairs = UINT64_C(0x000000ff000000ff); /* first and third */

	/* Join 8 digits to 4 pairs, which lie in every other byte, and those to one number. */
	v = v * 10 + (v >> 8);
	return ((v & pairs) * (100 + (UINT64_C(1000000) << 32)) +
		(v >> 16 & pairs) * (1 + (UINT64_C(10000) << 32))) >> 32;
}

/*
 * Up to seven digits: the bytes of `v` before the first that `others` marks, which is not 0. What is
 * not a digit is pushed out at the top; zeros come in below, as leading digits.
 */
static inline unsigned few_digits(uint64_t v, uint64_t others, uint64_t *value)
{
	unsigned bits = (unsigned)__builtin_ctzll(others) - 7;

	*value = join_digits(v << (56 - bits) << 8);
	return bits / 8;
}

/* As `limit` of take_number: 2^64. */
#define NUMBER_ANY 0

/* take_decimal for numbers of eight digits and more, of which the first eight are `high`. */
bool take_long_decimal(const char **at, uint64_t high, uint64_t limit, uint64_t *value);

/*
 * The digits at *at as a decimal number below `limit`. Leading zeros are allowed, a sign is not.
 * Moves *at behind them if they are one.
 */
static inline bool take_decimal(const char **at, uint64_t limit, uint64_t *value)
{
	uint64_t v = load_digits(*at), others = not_digits(v);
	unsigned digits;

	if (!others)
		return take_long_decimal(at, join_digits(v), limit, value);
	digits = few_digits(v, others, value);
	*at += digits;
	return digits && *value <= limit - 1;
}

/* take_decimal where nearly all numbers have one digit; `limit` is above 9. */
static inline bool take_small(const char **at, uint64_t limit, uint64_t *value)
{
	if (!is_digit(**at) || is_digit((*at)[1]))
		return take_decimal(at, limit, value);
	*value = (uint64_t)(*(*at)++ - '0');
	return true;
}

/* take_decimal of a whole word; if it is not one, *at moves somewhere into it. */
static inline bool take_number(const char **at, uint64_t limit, uint64_t *value)
{
	return take_decimal(at, limit, value) && ends_word(**at);
}

/* What stands behind "--" and blanks at the beginning of this word, else NULL. */
static inline const char *separator_behind(const char *word)
{
	if (word[0] != '-' || word[1] != '-' || !is_blank(word[2]))
		return NULL;
	return skip_blanks(word + 2);
}

/* If the separator stands at the beginning of this word, the path behind it, else NULL. */
static inline const char *path_behind(const char *word)
{
	const char *path = separator_behind(word);

	return path && *path == '/' ? path : NULL;
}

#endif
