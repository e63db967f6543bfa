#include "common/log/claims.h"

#include <ctype.h>
#include <errno.h>

#include "common/stream/record.h"

#define HEADER "# treetally scan-tree "
#define END HEADER "end "

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

/* Eight digits, '_', a word without '_', '_', the file system up to the first ".list" behind it. */
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

const char *claims_claim_line(struct scan_claim *claim, const char *line, size_t len)
{
	size_t prefix = strlen(HEADER);
	const char *fault = NULL;
	char *text, *rest, *word;

	if (len <= prefix || memcmp(line, HEADER, prefix))
		return NULL;
	rest = text = xstrndup(line + prefix, len - prefix);
	word = strsep(&rest, " ");
	claim->has_end = strcmp(word, "2") == 0;
	if (!claim->has_end && strcmp(word, "1"))
		fault = "a scan-tree log of a format that this version does not know";
	while (!fault && (word = strsep(&rest, " "))) {
		char *value = strchr(word, '=');

		if (value) {
			*value++ = '\0';
			fault = set_word(claim, word, value);
		}
	}
	free(text);
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

void claims_add_end(struct scan_end *end, const char *line, size_t len)
{
	uint64_t entries, unseen;
	char *words;

	if (len < strlen(END) || memcmp(line, END, strlen(END)))
		return;
	end->lines++;
	words = xstrndup(line, len);
	if (end_number(words, " entries=", &entries) && end_number(words, " unseen=", &unseen)) {
		end->entries = add_saturating(end->entries, entries);
		end->unseen = add_saturating(end->unseen, unseen);
	} else {
		end->bad++;
	}
	free(words);
}

void claims_add_ends(struct scan_end *end, const struct scan_end *more)
{
	end->lines += more->lines;
	end->bad += more->bad;
	end->entries = add_saturating(end->entries, more->entries);
	end->unseen = add_saturating(end->unseen, more->unseen);
}

void claims_release(struct scan_claim *claim)
{
	free(claim->filesystem);
	*claim = (struct scan_claim){ .scan_day = DAY_NONE };
}
