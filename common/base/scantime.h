/* SPDX-License-Identifier: MIT */
/*
 * scantime - times of a scan: seconds since 1970-01-01 00:00:00 UTC, negative before it, and days
 * counted the same way. Proleptic Gregorian calendar, years 0001 to 9999, no leap seconds.
 */
#ifndef TREETALLY_SCANTIME_H
#define TREETALLY_SCANTIME_H

#include "common/base/die.h"
#include "common/base/wire.h"

#define TIME_NONE INT64_MIN     /* "no such time": NULL in the database */
#define DAY_NONE INT64_MIN
#define SECONDS_PER_DAY 86400
#define TIME_MIN (-62135596800) /* 0001-01-01 00:00:00 */
#define TIME_MAX 253402300799   /* 9999-12-31 23:59:59 */

/* By number, from 1: days from 1 March to its beginning, and its own, 28 in February. */
struct scantime_month {
	uint16_t before, days;
};
extern const struct scantime_month scantime_months[13];

bool scantime_leap_day(unsigned year, unsigned month, unsigned day) WARN_UNUSED;

/*
 * "YYYY-MM-DD", exactly 10 bytes at `text`; false unless it is a day that exists. Years are counted
 * from March, so that the leap day is the last of its year. Eight bytes at once, and inline: twice
 * for each line of a scan, where a table of days would wait for memory.
 */
static inline bool scantime_day(const char *text, int64_t *day)
{
	uint64_t v = get_le64(text) ^ UINT64_C(0x2d30302d30303030), others; /* "0000-00-" */
	unsigned tens = (unsigned)(text[8] - '0'), ones = (unsigned)(text[9] - '0');
	unsigned year, month, d = tens * 10 + ones, shifted;

	/* Now digits are 0 to 9 and hyphens 0; the top bit of `others` marks what is neither. */
	others = ((v + UINT64_C(0x7f76767f76767676)) | v) & UINT64_C(0x8080808080808080);
	v = v * 10 + (v >> 8);
	year = (unsigned)(v & 0xff) * 100 + (unsigned)(v >> 16 & 0xff);
	month = (unsigned)(v >> 40 & 0xff);
	if (others || tens > 9 || ones > 9 || !year || month > 12)
		return false;
	if (d - 1 >= scantime_months[month].days && !scantime_leap_day(year, month, d))
		return false;
	shifted = year - (month <= 2);
	*day = (int64_t)(shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 +
			 scantime_months[month].before + d) - 719469;
	return true;
}

/*
 * "HH:MM:SS", exactly 8 bytes; hours to 23, minutes to 59; second 60 counts as 59. All eight bytes
 * at once, and inline: three times for each line of a scan.
 */
static inline bool scantime_clock(const char *text, int64_t *seconds)
{
	uint64_t v = get_le64(text) ^ UINT64_C(0x30303a30303a3030), others; /* "00:00:00" */
	unsigned h, m, s;

	/* Now digits are 0 to 9 and colons 0; the top bit of `others` marks what is neither. */
	others = ((v + UINT64_C(0x76767f76767f7676)) | v) & UINT64_C(0x8080808080808080);
	v = v * 10 + (v >> 8);
	h = v & 0xff;
	m = v >> 24 & 0xff;
	s = v >> 48 & 0xff;
	*seconds = h * 3600 + m * 60 + (s == 60 ? 59 : s);
	return !others && h < 24 && m < 60 && s <= 60;
}

/* The strict form of a date option: "YYYY-MM-DD" or "YYYYMMDD", nothing else. */
bool scantime_parse_date(const char *text, int64_t *day) WARN_UNUSED;

#define DATE_TEXT_SIZE 16
/* Writes "YYYY-MM-DD" into `text` and returns it. */
const char *scantime_date_text(char text[DATE_TEXT_SIZE], int64_t day);

/* Whole days from `when` to the midnight that starts `scan_day`, floored; negative: later. */
int64_t scantime_age_days(int64_t when, int64_t scan_day);

#endif
