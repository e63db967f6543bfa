/* SPDX-License-Identifier: MIT */
#include "common/parse/polimor_line.h"

#include "common/parse/take.h"
#include "common/log/word.h"

#define ATIME "\"atime\""

static const char *skip(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	return at;
}

/* Behind blanks and `word`, or NULL if it does not stand there. */
static const char *behind(const char *at, const char *end, const char *word)
{
	size_t len = strlen(word);

	if (!at)
		return NULL;
	at = skip(at, end);
	return (size_t)(end - at) >= len && !memcmp(at, word, len) ? at + len : NULL;
}

/* Behind `{ "type": "`, or NULL if no record begins here. */
static const char *behind_start(const char *at, const char *end)
{
	return at < end && *at == '{' ?
	       behind(behind(behind(at + 1, end, "\"type\""), end, ":"), end, "\"") : NULL;
}

/* The quote that ends the path; *next is at "atime". NULL if there is none. */
static const char *path_end(const char *at, const char *end, const char **next)
{
	size_t len = strlen(ATIME);

	if ((size_t)(end - at) < len)
		return NULL;
	for (const char *p = end - len; p > at; p--) {
		const char *q = p;

		if (*p != '"' || memcmp(p, ATIME, len))
			continue;
		while (q > at && is_blank(q[-1]))
			q--;
		if (q == at || *--q != ',')
			continue;
		while (q > at && is_blank(q[-1]))
			q--;
		if (q > at && *--q == '"') {
			*next = p;
			return q;
		}
	}
	return NULL;
}

/* Up to the LF of the first line, or all if there is none. */
static size_t one_line(const char *text, size_t len, bool whole)
{
	const char *lf = memchr(text, '\n', len);

	return lf ? (size_t)(lf + 1 - text) : whole ? len : 0;
}

static size_t measure(const char *text, size_t len, bool whole)
{
	const char *end = text + len, *lf = memchr(text, '\n', len), *p, *next;

	if (!lf || !behind_start(text, lf))
		return one_line(text, len, whole);
	for (; lf && lf - text <= LINE_BYTES_MAX;
	     lf = memchr(lf + 1, '\n', (size_t)(end - lf - 1))) {
		for (p = lf; p > text && (is_blank(p[-1]) || p[-1] == '\r'); p--)
			;
		if (p[-1] == '}' && path_end(text, p, &next))
			return (size_t)(lf + 1 - text);
		if (behind_start(lf + 1, end))
			return (size_t)(lf + 1 - text);
	}
	if (len > LINE_BYTES_MAX)
		return one_line(text, len, whole);
	return whole ? len : 0;
}

/* `"key": value`, up to the comma behind the value; moves *at there. */
static bool take_pair(struct fields *f, const char **at, const char *end)
{
	static const struct { const char *key; enum field field; bool time; } keys[] = {
		{ "\"atime\"", FIELD_ATIME, true }, { "\"mtime\"", FIELD_MTIME, true },
		{ "\"size\"", FIELD_SIZE, false }, { "\"uid\"", FIELD_UID, false },
		{ "\"gid\"", FIELD_GID, false },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = behind(behind(*at, end, keys[i].key), end, ":"), *stop;

		if (!value)
			continue;
		value = stop = skip(value, end);
		while (stop < end && *stop != ',' && *stop != '}' && !is_blank(*stop))
			stop++;
		if (keys[i].time)
			take_epoch(f, keys[i].field, value, stop);
		else
			take_units(f, keys[i].field, 1, value, stop);
		*at = skip(stop, end);
		return true;
	}
	return false;
}

/* The value of "fid" among what stands in "format". */
static void find_fid(struct record *r, const char *at, const char *end)
{
	const char *fid = memmem(at, (size_t)(end - at), "\"fid\"", 5), *stop;

	fid = fid ? behind(behind(fid + 5, end, ":"), end, "\"") : NULL;
	stop = fid ? memchr(fid, '"', (size_t)(end - fid)) : NULL;
	if (stop)
		take_fid(&r->fields, &r->generation, fid, stop);
}

static enum reject_reason read_record(struct record *r, const struct scan_form *form,
				      const char *at, const char *end)
{
	const char *type = behind_start(at, end), *path, *close, *next;

	(void)form;
	r->begins = type != NULL;
	if (!type)
		return REJECT_NONE;
	for (next = type; next < end && *next != '"'; next++)
		;
	take_type(&r->fields, type, next);
	path = behind(behind(behind(behind(behind(next, end, "\""), end, ","), end, "\"path\""), end,
			     ":"), end, "\"");
	close = path ? path_end(path, end, &next) : NULL;
	if (!close)
		return REJECT_NO_PATH;
	r->fields.path = path;
	r->fields.path_len = (size_t)(close - path);
	while (take_pair(&r->fields, &next, end) && next < end && *next == ',')
		next++;
	find_fid(r, next, end);
	return REJECT_NONE;
}

static const struct layout polimor_layout = {
	.new_parser = scanner_new_parser,
	.free_parser = scanner_free_parser,
	.parse = scanner_parse,
	.foreign = scanner_foreign,
	.measure = measure,
};

const struct scanner polimor_scanner = {
	.name = "polimor",
	.purpose = "PoliMOR's scan agent",
	.given = FIELD_BIT(FIELD_INODE) | FIELD_BIT(FIELD_SIZE) | FIELD_BIT(FIELD_UID) |
		 FIELD_BIT(FIELD_GID) | FIELD_BIT(FIELD_TYPE) | FIELD_BIT(FIELD_ATIME) | FIELD_BIT(FIELD_MTIME),
	.whole_names = true,
	.layout = &polimor_layout,
	.read = read_record,
};
