/*
 * Words are taken by their first bytes and their values parsed on the spot, so no byte is looked at
 * twice. A fault does not stop the walk: it is noted as a bit, so that a line with several faults
 * gets the same reason in whatever order they stand.
 */
#include "common/gpfs_show.h"

#include "common/gpfs_word.h"

/* rwx of one class, with the letter that a set-id or sticky bit has in place of x. */
static bool take_class(const char *p, char special, uint32_t special_bit, uint32_t *mode)
{
	uint32_t bits = 0;

	if (p[0] == 'r')
		bits |= 4;
	else if (p[0] != '-')
		return false;
	if (p[1] == 'w')
		bits |= 2;
	else if (p[1] != '-')
		return false;
	*mode <<= 3;
	if (p[2] == 'x')
		bits |= 1;
	else if (p[2] == special)
		bits |= 1 | special_bit;
	else if (p[2] == special - 'a' + 'A')
		bits |= special_bit;
	else if (p[2] != '-')
		return false;
	*mode |= bits;
	return true;
}

/*
 * Ten letters as ls -l has them; a mark of an ACL may follow. take_class shifts: a special bit
 * set with the owner's class moves twice more to reach 04000.
 */
static bool take_mode(const char **at, uint32_t *mode)
{
	const char *p = *at;
	uint32_t format, bits = 0;

	if (!mode_from_letter(*p, &format) || !take_class(p + 1, 's', 04000 >> 6, &bits) ||
	    !take_class(p + 4, 's', 02000 >> 3, &bits) || !take_class(p + 7, 't', 01000, &bits))
		return false;
	*mode = format | bits;
	p += 10;
	if (*p == '+' || *p == '.' || *p == '@')
		p++;
	*at = p;
	return ends_word(*p);
}

/*
 * A stamp: day, blanks, time of day, maybe a fraction, which is dropped: times are floored, those
 * before 1970 too, since the fraction counts upward there as well.
 */
static bool take_stamp(const char **at, int64_t *time)
{
	const char *p = *at;
	int64_t day, seconds;

	if (!scantime_day(p, &day) || !is_blank(p[10]))
		return false;
	p = skip_blanks(p + 10);
	if (!scantime_clock(p, &seconds))
		return false;
	p += 8;
	if (*p == '.' && is_digit(p[1])) {
		p += 2;
		while (is_digit(*p))
			p++;
	}
	*at = p;
	*time = day * SECONDS_PER_DAY + seconds;
	return ends_word(*p);
}

/* Is this the first value of its key? Later ones do not count. */
static bool is_first(struct gpfs_show *v, int key)
{
	unsigned bit = 1u << key;
	bool first = !(v->seen & bit);

	v->seen |= bit;
	return first;
}

/* These three parse a value at `at`, note it or its being bad, and return the end of its word. */
static const char *number_value(struct gpfs_show *v, int key, const char *at, uint64_t limit)
{
	if (is_first(v, key) && !take_number(&at, limit, &v->number[key]))
		v->bad |= 1u << key;
	return skip_word(at);
}

static const char *mode_value(struct gpfs_show *v, const char *at)
{
	if (is_first(v, SHOW_MODE) && !take_mode(&at, &v->mode))
		v->bad |= 1u << SHOW_MODE;
	return skip_word(at);
}

/* The time of day after a bad day is a word without '=', which means nothing: no need to skip it. */
static const char *time_value(struct gpfs_show *v, int key, const char *at)
{
	if (is_first(v, key) && !take_stamp(&at, &v->time[key]))
		v->bad |= 1u << key;
	return skip_word(at);
}

/* "<n>" and three numbers: another writer's record begins inside this one. */
static bool is_record_start(const char *at)
{
	uint64_t ignored;

	if (!is_digit(*++at))
		return false;
	while (is_digit(*at))
		at++;
	if (*at != '>' || !is_blank(at[1]))
		return false;
	at++;
	for (int i = 0; i < 3; i++) {
		at = skip_blanks(at);
		if (!take_number(&at, UINT64_C(1) << 63, &ignored))
			return false;
	}
	return true;
}

/*
 * One word of SHOW; returns its end. `at` is at a word, and LF ends the line, so that looking at
 * the next byte is safe whenever this one is a letter.
 */
static const char *take_word(struct gpfs_show *v, const char *at)
{
	const uint64_t u63 = UINT64_C(1) << 63, u53 = UINT64_C(1) << 53, u32 = UINT64_C(1) << 32;

	switch (*at) {
	case 's':
		if (at[1] == '=')
			return number_value(v, SHOW_SIZE, at + 2, u63);
		break;
	case 'a':
		if (at[1] == '=') /* KiB, and the bytes must stay below 2^63 */
			return number_value(v, SHOW_ALLOCATED, at + 2, u53);
		if (at[1] == 'c' && at[2] == '=')
			return time_value(v, SHOW_ATIME, at + 3);
		break;
	case 'u':
		if (at[1] == '=')
			return number_value(v, SHOW_UID, at + 2, u32);
		break;
	case 'g':
		if (at[1] == '=')
			return number_value(v, SHOW_GID, at + 2, u32);
		break;
	case 'p':
		if (at[1] == '=')
			return mode_value(v, at + 2);
		break;
	case 'm':
		if (at[1] == 't' && at[2] == '=')
			return time_value(v, SHOW_MTIME, at + 3);
		break;
	case 'c':
		if (at[1] == 'r' && at[2] == '=')
			return time_value(v, SHOW_CRTIME, at + 3);
		break;
	case 'n':
		if (at[1] == 'l' && at[2] == '=')
			return number_value(v, SHOW_NLINK, at + 3, u32);
		break;
	case '<':
		v->interleaved |= is_record_start(at);
		break;
	}
	return skip_word(at);
}

/* Read words from the blank at `at` to the separator; returns the path, or NULL at the line's end. */
const char *gpfs_show_walk(struct gpfs_show *v, const char *at)
{
	for (;;) {
		const char *path;

		at = skip_blanks(at);
		if (*at == '\n')
			return NULL;
		path = path_behind(at);
		if (path)
			return path;
		at = take_word(v, at);
	}
}
