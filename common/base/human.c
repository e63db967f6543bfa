#include "common/base/human.h"

#include <inttypes.h>

const char *human_bytes(char text[HUMAN_TEXT_SIZE], int64_t bytes)
{
	static const char units[] = "KMGTPE";
	uint64_t value = bytes < 0 ? 0 - (uint64_t)bytes : (uint64_t)bytes, tenths;
	unsigned unit = 0;

	if (value < 1024) {
		snprintf(text, HUMAN_TEXT_SIZE, "%" PRId64 " B", bytes);
		return text;
	}
	while (value >> 10 >= 1024) {
		value >>= 10;
		unit++;
	}
	/* Rounded half up; what would become 1024.0 is the next unit's 1.0. */
	tenths = (value * 10 + 512) >> 10;
	if (tenths >= 10240) {
		tenths = 10;
		unit++;
	}
	snprintf(text, HUMAN_TEXT_SIZE, "%s%" PRIu64 ".%" PRIu64 " %ciB", bytes < 0 ? "-" : "",
		 tenths / 10, tenths % 10, units[unit]);
	return text;
}

const char *human_count(char text[HUMAN_TEXT_SIZE], int64_t count)
{
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRId64, count), to = 0;

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0 && digits[i - 1] != '-')
			text[to++] = ',';
		text[to++] = digits[i];
	}
	text[to] = '\0';
	return text;
}

const char *human_time(char text[HUMAN_TEXT_SIZE], int64_t seconds)
{
	int64_t day = -scantime_age_days(seconds, 0);
	unsigned rest;
	char date[DATE_TEXT_SIZE];

	/* scantime_age_days floors towards the past of a scan, which is the ceiling here. */
	if (day * SECONDS_PER_DAY > seconds)
		day--;
	rest = (unsigned)(seconds - day * SECONDS_PER_DAY);
	snprintf(text, HUMAN_TEXT_SIZE, "%s %02u:%02u:%02u", scantime_date_text(date, day),
		 rest / 3600, rest / 60 % 60, rest % 60);
	return text;
}

bool human_parse_age(const char *text, int64_t *days)
{
	static const struct {
		const char *name;
		int64_t days;
	} units[] = {
		{ "d", 1 }, { "day", 1 }, { "days", 1 },
		{ "w", 7 }, { "wk", 7 }, { "wks", 7 }, { "week", 7 }, { "weeks", 7 },
		{ "mo", 30 }, { "mos", 30 }, { "month", 30 }, { "months", 30 },
		{ "y", 365 }, { "yr", 365 }, { "yrs", 365 }, { "year", 365 }, { "years", 365 },
	};
	size_t digits = strspn(text, "0123456789");
	int64_t number = 0;

	if (!digits || digits > 6)
		return false;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (text[i] - '0');
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text + digits, units[i].name) == 0) {
			*days = number * units[i].days;
			return true;
		}
	}
	return false;
}

bool human_parse_when(const char *text, struct human_when *when)
{
	when->is_age = human_parse_age(text, &when->days);
	return when->is_age || scantime_parse_date(text, &when->days);
}

int64_t human_when_seconds(const struct human_when *when, int64_t scan_day)
{
	return (when->is_age ? scan_day - when->days : when->days) * SECONDS_PER_DAY;
}
