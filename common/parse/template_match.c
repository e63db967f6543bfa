/* SPDX-License-Identifier: MIT */
#include "common/parse/template_match.h"

#define DAYS_BEFORE_1970 719163 /* DAYS() of 1970-01-01 */

/* A day number or an age may have a sign. */
static bool take_signed(const char **at, int64_t *value)
{
	bool negative = **at == '-';
	uint64_t number;

	*at += negative;
	if (!take_decimal(at, UINT64_C(1) << 40, &number))
		return false;
	*value = negative ? -(int64_t)number : (int64_t)number;
	return true;
}

static bool take_days(const struct template_step *s, const struct template *t, const char **at,
		      int64_t *time)
{
	int64_t days;

	if (!take_signed(at, &days))
		return false;
	*time = s->op == OP_AGE ? t->scan_time - days * SECONDS_PER_DAY :
		(days - DAYS_BEFORE_1970) * SECONDS_PER_DAY;
	return *time >= TIME_MIN && *time <= TIME_MAX;
}

/* A fraction counts upward, also before 1970: "-1.5" is written for half a second after -1. */
static bool take_epoch(const char **at, int64_t *time)
{
	if (!take_signed(at, time))
		return false;
	if (**at == '.' && is_digit((*at)[1])) {
		++*at;
		while (is_digit(**at))
			++*at;
	}
	return *time >= TIME_MIN && *time <= TIME_MAX;
}

static bool take_octal(const struct template_step *s, const char **at, uint64_t *mode)
{
	const char *start = *at;

	*mode = 0;
	while (**at >= '0' && **at <= '7' && *at - start < 8)
		*mode = *mode << 3 | (uint64_t)(*(*at)++ - '0');
	return *at > start && *mode <= 0177777 && (!s->limit || *mode & s->limit);
}

static bool take_type(const char **at, uint64_t *type)
{
	char letter = *(*at)++;
	uint32_t format = 0;

	if (letter == 'f')
		format = S_IFREG;
	else if (!mode_from_letter(letter, &format) &&
		 ((letter | 0x20) < 'a' || (letter | 0x20) > 'z'))
		return false;
	*type = format;
	return true;
}

static inline bool at_stop(const struct template_step *s, const char *at)
{
	return *at == s->stop || (s->stop == ' ' && ends_word(*at));
}

static const char *skip_value(const struct template_step *s, const char *at)
{
	if (s->stop == ' ')
		return skip_word(at);
	while (*at != s->stop && *at != '\n')
		at++;
	return at;
}

/* D is a directory, L a link, F a regular file; without any of them it is something else. */
static bool take_misc(const struct template_step *s, const char **at, uint64_t *type)
{
	const char *start = *at;
	size_t len;

	*at = skip_value(s, start);
	len = (size_t)(*at - start);
	*type = memchr(start, 'D', len) ? S_IFDIR : memchr(start, 'L', len) ? S_IFLNK :
		memchr(start, 'F', len) ? S_IFREG : 0;
	return true;
}

/* Take the value at *at; false if it is bad. */
static inline bool take_value(const struct template *t, const struct template_step *s,
			      struct value_memo *memo, const char **at, struct fields *v)
{
	uint64_t *number = &v->number[s->field];
	int64_t *time = &v->time[s->field];
	uint32_t mode;

	switch (s->op) {
	case OP_NUMBER:
		if (!take_decimal(at, s->limit, number))
			return false;
		*number *= s->unit;
		return true;
	case OP_MODE:
		if (!value_take_mode(memo, at, &mode))
			return false;
		*number = mode;
		return true;
	case OP_STAMP:
		return value_take_stamp(NULL, 0, at, time);
	case OP_TEXT:
		*at = skip_value(s, *at);
		return true;
	case OP_OCTAL:
		return take_octal(s, at, number);
	case OP_TYPE:
		return take_type(at, number);
	case OP_MISC:
		return take_misc(s, at, number);
	case OP_EPOCH:
		return take_epoch(at, time);
	default:
		return take_days(s, t, at, time);
	}
}

/* Past a bad value; the time of day behind a bad day belongs to it. */
static const char *skip_bad(const struct template_step *s, const char *start)
{
	const char *at = skip_value(s, start), *next;

	if (s->op == OP_STAMP && s->stop == ' ') {
		next = skip_blanks(at);
		if (is_digit(next[0]) && is_digit(next[1]) && next[2] == ':' && is_digit(next[3]))
			at = skip_word(next);
	}
	return at;
}

static inline void step_value(const struct template *t, const struct template_step *s,
			      struct value_memo *memo, const char **at, struct fields *v)
{
	const char *start = *at;

	if (take_value(t, s, memo, at, v) && at_stop(s, *at))
		return;
	v->bad |= FIELD_BIT(s->field);
	*at = skip_bad(s, start);
}

static inline bool take_text(const struct template_step *s, const char **at)
{
	const char *p = *at;

	if (s->blank) {
		if (!is_blank(*p))
			return false;
		p = skip_blanks(p);
	}
	if ((get_le64(p) ^ s->text) & s->mask)
		return false;
	*at = p + s->text_len;
	return true;
}

/* Steps from..to, one after the other; the end of the last, or NULL. */
static const char *run_steps(const struct template *t, unsigned from, unsigned to,
			     struct value_memo *memo, const char *at, struct fields *v)
{
	for (unsigned i = from; i < to; i++) {
		const struct template_step *s = &t->steps[i];

		if (!take_text(s, &at))
			return NULL;
		if (s->op != OP_NONE)
			step_value(t, s, memo, &at, v);
	}
	return at;
}

/*
 * A path may hold the text behind it: so that is looked for from the end, and only so often, for
 * anybody can make names.
 */
#define PATH_TRIES 16

static const char *match_path(const struct template *t, struct value_memo *memo, const char *at,
			      const char *end, struct fields *v)
{
	unsigned rest = t->path_step + 1;
	const struct template_step *path = &t->steps[t->path_step];
	unsigned bad = v->bad;
	int tries = 0;

	if (!take_text(path, &at) || at > end)
		return NULL;
	v->path = at;
	v->path_len = (size_t)(end - at);
	if (rest == t->step_count)
		return end;
	for (const char *p = end; p > at && tries < PATH_TRIES; p--) {
		const char *behind;

		if (p[-1] != path->stop && !(path->stop == ' ' && is_blank(p[-1])))
			continue;
		tries++;
		v->bad = bad;
		behind = run_steps(t, rest, t->step_count, memo, p - 1, v);
		if (behind == end) {
			v->path_len = (size_t)(p - 1 - at);
			return end;
		}
	}
	return NULL;
}

static const char *match_steps(const struct template *t, struct value_memo *memo, const char *at,
			       const char *end, struct fields *v)
{
	at = run_steps(t, 0, t->path_step, memo, at, v);
	if (at && t->path_step < t->step_count)
		at = match_path(t, memo, at, end, v);
	if (!at)
		return NULL;
	v->seen |= t->given;
	return skip_blanks(at);
}

/* The step whose key begins the word at `at`; the one that is expected there is tried first. */
static const struct template_step *find_key(const struct template *t, const char *at,
					    unsigned expected)
{
	uint64_t text = get_le64(at);

	if (expected < t->step_count &&
	    !((text ^ t->steps[expected].text) & t->steps[expected].mask))
		return &t->steps[expected];
	for (unsigned i = 0; i < t->step_count; i++) {
		if (!((text ^ t->steps[i].text) & t->steps[i].mask))
			return &t->steps[i];
	}
	return NULL;
}

/* In any order; the first occurrence of a key counts. */
static const char *match_any_order(const struct template *t, struct value_memo *memo,
				   const char *at, struct fields *v)
{
	unsigned expected = 0;

	for (at = skip_blanks(at); *at != '\n' && !path_behind(at); at = skip_blanks(at)) {
		const struct template_step *s = find_key(t, at, expected);
		unsigned bit = s ? FIELD_BIT(s->field) : 0;

		if (*at == '<')
			v->interleaved |= value_is_record(at);
		if (!s || v->seen & bit) {
			at = skip_word(at);
			continue;
		}
		v->seen |= bit & ~FIELD_BIT(FIELD_OTHER);
		at += s->text_len;
		step_value(t, s, memo, &at, v);
		expected = (unsigned)(s - t->steps) + 1;
	}
	return at;
}

/*
 * Nearly all lines have one blank where there must be some, and nothing wrong with any value. What
 * follows a value is looked at with the next text. NULL: the steps must be taken one by one, and
 * what was put into `v` so far means nothing.
 */
static const char *run_straight(const struct template *t, struct value_memo *memo, const char *at,
				struct fields *v)
{
	const struct template_step *s = t->steps, *end = s + t->step_count;
	const char *value, *stamp = NULL;
	int64_t then = 0;
	uint64_t number;
	uint32_t mode;

	for (; s < end; s++) {
		const char *p = at + s->plain_len; /* `at` itself stays in a register */

		if ((get_le64(at) ^ s->plain) & s->plain_mask)
			return NULL;
		switch (s->op) {
		case OP_NONE:
			break;
		case OP_NUMBER:
			if (!take_small(&p, s->limit, &number))
				return NULL;
			v->number[s->field] = number * s->unit;
			break;
		case OP_STAMP:
			value = p;
			if (!value_take_stamp(stamp, then, &p, &v->time[s->field]))
				return NULL;
			stamp = value;
			then = v->time[s->field];
			break;
		case OP_MODE:
			if (!value_take_mode(memo, &p, &mode))
				return NULL;
			v->number[s->field] = mode;
			break;
		default:
			value = p;
			if (is_blank(*p) || !take_value(t, s, memo, &p, v))
				return NULL;
			while (value < p && *value)
				value++;
			if (value < p)
				return NULL;
		}
		at = p;
	}
	return at_stop(s - 1, at) ? skip_blanks(at) : NULL;
}

const char *template_match(const struct template *t, struct value_memo *memo, const char *at,
			   const char *end, struct fields *v)
{
	const char *behind;

	at = skip_blanks(at);
	if (t->straight && !v->seen) {
		behind = run_straight(t, memo, at, v);
		if (behind && (!t->words || *behind == '\n' || path_behind(behind))) {
			v->seen = t->given & (t->words ? ~FIELD_BIT(FIELD_OTHER) : ~0u);
			v->straight = true;
			return behind;
		}
	}
	return t->words ? match_any_order(t, memo, at, v) : match_steps(t, memo, at, end, v);
}
