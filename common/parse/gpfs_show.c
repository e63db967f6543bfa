/* SPDX-License-Identifier: MIT */
/*
 * Words are taken by their first bytes and their values parsed on the spot, so no byte is looked at
 * twice. A fault does not stop the walk: it is noted as a bit, so that a line with several faults
 * gets the same reason in whatever order they stand.
 */
#include "common/parse/gpfs_show.h"

#include <limits.h>

#include "common/parse/value.h"

#define NO_KEY 0 /* the tables hold SHOW_... + 1 */

static const unsigned char one_letter[UCHAR_MAX + 1] = {
	['s'] = SHOW_SIZE + 1, ['a'] = SHOW_ALLOCATED + 1, ['u'] = SHOW_UID + 1,
	['g'] = SHOW_GID + 1, ['p'] = SHOW_MODE + 1,
};

static unsigned two_letters(const char *at)
{
	switch ((unsigned char)at[0] << 8 | (unsigned char)at[1]) {
	case 'a' << 8 | 'c': return SHOW_ATIME + 1;
	case 'm' << 8 | 't': return SHOW_MTIME + 1;
	case 'c' << 8 | 'r': return SHOW_CRTIME + 1;
	case 'n' << 8 | 'l': return SHOW_NLINK + 1;
	default: return NO_KEY;
	}
}

/* The key at the start of a word, if it is one that matters; *value is what follows its '='. */
static unsigned take_key(const char *at, const char **value)
{
	if (at[1] == '=') {
		*value = at + 2;
		return one_letter[(unsigned char)*at];
	}
	*value = at + 3;
	return at[2] == '=' ? two_letters(at) : NO_KEY;
}

/* Parse the value of a key at `at`; returns the end of its word. */
static const char *take_value(struct gpfs_show *v, struct value_memo *memo, unsigned value,
			      const char *at)
{
	/* 0: no number. KiB are fewer, for as bytes they must stay below 2^63. */
	static const uint64_t limits[SHOW_VALUES] = {
		[SHOW_SIZE] = UINT64_C(1) << 63, [SHOW_ALLOCATED] = UINT64_C(1) << 53,
		[SHOW_UID] = UINT64_C(1) << 32, [SHOW_GID] = UINT64_C(1) << 32,
		[SHOW_NLINK] = UINT64_C(1) << 32,
	};
	unsigned bit = 1u << value;
	bool good;

	if (v->seen & bit) /* the first one counts */
		return skip_word(at);
	v->seen |= bit;
	if (limits[value])
		good = take_number(&at, limits[value], &v->number[value]);
	else if (value == SHOW_MODE)
		good = value_take_mode(memo, &at, &v->mode) && ends_word(*at);
	else
		good = value_take_stamp(NULL, 0, &at, &v->time[value]) && ends_word(*at);
	if (good)
		return at;
	v->bad |= bit;
	/* A time of day behind a bad day has no '=' and means nothing: no need to skip it. */
	return skip_word(at);
}

const char *gpfs_show_walk(struct gpfs_show *v, struct value_memo *memo, const char *at)
{
	for (;;) {
		const char *behind;
		unsigned key;

		at = skip_blanks(at);
		key = take_key(at, &behind);
		if (key != NO_KEY) {
			at = take_value(v, memo, key - 1, behind);
			continue;
		}
		if (*at == '-') {
			const char *path = path_behind(at);

			if (path)
				return path;
		} else if (*at == '<') {
			v->interleaved |= value_is_record(at);
		} else if (*at == '\n') {
			return NULL;
		}
		at = skip_word(at);
	}
}
