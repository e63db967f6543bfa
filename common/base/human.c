/* SPDX-License-Identifier: MIT */
#include "common/base/human.h"

#include <inttypes.h>

/* value / 2^shift in units of 1/scale, rounded half up; what is cut off cannot make a half. */
static uint64_t rounded(uint64_t value, unsigned shift, unsigned scale)
{
	uint64_t whole = value >> shift, rest = value & ((UINT64_C(1) << shift) - 1);

	if (shift > 50) {
		rest >>= shift - 50;
		shift = 50;
	}
	return whole * scale + ((rest * scale + (UINT64_C(1) << (shift - 1))) >> shift);
}

const char *human_bytes(char text[HUMAN_TEXT_SIZE], int64_t bytes)
{
	static const char units[] = "KMGTPE";
	uint64_t value = bytes < 0 ? 0 - (uint64_t)bytes : (uint64_t)bytes, number;
	unsigned unit = 0, decimals = 2, scale = 100;

	if (value < 1024) {
		snprintf(text, HUMAN_TEXT_SIZE, "%" PRId64 " B", bytes);
		return text;
	}
	while (value >> 10 * (unit + 1) >= 1024)
		unit++;
	/* What would become 1024 is the next unit's 1.00. */
	if (rounded(value, 10 * (unit + 1), 1) >= 1024)
		unit++;
	while (decimals && rounded(value, 10 * (unit + 1), scale) >= 1000) {
		decimals--;
		scale /= 10;
	}
	number = rounded(value, 10 * (unit + 1), scale);
	snprintf(text, HUMAN_TEXT_SIZE, "%s%.*f %ciB", bytes < 0 ? "-" : "", (int)decimals,
		 (double)number / scale, units[unit]);
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

/* ---- what people write ---- */

bool human_parse_u64(const char *text, uint64_t max, uint64_t *value)
{
	uint64_t v = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*value = v;
	return v <= max;
}

struct suffix {
	const char *text;
	unsigned base, power;
};

static bool scale(uint64_t *value, unsigned base, unsigned power)
{
	for (; power; power--) {
		if (*value > INT64_MAX / base)
			return false;
		*value *= base;
	}
	return *value <= INT64_MAX;
}

/* Digits, at most 23 of them, and one of the suffixes, of which the empty one is the last. */
static bool parse_scaled(const char *text, const struct suffix *s, uint64_t *value)
{
	size_t digits = strspn(text, "0123456789");
	char number[24];

	if (!digits || digits >= sizeof(number))
		return false;
	memcpy(number, text, digits);
	number[digits] = '\0';
	while (*s->text && strcmp(s->text, text + digits))
		s++;
	return strcmp(s->text, text + digits) == 0 &&
	       human_parse_u64(number, INT64_MAX, value) && scale(value, s->base, s->power);
}

bool human_parse_size(const char *text, uint64_t *bytes)
{
	static const struct suffix suffixes[] = {
		{ "K", 1024, 1 }, { "KiB", 1024, 1 }, { "KB", 1000, 1 },
		{ "M", 1024, 2 }, { "MiB", 1024, 2 }, { "MB", 1000, 2 },
		{ "G", 1024, 3 }, { "GiB", 1024, 3 }, { "GB", 1000, 3 },
		{ "T", 1024, 4 }, { "TiB", 1024, 4 }, { "TB", 1000, 4 },
		{ "P", 1024, 5 }, { "PiB", 1024, 5 }, { "PB", 1000, 5 },
		{ "B", 1, 0 }, { "", 1, 0 },
	};

	return parse_scaled(text, suffixes, bytes);
}

bool human_parse_count(const char *text, uint64_t *count)
{
	static const struct suffix suffixes[] = {
		{ "K", 1000, 1 }, { "M", 1000, 2 }, { "G", 1000, 3 }, { "", 1, 0 },
	};

	return parse_scaled(text, suffixes, count);
}

bool human_parse_mode(const char *text, mode_t *mode)
{
	size_t digits = strspn(text, "01234567");

	if (!digits || digits > 4 || text[digits])
		return false;
	*mode = (mode_t)strtoul(text, NULL, 8);
	return *mode <= 0777;
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
