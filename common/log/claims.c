/* SPDX-License-Identifier: MIT */
#include "common/log/claims.h"

#include <ctype.h>
#include <errno.h>

#include "common/stream/record.h"

#define HEADER "# treetally "
#define FIELDS "# fields:"
#define ROWS "# end rows="
#define IDENT "#IDENT#|"
#define COMPLETE "#complete#"

static const char *const suffixes[] = { ".gz", ".bz2", ".xz", ".zst", ".zstd", ".lz4", ".lzma" };

char *claims_of_operand(const char *operand)
{
	const char *slash = strrchr(operand, '/'), *name = slash && slash[1] ? slash + 1 : operand;
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t suffix = strlen(suffixes[i]);

		if (len > suffix && strcmp(name + len - suffix, suffixes[i]) == 0)
			return xstrndup(name, len - suffix);
	}
	return xstrdup(name);
}

bool claims_valid_filesystem(const char *name)
{
	if (!*name || *name == '.')
		return false;
	for (; *name; name++) {
		if (*name == '/' || (unsigned char)*name < 0x20 || *name == 0x7f)
			return false;
	}
	return true;
}

const char *const claims_escape_names[] = { "", "none", "pct", NULL };

bool claims_escape_from_name(const char *word, enum scan_escape *escape)
{
	for (unsigned i = ESCAPE_NONE; claims_escape_names[i]; i++) {
		if (strcmp(word, claims_escape_names[i]) == 0) {
			*escape = (enum scan_escape)i;
			return true;
		}
	}
	return false;
}

/* Eight digits, '_', a word without '_', '_', the file system up to ".list" or ".lfs-scan". */
void claims_claim(struct scan_claim *claim, const char *source)
{
	const char *word, *filesystem, *end;
	char date[9], *name;
	int64_t day;

	*claim = (struct scan_claim){ .scan_day = DAY_NONE };
	if (strspn(source, "0123456789") != 8 || source[8] != '_')
		return;
	memcpy(date, source, 8);
	date[8] = '\0';
	word = source + 9;
	filesystem = strchr(word, '_');
	if (!filesystem || filesystem == word || !*++filesystem)
		return;
	end = strstr(filesystem + 1, ".list");
	if (!end)
		end = strstr(filesystem + 1, ".lfs-scan");
	if (!end || !scantime_parse_date(date, &day))
		return;
	name = xstrndup(filesystem, (size_t)(end - filesystem));
	if (!claims_valid_filesystem(name)) {
		free(name);
		return;
	}
	claim->scan_day = day;
	claim->filesystem = name;
}

static const char *set_word(struct scan_claim *claim, const char *key, const char *value)
{
	int64_t day;

	if (strcmp(key, "escape") == 0) {
		if (!claims_escape_from_name(value, &claim->escape))
			return "escape= is neither none nor pct";
	} else if (strcmp(key, "scan_date") == 0) {
		if (!scantime_parse_date(value, &day))
			return "scan_date= is not a date";
		if (claim->scan_day == DAY_NONE)
			claim->scan_day = day;
	} else if (strcmp(key, "filesystem") == 0) {
		if (!claims_valid_filesystem(value))
			return "filesystem= is not a valid name";
		if (!claim->filesystem)
			claim->filesystem = xstrdup(value);
	}
	return NULL; /* any other word is one that a later version has added */
}

static bool begins(const char *line, size_t len, const char *with)
{
	return len >= strlen(with) && !memcmp(line, with, strlen(with));
}

/* Our own header, behind HEADER; modified. */
static const char *claim_header(struct scan_claim *claim, char *words)
{
	char *program = strsep(&words, " "), *word = words ? strsep(&words, " ") : NULL;
	const char *fault = NULL;

	/* Of other programs' comments, only those of this form are headers. */
	if (!*program || !word ||
	    (strcmp(program, "scan-tree") && !isdigit((unsigned char)*word)))
		return NULL;
	claim->has_end = strcmp(word, "2") == 0;
	if (!claim->has_end && strcmp(word, "1"))
		fault = "a log of a format that this version does not know";
	while (!fault && (word = strsep(&words, " "))) {
		char *value = strchr(word, '=');

		if (value) {
			*value++ = '\0';
			fault = set_word(claim, word, value);
		}
	}
	return fault;
}

/* Versions of two programs, time in seconds, ..., in the eleventh place the file system; modified. */
static void claim_ident(struct scan_claim *claim, char *columns)
{
	char *column, *rest;

	claim->has_end = true;
	for (int i = 0; (column = strsep(&columns, "|")); i++) {
		if (i == 2 && claim->scan_day == DAY_NONE) {
			long long seconds = strtoll(column, &rest, 10);

			if (*column && !*rest && seconds > 0 && seconds <= TIME_MAX)
				claim->scan_day = seconds / SECONDS_PER_DAY;
		} else if (i == 10 && !claim->filesystem && strcmp(column, "UNKNOWN") &&
			   claims_valid_filesystem(column)) {
			claim->filesystem = xstrdup(column);
		}
	}
}

const char *claims_claim_line(struct scan_claim *claim, const char *line, size_t len)
{
	const char *fault = NULL;
	char *text;

	if (begins(line, len, HEADER)) {
		text = xstrndup(line + strlen(HEADER), len - strlen(HEADER));
		fault = claim_header(claim, text);
		free(text);
	} else if (begins(line, len, IDENT)) {
		text = xstrndup(line + strlen(IDENT), len - strlen(IDENT));
		claim_ident(claim, text);
		free(text);
	} else if (begins(line, len, FIELDS)) {
		claim->has_end = true;
	}
	return fault;
}

/* The number behind " key=" among the words of an end line; false if there is none. */
static bool end_number(const char *words, const char *key, uint64_t *number)
{
	const char *at = strstr(words, key);
	char *rest;

	if (!at || !isdigit((unsigned char)at[strlen(key)]))
		return false;
	errno = 0;
	*number = strtoull(at + strlen(key), &rest, 10);
	return !errno && (!*rest || *rest == ' ') && *number < INT64_MAX;
}

/* Our own end line: "PROGRAM end " and words, of which entries= must be there. */
static void add_own_end(struct scan_end *end, const char *words, uint64_t number)
{
	const char *blank = strchr(words, ' ');
	uint64_t entries, unseen = 0, skipped = 0;

	if (!blank || strncmp(blank, " end ", 5))
		return;
	end->lines++;
	end->last = number;
	if (end_number(words, " entries=", &entries) &&
	    (!strstr(words, " unseen=") || end_number(words, " unseen=", &unseen)) &&
	    (!strstr(words, " skipped=") || end_number(words, " skipped=", &skipped))) {
		end->entries = add_saturating(end->entries, entries);
		end->unseen = add_saturating(end->unseen, unseen);
		end->skipped = add_saturating(end->skipped, skipped);
	} else {
		end->bad++;
	}
}

static void add_rows(struct scan_end *end, const char *line, uint64_t number)
{
	uint64_t rows;

	end->lines++;
	end->last = number;
	if (end_number(line, " rows=", &rows))
		end->entries = add_saturating(end->entries, rows);
	else
		end->bad++;
}

void claims_add_end(struct scan_end *end, const char *line, size_t len, uint64_t number)
{
	char *text;

	if (begins(line, len, COMPLETE)) {
		end->lines++;
		end->uncounted++;
		end->last = number;
		return;
	}
	if (!begins(line, len, HEADER) && !begins(line, len, ROWS))
		return;
	text = xstrndup(line, len);
	if (begins(line, len, ROWS))
		add_rows(end, text, number);
	else
		add_own_end(end, text + strlen(HEADER), number);
	free(text);
}

void claims_add_ends(struct scan_end *end, const struct scan_end *more, uint64_t lines_before)
{
	end->lines += more->lines;
	end->bad += more->bad;
	end->uncounted += more->uncounted;
	end->entries = add_saturating(end->entries, more->entries);
	end->unseen = add_saturating(end->unseen, more->unseen);
	end->skipped = add_saturating(end->skipped, more->skipped);
	if (more->last)
		end->last = lines_before + more->last;
}

void claims_release(struct scan_claim *claim)
{
	free(claim->filesystem);
	*claim = (struct scan_claim){ .scan_day = DAY_NONE };
}
