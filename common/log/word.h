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

/* How many of the eight bytes at `at`, from the first on, are digits; *value is their number. */
static inline unsigned take_digits(const char *at, uint64_t *value)
{
	const uint64_t pairs = UINT64_C(0x000000ff000000ff); /* first and third */
	uint64_t v = get_le64(at) ^ UINT64_C(0x3030303030303030), others;
	unsigned bits;

	/* Digits are now 0 to 9. The top bit of `others` marks all other bytes. */
	others = ((v + UINT64_C(0x7676767676767676)) | v) & UINT64_C(0x8080808080808080);
	bits = others ? (unsigned)__builtin_ctzll(others) & ~7u : 64;
	/* Push what is not a digit out at the top: zeros come in below, as leading digits. */
	v = bits ? v << (64 - bits) : 0;
	/* Join 8 digits to 4 pairs, which lie in every other byte, and those to one number. */
	v = v * 10 + (v >> 8);
	*value = ((v & pairs) * (100 + (UINT64_C(1000000) << 32)) +
		  (v >> 16 & pairs) * (1 + (UINT64_C(10000) << 32))) >> 32;
	return bits / 8;
}

/* As `limit` of take_number: 2^64. */
#define NUMBER_ANY 0

/* take_decimal for numbers of eight digits and more. */
bool take_long_decimal(const char **at, uint64_t limit, uint64_t *value);

/*
 * The digits at *at as a decimal number below `limit`. Leading zeros are allowed, a sign is not.
 * Moves *at behind them if they are one.
 */
static inline bool take_decimal(const char **at, uint64_t limit, uint64_t *value)
{
	unsigned digits = take_digits(*at, value);

	if (digits == 8)
		return take_long_decimal(at, limit, value);
	*at += digits;
	return digits && *value <= limit - 1;
}

/* The same, of a whole word; if it is not one, *at moves somewhere into it. */
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
