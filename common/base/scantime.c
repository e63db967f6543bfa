/* SPDX-License-Identifier: MIT */
#include "common/base/scantime.h"

/* Two digits at p as a number, or over 99 when they are no digits. */
static unsigned two_digits(const char *p)
{
	unsigned tens = (unsigned)p[0] - '0', ones = (unsigned)p[1] - '0';

	return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

/*
 * Days since the epoch of a civil date. Years are counted from March, so that the leap day is
 * the last of its year and month lengths follow one linear formula; an era is 400 years.
 */
static int64_t days_from_civil(int64_t year, unsigned month, unsigned day)
{
	int64_t era, year_of_era, day_of_year;

	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	year_of_era = year - era * 400;
	day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - 719468;
}

static bool day_exists(unsigned year, unsigned month, unsigned day)
{
	static const unsigned char length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (year < 1 || month < 1 || month > 12 || day < 1)
		return false;
	return day <= length[month - 1] + (month == 2 && leap ? 1u : 0u);
}

static bool day_of_fields(const char *year, const char *month, const char *day, int64_t *result)
{
	unsigned century = two_digits(year), rest = two_digits(year + 2);
	unsigned m = two_digits(month), d = two_digits(day);

	if (century > 99 || rest > 99 || !day_exists(century * 100 + rest, m, d))
		return false;
	*result = days_from_civil(century * 100 + rest, m, d);
	return true;
}

bool scantime_day(const char *text, int64_t *day)
{
	if (text[4] != '-' || text[7] != '-')
		return false;
	return day_of_fields(text, text + 5, text + 8, day);
}

bool scantime_parse_date(const char *text, int64_t *day)
{
	if (strlen(text) == 10)
		return scantime_day(text, day);
	return strlen(text) == 8 && day_of_fields(text, text + 4, text + 6, day);
}

const char *scantime_date_text(char text[DATE_TEXT_SIZE], int64_t day)
{
	int64_t shifted = day + 719468, era, doe, yoe, doy, mp, year;
	int month;

	era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	doe = shifted - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	month = (int)(mp < 10 ? mp + 3 : mp - 9);
	year = yoe + era * 400 + (month <= 2);
	snprintf(text, DATE_TEXT_SIZE, "%04d-%02d-%02d", (int)(year % 10000), month % 100,
		 (int)((doy - (153 * mp + 2) / 5 + 1) % 100));
	return text;
}

int64_t scantime_age_days(int64_t when, int64_t scan_day)
{
	int64_t seconds = scan_day * SECONDS_PER_DAY - when;

	return seconds >= 0 ? seconds / SECONDS_PER_DAY
			    : -((-seconds + SECONDS_PER_DAY - 1) / SECONDS_PER_DAY);
}
