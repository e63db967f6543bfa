/*
 * Words are taken by their first bytes and their values parsed on the spot, so no byte is looked at
 * twice. A fault does not stop the walk: it is noted as a bit, so that a line with several faults
 * gets the same reason in whatever order they stand.
 */
#include "common/log/gpfs_show.h"

#include <limits.h>

#include "common/log/word.h"

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
 * Ten letters as ls -l has them. take_class shifts: a special bit set with the owner's class moves
 * twice more to reach 04000.
 */
static bool parse_mode(const char *p, int32_t *mode)
{
	uint32_t format, bits = 0;

	if (!mode_from_letter(*p, &format) || !take_class(p + 1, 's', 04000 >> 6, &bits) ||
	    !take_class(p + 4, 's', 02000 >> 3, &bits) || !take_class(p + 7, 't', 01000, &bits))
		return false;
	*mode = (int32_t)(format | bits);
	return true;
}

static bool parse_day(const char *p, int32_t *day)
{
	int64_t value;

	if (!scantime_day(p, &value))
		return false;
	*day = (int32_t)value;
	return true;
}

/*
 * The value of the ten bytes at `at`, from one of `slots` words or else by `parse`; false if they
 * have none.
 */
static bool recall(struct show_word *words, unsigned slots, const char *at,
		   bool (*parse)(const char *, int32_t *), int32_t *value)
{
	uint64_t head = get_le64(at);
	uint16_t tail = (uint16_t)((unsigned char)at[8] | (unsigned char)at[9] << 8);
	uint64_t hash = (head ^ (uint64_t)tail << 24) * UINT64_C(0x9e3779b97f4a7c15);
	struct show_word *word = &words[hash >> 40 & (slots - 1)];

	if (word->head != head || word->tail != tail) {
		if (!parse(at, value))
			return false;
		*word = (struct show_word){ head, tail, *value };
	}
	*value = word->value;
	return true;
}

/* A mark of an ACL may follow the letters. */
static bool take_mode(struct show_memo *memo, const char **at, uint32_t *mode)
{
	const char *p = *at;
	int32_t value;

	if (!recall(memo->modes, SHOW_MODE_SLOTS, p, parse_mode, &value))
		return false;
	*mode = (uint32_t)value;
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
static bool take_stamp(struct show_memo *memo, const char **at, int64_t *time)
{
	const char *p = *at;
	int64_t seconds;
	int32_t day;

	if (!recall(memo->days, SHOW_DAY_SLOTS, p, parse_day, &day) || !is_blank(p[10]))
		return false;
	p = skip_blanks(p + 11);
	if (!scantime_clock(p, &seconds))
		return false;
	p += 8;
	if (*p == '.' && is_digit(p[1])) {
		p += 2;
		while (is_digit(*p))
			p++;
	}
	*at = p;
	*time = (int64_t)day * SECONDS_PER_DAY + seconds;
	return ends_word(*p);
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
		if (!take_number(&at, NUMBER_ANY, &ignored))
			return false;
	}
	return true;
}

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
static const char *take_value(struct gpfs_show *v, struct show_memo *memo, unsigned value,
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
		good = take_mode(memo, &at, &v->mode);
	else
		good = take_stamp(memo, &at, &v->time[value]);
	if (good)
		return at;
	v->bad |= bit;
	/* A time of day behind a bad day has no '=' and means nothing: no need to skip it. */
	return skip_word(at);
}

/* Nearly all lines of a log have the same keys in the same order, so a key is just compared. */
#define TAKE_KEY(at, key) (memcmp((at), (key), sizeof(key) - 1) == 0 && ((at) += sizeof(key) - 1))

/*
 * The words in the order of the default layout, one blank between them and nothing wrong with any;
 * the path, or NULL when anything is different: then walk_words decides, which reads every line and
 * takes half as long again.
 */
static const char *walk_default(struct gpfs_show *v, struct show_memo *memo, const char *at)
{
	at = skip_blanks(at);
	if (!TAKE_KEY(at, "s=") || !take_number(&at, UINT64_C(1) << 63, &v->number[SHOW_SIZE]) ||
	    !TAKE_KEY(at, " a=") ||
	    !take_number(&at, UINT64_C(1) << 53, &v->number[SHOW_ALLOCATED]) ||
	    !TAKE_KEY(at, " u=") || !take_number(&at, UINT64_C(1) << 32, &v->number[SHOW_UID]) ||
	    !TAKE_KEY(at, " g=") || !take_number(&at, UINT64_C(1) << 32, &v->number[SHOW_GID]))
		return NULL;
	if (TAKE_KEY(at, " m="))
		at = skip_word(at);
	if (!TAKE_KEY(at, " p=") || !take_mode(memo, &at, &v->mode) ||
	    !TAKE_KEY(at, " ac=") || !take_stamp(memo, &at, &v->time[SHOW_ATIME]) ||
	    !TAKE_KEY(at, " mt=") || !take_stamp(memo, &at, &v->time[SHOW_MTIME]) ||
	    !TAKE_KEY(at, " cr=") || !take_stamp(memo, &at, &v->time[SHOW_CRTIME]) ||
	    !TAKE_KEY(at, " nl=") ||
	    !take_number(&at, UINT64_C(1) << 32, &v->number[SHOW_NLINK]) || *at != ' ')
		return NULL;
	at = path_behind(at + 1);
	if (at)
		v->seen = (1u << SHOW_VALUES) - 1;
	return at;
}

/* Words in any order. */
static const char *walk_words(struct gpfs_show *v, struct show_memo *memo, const char *at)
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
			v->interleaved |= is_record_start(at);
		} else if (*at == '\n') {
			return NULL;
		}
		at = skip_word(at);
	}
}

const char *gpfs_show_walk(struct gpfs_show *v, struct show_memo *memo, const char *at)
{
	const char *path = v->seen ? NULL : walk_default(v, memo, at);

	return path ? path : walk_words(v, memo, at);
}
