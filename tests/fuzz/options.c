/* SPDX-License-Identifier: MIT */
/*
 * Values of options, names of logs and the first line of one, against what the manuals say of them.
 *
 * Input: a byte that selects what is parsed, then the text up to a NUL.
 */
#include "tests/fuzz/fuzz.h"

#include "common/base/human.h"
#include "common/log/rejects.h"
#include "common/query/render.h"
#include "common/stream/stream_opts.h"
#include "common/log/claims.h"

#define TEXT_MAX 200

/* rejects.c writes a file of its own; only its numbers are of interest here. */
const char *chunk_reject_text(const struct chunk *c, const struct chunk_reject *r, size_t *len)
{
	(void)c;
	(void)r;
	*len = 0;
	return "";
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool all_digits(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!digit(text[i]))
			return false;
	}
	return true;
}

/* A number and a suffix that is worth `scale`; false when it is none of that or 2^63 and more. */
static bool scaled(const char *text, size_t digits, __int128 scale, uint64_t *value)
{
	__int128 v = 0;

	if (!digits || !all_digits(text, digits) || !scale)
		return false;
	for (size_t i = 0; i < digits; i++) {
		v = 10 * v + (text[i] - '0');
		if (v > INT64_MAX)
			return false;
	}
	v *= scale;
	*value = (uint64_t)v;
	return v <= INT64_MAX;
}

static size_t count_digits(const char *text)
{
	size_t n = 0;

	while (digit(text[n]))
		n++;
	return n;
}

static __int128 power(__int128 base, const char *letters, char letter)
{
	const char *at = letter ? strchr(letters, letter) : NULL;
	__int128 p = at ? base : 0;

	for (; at && at > letters; at--)
		p *= base;
	return p;
}

static bool plain_size(const char *text, uint64_t *value)
{
	size_t digits = count_digits(text), len = strlen(text);
	const char *suffix = text + digits;
	__int128 scale = 0;

	if (len == digits || !strcmp(suffix, "B"))
		scale = 1;
	else if (len == digits + 1 || !strcmp(suffix + 1, "iB"))
		scale = power(1024, "KMGTP", *suffix);
	else if (!strcmp(suffix + 1, "B"))
		scale = power(1000, "KMGTP", *suffix);
	return scaled(text, digits, scale, value);
}

static bool plain_count(const char *text, uint64_t *value)
{
	size_t digits = count_digits(text), len = strlen(text);
	__int128 scale = 0;

	if (len == digits)
		scale = 1;
	else if (len == digits + 1)
		scale = power(1000, "KMG", text[digits]);
	return scaled(text, digits, scale, value);
}

/* Words of 24 digits and more need not be taken, whatever zeros they begin with. */
static void check_scaled(const char *text)
{
	uint64_t fast = 0, plain = 0;
	bool taken = human_parse_size(text, &fast);

	if (count_digits(text) >= 24) {
		fuzz_check(!taken || (plain_size(text, &plain) && fast == plain), "long size");
		return;
	}
	fuzz_check(taken == plain_size(text, &plain), "size");
	fuzz_check(!taken || fast == plain, "size: value");
	taken = human_parse_count(text, &fast);
	fuzz_check(taken == plain_count(text, &plain), "count");
	fuzz_check(!taken || fast == plain, "count: value");
	taken = human_parse_u64(text, UINT32_MAX, &fast);
	fuzz_check(taken == (*text && all_digits(text, strlen(text)) &&
			     scaled(text, strlen(text), 1, &plain) && plain <= UINT32_MAX),
		   "number");
	fuzz_check(!taken || fast == plain, "number: value");
}

static bool plain_age(const char *text, int64_t *days)
{
	static const struct {
		const char *units;
		int64_t days;
	} table[] = {
		{ "d day days ", 1 }, { "w wk wks week weeks ", 7 },
		{ "mo mos month months ", 30 }, { "y yr yrs year years ", 365 },
	};
	size_t digits = count_digits(text);
	char unit[16];
	uint64_t number;

	if (digits > 6 || !scaled(text, digits, 1, &number))
		return false;
	if (!text[digits] || strlen(text + digits) > 8 || strchr(text + digits, ' '))
		return false;
	snprintf(unit, sizeof(unit), "%s ", text + digits);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const char *at = strstr(table[i].units, unit);

		if (at && (at == table[i].units || at[-1] == ' ')) {
			*days = (int64_t)number * table[i].days;
			return true;
		}
	}
	return false;
}

static bool plain_date(const char *text, int64_t *day)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int y, m, d, leap, before = 0;
	char digits[9];

	if (strlen(text) == 10 && text[4] == '-' && text[7] == '-')
		snprintf(digits, sizeof(digits), "%.4s%.2s%.2s", text, text + 5, text + 8);
	else if (strlen(text) == 8)
		memcpy(digits, text, 9);
	else
		return false;
	if (!all_digits(digits, 8))
		return false;
	y = (int)strtol(digits, NULL, 10) / 10000;
	m = (int)strtol(digits + 4, NULL, 10) / 100;
	d = (int)strtol(digits + 6, NULL, 10);
	leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	if (!y || m < 1 || m > 12 || d < 1 || d > lengths[m - 1] + (m == 2 && leap))
		return false;
	for (int i = 1; i < m; i++)
		before += lengths[i - 1] + (i == 2 && leap);
	y--;
	*day = (int64_t)y * 365 + y / 4 - y / 100 + y / 400 + before + d - 1 - 719162;
	return true;
}

static void check_moment(const char *text)
{
	int64_t fast = 0, plain = 0, age = 0;
	struct human_when when;
	char date[DATE_TEXT_SIZE];
	bool is_age = human_parse_age(text, &fast), is_date, taken;

	fuzz_check(is_age == plain_age(text, &age), "age");
	fuzz_check(!is_age || fast == age, "age: days");
	is_date = scantime_parse_date(text, &fast);
	fuzz_check(is_date == plain_date(text, &plain), "date");
	fuzz_check(!is_date || fast == plain, "date: day");
	taken = human_parse_when(text, &when);
	fuzz_check(taken == (is_age || is_date), "moment");
	if (taken)
		fuzz_check(when.is_age == is_age && when.days == (is_age ? age : plain), "moment");
	if (is_date) {
		scantime_date_text(date, fast);
		fuzz_check(scantime_parse_date(date, &plain) && plain == fast, "date and back");
	}
}

static void check_limit(const char *text)
{
	struct reject_limit limit;
	size_t len = strlen(text), whole = count_digits(text), part;
	bool taken = reject_limit_parse(&limit, text);
	uint64_t count = 0;
	double percent;

	if (!len || text[len - 1] != '%') {
		if (whole < 24)
			fuzz_check(taken == plain_count(text, &count) &&
					   (!taken || limit.value == count), "limit");
		return;
	}
	part = text[whole] == '.' ? count_digits(text + whole + 1) : 0;
	if (whole + (text[whole] == '.') + part != len - 1 || !(whole + part)) {
		fuzz_check(!taken, "no percentage");
		return;
	}
	percent = strtod(text, NULL);
	fuzz_check(taken == (percent <= 100), "percentage");
	if (!taken)
		return;
	fuzz_check(limit.value <= 1000000, "more than all");
	fuzz_check(reject_limit(&limit, UINT64_MAX) <= UINT64_MAX &&
			   reject_limit(&limit, 1000000) == limit.value, "share");
}

static bool among(const char *words, const char *text)
{
	char word[TEXT_MAX + 3], list[100];

	snprintf(word, sizeof(word), " %s ", text);
	snprintf(list, sizeof(list), " %s ", words);
	return *text && !strchr(text, ' ') && strstr(list, word);
}

static void check_words(const char *text)
{
	enum rec_kind kind;
	enum rec_order order;
	enum age_by by;
	enum render_format format;
	enum scan_escape escape;

	fuzz_check(rec_kind_from_name(text, &kind) == among("entry dir usage", text), "kind");
	fuzz_check(rec_order_from_name(text, &order) == among("none tree level", text), "order");
	fuzz_check(age_by_from_name(text, &by) == among("atime mtime newest", text), "age-by");
	fuzz_check(render_format_from_name(text, &format) ==
			   among("table tsv csv json ndjson", text), "format");
	fuzz_check(claims_escape_from_name(text, &escape) == among("none pct", text), "escape");
}

static bool plain_filesystem(const char *name, size_t len)
{
	if (!len || *name == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (name[i] == '/' || (unsigned char)name[i] < 32 || name[i] == 127)
			return false;
	}
	return true;
}

/* ^[0-9]{8}_[^_]+_(.+?)\.list, or .lfs-scan where that is not there */
static void check_name(void *name)
{
	const char *text = name, *end = NULL, *at;
	char *recorded = claims_of_operand(text), day_text[9] = "";
	struct scan_claim claim;
	int64_t day = DAY_NONE;
	bool says = false;

	fuzz_check(strlen(recorded) <= strlen(text) && (!*text || *recorded), "name of a source");
	free(recorded);
	claims_claim(&claim, text);
	if (count_digits(text) == 8 && text[8] == '_') {
		memcpy(day_text, text, 8);
		for (at = text + 9; *at && *at != '_'; at++)
			;
		if (at > text + 9 && *at++ == '_' && *at) {
			end = strstr(at + 1, ".list");
			if (!end)
				end = strstr(at + 1, ".lfs-scan");
			says = end && plain_date(day_text, &day) &&
			       plain_filesystem(at, (size_t)(end - at));
		}
	}
	fuzz_check(says == (claim.filesystem != NULL) && says == (claim.scan_day != DAY_NONE),
		   "what a name says");
	if (says)
		fuzz_check(claim.scan_day == day && strlen(claim.filesystem) == (size_t)(end - at) &&
				   !strncmp(claim.filesystem, at, (size_t)(end - at)),
			   "what a name says");
	claims_release(&claim);
}

static void check_first_line(void *line)
{
	const char *text = line;
	struct scan_claim claim = { .scan_day = DAY_NONE };
	const char *fault = claims_claim_line(&claim, text, strlen(text));
	char date[DATE_TEXT_SIZE];

	if (strncmp(text, "# treetally ", 12) && strncmp(text, "#IDENT#|", 8))
		fuzz_check(!fault && !claim.filesystem && claim.scan_day == DAY_NONE,
			   "a line that says nothing");
	if (claim.filesystem)
		fuzz_check(plain_filesystem(claim.filesystem, strlen(claim.filesystem)) &&
				   strstr(text, claim.filesystem), "file system");
	if (claim.scan_day != DAY_NONE)
		fuzz_check(strlen(scantime_date_text(date, claim.scan_day)) == 10, "scan date");
	claims_release(&claim);
}

/* ---- options that all programs share ---- */

struct shared {
	const char *option, *text;
};

static void parse_shared(void *arg)
{
	const struct shared *s = arg;
	struct opts o;

	struct stream_opts streams = { 0 };
	struct opt rows[] = { OPTS_RESOURCES(&o), STREAM_OPTS_READ(&streams.in), OPT_END };
	const struct opts_program program = { .rows = rows };
	char name[] = "fuzz", *argv[] = { name, (char *)s->option, (char *)s->text, NULL };

	opts_parse(&program, 3, argv);
}

static void check_shared(const char *text)
{
	static const char *const options[] = { "-S", "-j", "--kind" };
	uint64_t value = 0;

	if (count_digits(text) >= 24)
		return;
	for (int i = 0; i < 3; i++) {
		struct shared s = { options[i], text };
		bool good = i == 0   ? plain_size(text, &value) && value >= 4u << 20
			    : i == 1 ? plain_count(text, &value) && value >= 1 && value <= 64
				     : among("entry dir usage", text);

		fuzz_check(fuzz_try(parse_shared, &s) == good, "option %s", options[i]);
		if (!good)
			fuzz_check(fuzz_status == EXIT_USAGE, "option %s", options[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char text[TEXT_MAX + 1] = "";

	if (!len)
		return 0;
	memcpy(text, data + 1, len - 1 < TEXT_MAX ? len - 1 : TEXT_MAX);
	switch (*data % 7) {
	case 0: check_scaled(text); break;
	case 1: check_moment(text); break;
	case 2: check_limit(text); break;
	case 3: check_words(text); break;
	case 4: fuzz_check(fuzz_try(check_name, text), "a name is never fatal"); break;
	case 5: fuzz_check(fuzz_try(check_first_line, text), "a line is never fatal"); break;
	default: check_shared(text);
	}
	return 0;
}
