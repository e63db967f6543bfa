/* SPDX-License-Identifier: MIT */
#include "common/parse/list_lines.h"
#include "common/parse/take.h"
#include "common/log/word.h"
#include "common/base/path.h"

enum { SIZE, UID, GID, ATIME, MTIME, CTIME, TYPE, INODE, NLINK, DEVICE, APPARENT, COLUMNS };

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `digits` hexadecimal digits at *at, which moves behind them; UINT32_MAX if they are not there. */
static uint32_t take_hex(const char **at, const char *end, int digits)
{
	uint32_t v = 0;

	if (end - *at < digits)
		return UINT32_MAX;
	for (; digits; digits--) {
		int digit = hex_value(*(*at)++);

		if (digit < 0)
			return UINT32_MAX;
		v = v << 4 | (uint32_t)digit;
	}
	return v;
}

/* Go's quoting has characters as \u and \U; bytes that are none, as \x. */
static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 63));
		to[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 63));
	to[2] = (char)(0x80 | (c >> 6 & 63));
	to[3] = (char)(0x80 | (c & 63));
	return 4;
}

/* The escape behind a backslash at *at; bytes written to `to`, 0 if it is none. */
static size_t take_escape(char *to, const char **at, const char *end)
{
	static const char letters[] = "abfnrtv\\\"'", bytes[] = "\a\b\f\n\r\t\v\\\"'";
	const char *letter;
	uint32_t c;
	char kind;

	if (*at == end)
		return 0;
	kind = *(*at)++;
	if (kind == 'x' || kind == 'u' || kind == 'U') {
		c = take_hex(at, end, kind == 'x' ? 2 : kind == 'u' ? 4 : 8);
		if (c > 0x10ffff || (kind != 'x' && c >= 0xd800 && c < 0xe000))
			return 0;
		if (kind != 'x')
			return put_utf8(to, c);
		*to = (char)c;
		return 1;
	}
	letter = kind ? strchr(letters, kind) : NULL;
	if (letter)
		*to = bytes[letter - letters];
	return letter != NULL;
}

/* The path in quotes at *at, which moves behind them. */
static enum reject_reason take_quoted(struct record *r, const char **at, const char *end)
{
	char *to = r->buffer, *limit = r->buffer + PATH_BYTES_MAX - 4;
	const char *p = *at + 1;
	size_t n;

	for (; p < end && *p != '"'; to += n) {
		if (to > limit)
			return REJECT_TOO_LONG;
		n = 1;
		if (*p != '\\') {
			*to = *p++;
			continue;
		}
		p++;
		n = take_escape(to, &p, end);
		if (!n)
			return REJECT_ESCAPE;
		if (!*to)
			return REJECT_NUL;
	}
	if (p == end)
		return REJECT_NO_PATH;
	r->fields.path = r->buffer;
	r->fields.path_len = (size_t)(to - r->buffer);
	*at = p + 1;
	return REJECT_NONE;
}

/* Value of a base64 digit, or -1. */
static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* All of the column, padded to a multiple of four. */
static enum reject_reason take_base64(struct record *r, const char *at, const char *end)
{
	size_t len = (size_t)(end - at), padding;
	char *to = r->buffer;
	uint32_t bits = 0;

	if (!len || len % 4)
		return REJECT_ESCAPE;
	if (len / 4 * 3 > PATH_BYTES_MAX)
		return REJECT_TOO_LONG;
	padding = (end[-1] == '=') + (end[-1] == '=' && end[-2] == '=');
	for (size_t i = 0; i < len - padding; i++) {
		int value = base64_value(at[i]);

		if (value < 0)
			return REJECT_ESCAPE;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4)
			*to++ = (char)(bits >> (6 - 2 * (i % 4)));
	}
	r->fields.path = r->buffer;
	r->fields.path_len = (size_t)(to - r->buffer);
	return REJECT_NONE;
}

/*
 * The columns behind the path, of which there must be `count`. With the twelfth, the size is what
 * is allocated, but not more than the length.
 */
static enum reject_reason take_columns(struct record *r, const char *at, const char *end, int count)
{
	struct fields *f = &r->fields;
	struct column c[COLUMNS];

	for (int i = 0; i < count; i++) {
		if (!scanner_column(&c[i], &at, end, '\t'))
			return REJECT_MISSING_FIELD;
	}
	if (at)
		return REJECT_MISSING_FIELD;
	if (count == COLUMNS) {
		take_units(f, FIELD_ALLOCATED, 1, c[SIZE].at, c[SIZE].end);
		take_units(f, FIELD_SIZE, 1, c[APPARENT].at, c[APPARENT].end);
	} else {
		take_units(f, FIELD_SIZE, 1, c[SIZE].at, c[SIZE].end);
	}
	take_units(f, FIELD_UID, 1, c[UID].at, c[UID].end);
	take_units(f, FIELD_GID, 1, c[GID].at, c[GID].end);
	take_epoch(f, FIELD_ATIME, c[ATIME].at, c[ATIME].end);
	take_epoch(f, FIELD_MTIME, c[MTIME].at, c[MTIME].end);
	take_epoch(f, FIELD_CTIME, c[CTIME].at, c[CTIME].end);
	take_type(f, c[TYPE].at, c[TYPE].end);
	take_units(f, FIELD_INODE, 1, c[INODE].at, c[INODE].end);
	take_units(f, FIELD_NLINK, 1, c[NLINK].at, c[NLINK].end);
	return take_whole(c[DEVICE].at, c[DEVICE].end, &r->generation) ? REJECT_NONE :
									   REJECT_GENERATION;
}

static enum reject_reason read_quoted(struct record *r, const struct scan_form *form,
				      const char *at, const char *end)
{
	bool allocated = form->scanner->given & FIELD_BIT(FIELD_ALLOCATED);
	enum reject_reason reason;

	if (at == end || *at != '"')
		return REJECT_NONE;
	r->begins = true;
	reason = take_quoted(r, &at, end);
	if (reason != REJECT_NONE)
		return reason;
	if (at == end || *at != '\t')
		return REJECT_MISSING_FIELD;
	return take_columns(r, at + 1, end, allocated ? COLUMNS : APPARENT);
}

static enum reject_reason read_base64(struct record *r, const struct scan_form *form,
				      const char *at, const char *end)
{
	enum reject_reason columns, path;
	struct column name;

	(void)form;
	scanner_column(&name, &at, end, '\t');
	if (!at || name.at == name.end || base64_value(*name.at) < 0)
		return REJECT_NONE;
	r->begins = true;
	columns = take_columns(r, at, end, APPARENT);
	path = take_base64(r, name.at, name.end);
	return path != REJECT_NONE ? path : columns;
}

#define GIVEN (FIELD_BIT(FIELD_INODE) | FIELD_BIT(FIELD_SIZE) | FIELD_BIT(FIELD_UID) |            \
	       FIELD_BIT(FIELD_GID) | FIELD_BIT(FIELD_TYPE) | FIELD_BIT(FIELD_ATIME) |            \
	       FIELD_BIT(FIELD_NLINK) | FIELD_BIT(FIELD_MTIME) | FIELD_BIT(FIELD_CTIME))

const struct scanner wrstat_scanner = {
	.name = "wrstat",
	.purpose = "wrstat, with the apparent size as the 12th column",
	.given = GIVEN | FIELD_BIT(FIELD_ALLOCATED),
	.whole_names = true,
	.layout = &scanner_layout,
	.read = read_quoted,
};

const struct scanner wrstat11_scanner = {
	.name = "wrstat-11",
	.purpose = "wrstat of the time before there was a 12th column",
	.given = GIVEN,
	.whole_names = true,
	.layout = &scanner_layout,
	.read = read_quoted,
};

const struct scanner mpistat_scanner = {
	.name = "mpistat",
	.purpose = "mpistat: names in base64",
	.given = GIVEN,
	.whole_names = true,
	.layout = &scanner_layout,
	.read = read_base64,
};
