/* SPDX-License-Identifier: MIT */
/*
 * human - sizes, counts, times and ages as people write and read them.
 */
#ifndef TREETALLY_HUMAN_H
#define TREETALLY_HUMAN_H

#include <sys/types.h>

#include "common/base/scantime.h"

#define HUMAN_TEXT_SIZE 32

/*
 * Three significant digits, rounded half up: "999 B", "1.00 KiB", "12.3 TiB", "1023 GiB"; at most 9
 * characters. Returns `text`.
 */
const char *human_bytes(char text[HUMAN_TEXT_SIZE], int64_t bytes);
/* "57,412,003" */
const char *human_count(char text[HUMAN_TEXT_SIZE], int64_t count);
/* "2026-01-11 10:00:00" */
const char *human_time(char text[HUMAN_TEXT_SIZE], int64_t seconds);

/*
 * Strict decimal, the whole text, no sign; false when it is anything else or above `max`. All that
 * follows is as strict.
 */
bool human_parse_u64(const char *text, uint64_t max, uint64_t *value) WARN_UNUSED;
/*
 * "4096", "64M"; K M G T P and KiB.. are powers of 1024, KB MB.. of 1000. False when the word is
 * anything else, as "1.5G" is, or the value is 2^63 or more. The same for counts, where K M G are
 * powers of 1000.
 */
bool human_parse_size(const char *text, uint64_t *bytes) WARN_UNUSED;
bool human_parse_count(const char *text, uint64_t *count) WARN_UNUSED;
/* The mode of a file in octal, from 0 to 777, with leading zeros or without. */
bool human_parse_mode(const char *text, mode_t *mode) WARN_UNUSED;

/* A moment that an option names: a date, or an age reckoned back from a scan. */
struct human_when {
	bool is_age;
	int64_t days; /* since the epoch, or before the scan date */
};

/* "90d", "6w", "6mo" (30 days each), "3yrs" (365 days each), also in words: "2weeks". */
bool human_parse_age(const char *text, int64_t *days) WARN_UNUSED;
/* Such an age, or YYYY-MM-DD or YYYYMMDD. */
bool human_parse_when(const char *text, struct human_when *when) WARN_UNUSED;
/* Its midnight, in seconds; `scan_day` must be a day when it is an age. */
int64_t human_when_seconds(const struct human_when *when, int64_t scan_day);

#endif
