/* SPDX-License-Identifier: MIT */
#include "common/query/name_glob.h"

#include <string.h>

static unsigned char fold(char c, bool ignore_case)
{
	return ignore_case && c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : (unsigned char)c;
}

static const char *skip_negation(const char *set)
{
	return *set == '!' || *set == '^' ? set + 1 : set;
}

/* Where the set ends, its closing bracket; NULL: nowhere. `set` is behind the opening one. */
static const char *end_of_set(const char *set)
{
	const char *first = skip_negation(set);

	return *first ? strchr(first + 1, ']') : NULL;
}

static bool in_set(const char *set, const char *end, char c, bool ignore_case)
{
	const char *at = skip_negation(set);
	bool negated = at != set, found = false;

	while (at < end) {
		char low = *at++, high = low;

		if (at + 1 < end && *at == '-') {
			high = at[1];
			at += 2;
		}
		found = found || (fold(low, ignore_case) <= fold(c, ignore_case) &&
				  fold(c, ignore_case) <= fold(high, ignore_case));
	}
	return found != negated;
}

/* One byte of the name against the pattern's next element; NULL, or what comes behind the element. */
static const char *match_one(const char *pattern, char c, bool ignore_case)
{
	const char *end = *pattern == '[' ? end_of_set(pattern + 1) : NULL;

	if (end)
		return in_set(pattern + 1, end, c, ignore_case) ? end + 1 : NULL;
	if (*pattern == '?' || (*pattern && fold(*pattern, ignore_case) == fold(c, ignore_case)))
		return pattern + 1;
	return NULL;
}

/*
 * Only the last asterisk ever has to take one byte more: what the ones before it took can stay as short
 * as it was.
 */
bool name_glob_match(const char *pattern, const char *name, size_t len, bool ignore_case)
{
	const char *behind_star = NULL, *next;
	size_t at = 0, star_at = 0;

	while (at < len) {
		if (*pattern == '*') {
			behind_star = ++pattern;
			star_at = at;
		} else if ((next = match_one(pattern, name[at], ignore_case))) {
			pattern = next;
			at++;
		} else if (behind_star) {
			pattern = behind_star;
			at = ++star_at;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
