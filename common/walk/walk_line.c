/* SPDX-License-Identifier: MIT */
#include "common/walk/walk_line.h"

#define NUMBERS_MAX 512 /* bytes before the path, generously */

void walk_line_encode(struct buf *out, const char *name, size_t len)
{
	unsigned char *start = buf_reserve(out, 3 * len), *to = start;

	for (size_t i = 0; i < len; i++) {
		*to++ = (unsigned char)name[i];
		if (name[i] == '%' || name[i] == '\n') {
			to[-1] = '%';
			memcpy(to, name[i] == '%' ? "25" : "0A", 2);
			to += 2;
		}
	}
	out->len += (size_t)(to - start);
}

static char *put_text(char *to, const char *text)
{
	return stpcpy(to, text);
}

static char *put_number(char *to, uint64_t n)
{
	char digits[20], *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + n % 10);
	} while (n /= 10);
	return mempcpy(to, at, (size_t)(digits + sizeof(digits) - at));
}

static char *put_field(char *to, const char *key, uint64_t n)
{
	return put_number(put_text(to, key), n);
}

/* `n` with leading zeros. */
static char *put_digits(char *to, unsigned width, unsigned n)
{
	for (unsigned i = width; i--; n /= 10)
		to[i] = (char)('0' + n % 10);
	return to + width;
}

static const char *day_text(struct walk_days *days, int64_t day)
{
	size_t slot = (uint64_t)day % WALK_LINE_DAYS;

	if (days->slots[slot].day != day || !*days->slots[slot].text) {
		scantime_date_text(days->slots[slot].text, day);
		days->slots[slot].day = day;
	}
	return days->slots[slot].text;
}

static char *put_time(char *to, struct walk_days *days, const char *key,
		      const struct statx_timestamp *t)
{
	int64_t seconds = t->tv_sec < TIME_MIN ? TIME_MIN : t->tv_sec > TIME_MAX ? TIME_MAX : t->tv_sec;
	int64_t day = seconds / SECONDS_PER_DAY - (seconds % SECONDS_PER_DAY < 0);
	unsigned second = (unsigned)(seconds - day * SECONDS_PER_DAY);

	to = mempcpy(put_text(to, key), day_text(days, day), 10);
	*to++ = ' ';
	to = put_digits(to, 2, second / 3600);
	*to++ = ':';
	to = put_digits(to, 2, second / 60 % 60);
	*to++ = ':';
	to = put_digits(to, 2, second % 60);
	*to++ = '.';
	return put_digits(to, 6, seconds == t->tv_sec ? t->tv_nsec / 1000 : 0);
}

/* Ten letters as ls -l has them. */
static char *put_mode(char *to, unsigned mode)
{
	static const char types[] = "?pc?d?b?-?l?s???", rwx[] = "rwxrwxrwx";

	*to = types[mode >> 12 & 15];
	for (unsigned i = 0; i < 9; i++)
		to[i + 1] = mode >> (8 - i) & 1 ? rwx[i] : '-';
	if (mode & S_ISUID)
		to[3] = mode & S_IXUSR ? 's' : 'S';
	if (mode & S_ISGID)
		to[6] = mode & S_IXGRP ? 's' : 'S';
	if (mode & S_ISVTX)
		to[9] = mode & S_IXOTH ? 't' : 'T';
	return to + 10;
}

void walk_line_add(struct buf *out, struct walk_days *days, const struct statx *st,
		   const struct buf *prefix, const char *name, size_t len)
{
	char *start = (char *)buf_reserve(out, NUMBERS_MAX + prefix->len + 3 * len + 1);
	char *to = put_field(start, "", st->stx_ino);

	to = put_field(to, " 0 0  s=", st->stx_size);
	to = put_field(to, " a=", st->stx_blocks / 2 + st->stx_blocks % 2);
	to = put_field(to, " u=", st->stx_uid);
	to = put_field(to, " g=", st->stx_gid);
	to = put_mode(put_text(to, " p="), st->stx_mode);
	to = put_time(to, days, " ac=", &st->stx_atime);
	to = put_time(to, days, " mt=", &st->stx_mtime);
	to = put_time(to, days, " cr=", &st->stx_ctime);
	to = put_field(to, " nl=", st->stx_nlink);
	to = put_text(to, " -- ");
	out->len += (size_t)(to - start);
	buf_add(out, prefix->data, prefix->len);
	walk_line_encode(out, name, len);
	buf_add_char(out, '\n');
}
