/*
 * gpfs_word - steps through the words of a line. The line ends with LF, which is the sentinel of
 * every loop here: it is no blank, no digit and part of no word.
 */
#ifndef TREETALLY_GPFS_WORD_H
#define TREETALLY_GPFS_WORD_H

#include "common/die.h"

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
	while (is_blank(*at))
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

/*
 * The word at *at as a decimal number below `limit`, which is at most 2^63. Leading zeros are
 * allowed, a sign is not. Moves *at behind the word if it is one, else somewhere into it.
 */
static inline bool take_number(const char **at, uint64_t limit, uint64_t *value)
{
	const char *p = *at, *first;
	uint64_t v = 0;

	while (*p == '0' && is_digit(p[1]))
		p++;
	for (first = p; is_digit(*p); p++)
		v = v * 10 + (uint64_t)(*p - '0');
	*at = p;
	*value = v;
	/* 19 digits cannot overflow 64 bits; a number below 2^63 has no more. */
	return p > first && p - first <= 19 && v < limit && ends_word(*p);
}

/* If the separator stands at the beginning of this word, the path behind it, else NULL. */
static inline const char *path_behind(const char *word)
{
	if (word[0] != '-' || word[1] != '-' || !is_blank(word[2]))
		return NULL;
	word = skip_blanks(word + 2);
	return *word == '/' ? word : NULL;
}

#endif
