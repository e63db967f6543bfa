/* SPDX-License-Identifier: MIT */
/*
 * value - modes and times as lists write them, read from a line that ends with LF and has
 * LINE_PADDING readable bytes from there on.
 */
#ifndef TREETALLY_VALUE_H
#define TREETALLY_VALUE_H

#include "common/base/scantime.h"
#include "common/log/word.h"

/*
 * Modes are words of ten bytes of which a scan has few: each is parsed once, then looked up. A slot
 * holds the last word that belongs there; one that collides is just parsed again.
 */
#define VALUE_MODE_SLOTS 32
struct value_memo {
	struct value_word {
		uint64_t head; /* the word's first eight bytes; 0: empty, for no word has a NUL */
		uint16_t tail; /* and the last two */
		uint32_t mode;
	} modes[VALUE_MODE_SLOTS];
};

/* Exactly ten bytes: a mode as ls -l shows it. False if they are not one. */
bool value_parse_mode(const char *at, uint32_t *mode);

/* Does another writer's record, "<n>" and three numbers, begin at this '<'? */
bool value_is_record(const char *at);

/*
 * Both move *at behind the value, if it is one; what may stand there is for the caller to check.
 *
 * A mark of an ACL may follow the letters of a mode.
 */
static inline bool value_take_mode(struct value_memo *memo, const char **at, uint32_t *mode)
{
	const char *p = *at;
	uint64_t head = get_le64(p);
	uint16_t tail = (uint16_t)((unsigned char)p[8] | (unsigned char)p[9] << 8);
	uint64_t hash = (head ^ (uint64_t)tail << 24) * UINT64_C(0x9e3779b97f4a7c15);
	struct value_word *word = &memo->modes[hash >> 40 & (VALUE_MODE_SLOTS - 1)];

	if (word->head != head || word->tail != tail) {
		if (!value_parse_mode(p, mode))
			return false;
		*word = (struct value_word){ head, tail, *mode };
	}
	*mode = word->mode;
	p += 10;
	if (*p == '+' || *p == '.' || *p == '@')
		p++;
	*at = p;
	return true;
}

/*
 * A stamp: day, blanks, time of day, maybe a fraction, which is dropped: times are floored, those
 * before 1970 too, since the fraction counts upward there as well.
 *
 * Many files are as old as their data: `before` is the text of another stamp of the line, of the time
 * `then`, which is compared first; or NULL.
 */
#define VALUE_STAMP_LEN 19 /* with one blank and no fraction */
static inline bool value_take_stamp(const char *before, int64_t then, const char **at,
				    int64_t *time)
{
	const char *p = *at;
	int64_t seconds, day;

	if (before && memcmp(p, before, VALUE_STAMP_LEN) == 0 && !is_blank(p[11])) {
		*time = then;
		p += VALUE_STAMP_LEN;
	} else {
		if (!scantime_day(p, &day) || !is_blank(p[10]))
			return false;
		p = skip_blanks(p + 11);
		if (!scantime_clock(p, &seconds))
			return false;
		p += 8;
		*time = day * SECONDS_PER_DAY + seconds;
	}
	if (*p == '.' && is_digit(p[1])) {
		p += 2;
		while (is_digit(*p))
			p++;
	}
	*at = p;
	return true;
}

#endif
