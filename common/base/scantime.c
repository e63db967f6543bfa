/* SPDX-License-Identifier: MIT */
#include "common/base/scantime.h"

const struct scantime_month scantime_months[13] = {
	{ 0, 0 },    { 306, 31 }, { 337, 28 }, { 0, 31 },   { 31, 30 },  { 61, 31 },  { 92, 30 },
	{ 122, 31 }, { 153, 31 }, { 184, 30 }, { 214, 31 }, { 245, 30 }, { 275, 31 },
};

bool scantime_leap_day(unsigned year, unsigned month, unsigned day)
{
	return month == 2 && day == 29 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool scantime_parse_date(const char *text, int64_t *day)
{
	char full[10];

	if (strlen(text) == 10)
		return scantime_day(text, day);
	if (strlen(text) != 8)
		return false;
	memcpy(full, text, 4);
	full[4] = full[7] = '-';
	memcpy(full + 5, text + 4, 2);
	memcpy(full + 8, text + 6, 2);
	return scantime_day(full, day);
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
