/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/plain_line.h"

#include <ctype.h>

#include "common/base/path.h"

#define WORDS_MAX (LINE_BYTES_MAX / 2 + 1)

struct word {
	const char *at;
	size_t len;
};

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* ASCII digits, in any locale. */
static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The words of a text; returns how many. */
static size_t split(struct word *words, const char *text, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len;) {
		size_t start;

		while (i < len && blank(text[i]))
			i++;
		start = i;
		while (i < len && !blank(text[i]))
			i++;
		if (i > start)
			words[count++] = (struct word){ text + start, i - start };
	}
	return count;
}

static bool number(struct word w, unsigned __int128 limit, uint64_t *value)
{
	unsigned __int128 v = 0;

	for (size_t i = 0; i < w.len; i++) {
		if (!digit(w.at[i]))
			return false;
		v = v * 10 + (unsigned)(w.at[i] - '0');
		if (v >= limit)
			return false;
	}
	*value = (uint64_t)v;
	return w.len > 0;
}

/* Does the text look like `form`, in which 0 stands for a digit? */
static bool looks_like(const char *text, const char *form)
{
	for (; *form; form++, text++) {
		if (*form == '0' ? !digit(*text) : *text != *form)
			return false;
	}
	return true;
}

static int digits(const char *text, int n)
{
	int v = 0;

	while (n--)
		v = 10 * v + (*text++ - '0');
	return v;
}

static bool leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Month by month from the year 1, which began 719162 days before 1970. */
static bool day_number(struct word w, int64_t *day)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year, month, of_month, length;

	if (w.len != 10 || !looks_like(w.at, "0000-00-00"))
		return false;
	year = digits(w.at, 4);
	month = digits(w.at + 5, 2);
	of_month = digits(w.at + 8, 2);
	if (year < 1 || month < 1 || month > 12)
		return false;
	*day = of_month - 1 - 719162;
	*day += (year - 1) * 365 + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
	for (int m = 1;; m++) {
		length = lengths[m - 1] + (m == 2 && leap(year));
		if (m == month)
			break;
		*day += length;
	}
	return of_month >= 1 && of_month <= length;
}

/* "HH:MM:SS", maybe with a dot and digits. */
static bool clock_number(struct word w, int64_t *seconds)
{
	int h, m, s;

	if (w.len < 8 || !looks_like(w.at, "00:00:00"))
		return false;
	h = digits(w.at, 2);
	m = digits(w.at + 3, 2);
	s = digits(w.at + 6, 2);
	if (h > 23 || m > 59 || s > 60)
		return false;
	*seconds = 3600 * h + 60 * m + (s < 60 ? s : 59);
	if (w.len == 8)
		return true;
	if (w.at[8] != '.' || w.len == 9)
		return false;
	for (size_t i = 9; i < w.len; i++) {
		if (!digit(w.at[i]))
			return false;
	}
	return true;
}

static bool mode_number(struct word w, uint32_t *mode)
{
	static const char types[] = "-dlbcps?";
	static const uint32_t formats[] = { S_IFREG, S_IFDIR, S_IFLNK, S_IFBLK, S_IFCHR, S_IFIFO,
					    S_IFSOCK, 0 };
	static const struct {
		char letter;
		uint32_t bits;
	} places[9][5] = {
		{ { '-', 0 }, { 'r', 0400 } }, { { '-', 0 }, { 'w', 0200 } },
		{ { '-', 0 }, { 'x', 0100 }, { 's', 04100 }, { 'S', 04000 } },
		{ { '-', 0 }, { 'r', 0040 } }, { { '-', 0 }, { 'w', 0020 } },
		{ { '-', 0 }, { 'x', 0010 }, { 's', 02010 }, { 'S', 02000 } },
		{ { '-', 0 }, { 'r', 0004 } }, { { '-', 0 }, { 'w', 0002 } },
		{ { '-', 0 }, { 'x', 0001 }, { 't', 01001 }, { 'T', 01000 } },
	};
	const char *type;

	if (w.len == 11 && w.at[10] && strchr("+.@", w.at[10]))
		w.len--;
	type = w.len == 10 && *w.at ? strchr(types, *w.at) : NULL;
	if (!type)
		return false;
	*mode = formats[type - types];
	for (int i = 0; i < 9; i++) {
		int k = 0;

		while (places[i][k].letter && places[i][k].letter != w.at[i + 1])
			k++;
		if (!places[i][k].letter)
			return false;
		*mode |= places[i][k].bits;
	}
	return true;
}

/* ---- SHOW ---- */

enum { S, A, U, G, P, AC, MT, CR, NL, KEYS };

struct values {
	bool seen[KEYS], good[KEYS], interleaved;
	uint64_t number[KEYS];
	int64_t time[KEYS];
	uint32_t mode;
};

static int key_of(struct word w, size_t *len)
{
	static const char *const keys[KEYS] = { "s=", "a=", "u=", "g=", "p=", "ac=", "mt=", "cr=",
						"nl=" };

	for (int i = 0; i < KEYS; i++) {
		*len = strlen(keys[i]);
		if (w.len >= *len && !memcmp(w.at, keys[i], *len))
			return i;
	}
	return -1;
}

/* "<n>" and three numbers. */
static bool record_begins(const struct word *words, size_t count)
{
	uint64_t ignored;

	if (count < 4 || words->len < 3 || words->at[0] != '<' || words->at[words->len - 1] != '>')
		return false;
	for (size_t i = 1; i + 1 < words->len; i++) {
		if (!digit(words->at[i]))
			return false;
	}
	for (int i = 1; i <= 3; i++) {
		if (!number(words[i], (unsigned __int128)1 << 64, &ignored))
			return false;
	}
	return true;
}

static void read_show(struct values *v, const struct word *words, size_t count)
{
	static const uint64_t limits[KEYS] = { [S] = UINT64_C(1) << 63, [A] = UINT64_C(1) << 53,
					       [U] = UINT64_C(1) << 32, [G] = UINT64_C(1) << 32,
					       [NL] = UINT64_C(1) << 32 };

	for (size_t i = 0; i < count; i++) {
		size_t key_len;
		int key = key_of(words[i], &key_len);
		struct word value = { words[i].at + key_len, words[i].len - key_len };
		int64_t day, seconds;

		if (record_begins(words + i, count - i))
			v->interleaved = true;
		if (key < 0 || v->seen[key])
			continue;
		v->seen[key] = true;
		if (limits[key]) {
			v->good[key] = number(value, limits[key], &v->number[key]);
		} else if (key == P) {
			v->good[key] = mode_number(value, &v->mode);
		} else if (day_number(value, &day) && i + 1 < count &&
			   clock_number(words[i + 1], &seconds)) {
			v->good[key] = true;
			v->time[key] = 86400 * day + seconds;
			i++;
		}
	}
}

/* ---- percent encoding ---- */

static int encoded(const char *at, const char *end)
{
	char hex[3] = { 0 };

	if (end - at < 3 || *at != '%')
		return -1;
	memcpy(hex, at + 1, 2);
	if (!isxdigit((unsigned char)hex[0]) || !isxdigit((unsigned char)hex[1]))
		return -1;
	return (int)strtol(hex, NULL, 16);
}

/* What is no "%XX", NUL or LF, stays. Returns the length; `to` has room for as much. */
static size_t decode_show(char *to, const char *at, const char *end)
{
	size_t len = 0;

	while (at < end) {
		int byte = encoded(at, end);

		if (byte > 0 && byte != '\n') {
			to[len++] = (char)byte;
			at += 3;
		} else {
			to[len++] = *at++;
		}
	}
	return len;
}

static enum reject_reason decode_path(char *to, size_t *len, const char *at, const char *end)
{
	const char *start = at; /* '/' or "%2F" */

	*len = 0;
	while (at < end) {
		int byte = (unsigned char)*at;

		if (*at == '%') {
			byte = encoded(at, end);
			if (byte < 0)
				return REJECT_ESCAPE;
			if (byte == 0)
				return REJECT_NUL;
			if (byte == '/' && *start == '/')
				return REJECT_SLASH;
			at += 2;
		} else if (byte == '/' && *start == '%') {
			return REJECT_SLASH;
		}
		at++;
		to[(*len)++] = (char)byte;
	}
	return REJECT_NONE;
}

/* ---- the path ---- */

static enum reject_reason read_path(char *path, size_t *path_len, const char *text, size_t len)
{
	*path_len = 0;
	for (size_t i = 0; i < len;) {
		size_t start;

		while (i < len && text[i] == '/')
			i++;
		start = i;
		while (i < len && text[i] != '/')
			i++;
		if (i == start)
			continue;
		if ((i - start == 1 && text[start] == '.') ||
		    (i - start == 2 && text[start] == '.' && text[start + 1] == '.'))
			return REJECT_DOTS;
		path[(*path_len)++] = '\0';
		memcpy(path + *path_len, text + start, i - start);
		*path_len += i - start;
	}
	return REJECT_NONE;
}

/* The first word "--" with a blank behind it and then a slash, maybe encoded. */
static size_t find_separator(bool pct, const struct word *words, size_t count, const char *end,
			     const char **path)
{
	for (size_t i = 0; i < count; i++) {
		const char *at = words[i].at + 2;

		if (words[i].len != 2 || memcmp(words[i].at, "--", 2))
			continue;
		while (at < end && blank(*at))
			at++;
		if (at < end && (*at == '/' || (pct && encoded(at, end) == '/'))) {
			*path = at;
			return i;
		}
	}
	return SIZE_MAX;
}

/* ---- the line ---- */

static enum reject_reason judge(const struct values *v, struct line *line)
{
	struct entry *e = &line->entry;

	if (v->interleaved)
		return REJECT_INTERLEAVED;
	for (int i = S; i <= AC; i++) {
		if (!v->seen[i])
			return REJECT_MISSING_FIELD;
	}
	for (int i = S; i <= AC; i++) {
		if (!v->good[i])
			return (enum reject_reason[]){ REJECT_SIZE, REJECT_ALLOCATED, REJECT_UID,
						       REJECT_GID, REJECT_MODE, REJECT_TIME }[i];
	}
	e->size = v->number[S];
	e->own.allocated = v->number[A] * 1024;
	e->own.uid = (uint32_t)v->number[U];
	e->own.gid = (uint32_t)v->number[G];
	e->own.mode = v->mode;
	e->atime = v->time[AC];
	e->mtime = v->good[MT] ? v->time[MT] : TIME_NONE;
	e->nlink = v->good[NL] ? (uint32_t)v->number[NL] : 0;
	line->bad_optional = 0;
	for (int i = MT; i <= NL; i++)
		line->bad_optional += v->seen[i] && !v->good[i];
	line->inline_data = (v->mode & S_IFMT) == S_IFREG && v->number[A] == 0 && e->size <= 4096;
	if (line->inline_data)
		e->own.allocated = e->size;
	return REJECT_NONE;
}

/* Two of the keys, which no name explains. */
static bool two_keys(const struct word *words, size_t count)
{
	struct values v = { 0 };
	int seen = 0;

	read_show(&v, words, count);
	for (int i = 0; i < KEYS; i++)
		seen += v.seen[i];
	return seen >= 2;
}

/*
 * Two numbers, or two keys behind what numbers there are. The line has no separator. Encoded names
 * have no line feeds, so nobody asks whether keys are encoded.
 */
static bool begins_record(bool pct, bool cr, const struct word *words, size_t count,
			  const char *end)
{
	uint64_t ignored;
	size_t i = 0;

	/* A CR that ends the line is no blank: "1 2" and CR are not two numbers. */
	while (i < 3 && i < count && !(cr && words[i].at + words[i].len == end) &&
	       number(words[i], (unsigned __int128)1 << 64, &ignored))
		i++;
	if (i >= 2)
		return true;
	i += i < count && digit(words[i].at[0]);
	return !pct && two_keys(words + i, count - i);
}

static enum reject_reason read_record(bool pct, bool cr, const char *at, const char *end,
				      char *path, struct line *line)
{
	static struct word words[WORDS_MAX];
	static char decoded[LINE_BYTES_MAX];
	const unsigned __int128 all = (unsigned __int128)1 << 64;
	static const enum reject_reason reasons[] = { REJECT_INODE, REJECT_GENERATION,
						      REJECT_SNAPSHOT };
	size_t count = split(words, at, (size_t)(end - at)), separator, len;
	const char *text, *show;
	struct values v = { 0 };
	enum reject_reason reason;
	uint64_t numbers[3];

	separator = find_separator(pct, words, count, end, &text);
	line->begins |= separator != SIZE_MAX || begins_record(pct, cr, words, count, end);
	line->text = separator != SIZE_MAX && !pct ? text : NULL;
	if (separator == SIZE_MAX)
		return REJECT_NO_PATH;
	for (size_t i = 0; i < 3; i++) {
		if (i >= separator || !number(words[i], all, &numbers[i]))
			return reasons[i];
	}
	line->entry.own.inode = numbers[0];
	line->entry.own.generation = numbers[1];
	line->entry.snapshot = numbers[2];
	if (pct) {
		show = words[2].at + words[2].len;
		len = decode_show(decoded, show, words[separator].at);
		count = split(words, decoded, len);
		read_show(&v, words, count);
	} else {
		read_show(&v, words + 3, separator - 3);
	}
	reason = judge(&v, line);
	if (reason != REJECT_NONE)
		return reason;
	len = (size_t)(end - text);
	if (len > PATH_BYTES_MAX)
		return REJECT_TOO_LONG;
	if (pct) {
		reason = decode_path(decoded, &len, text, end);
		if (reason != REJECT_NONE)
			return reason;
		text = decoded;
	}
	reason = read_path(path, &line->path_len, text, len);
	if (reason != REJECT_NONE)
		return reason;
	line->path = path;
	return line->path_len || S_ISDIR(line->entry.own.mode) ? REJECT_NONE : REJECT_ROOT;
}

/* Behind "<n>" and blanks; `text` if it does not begin so. */
static const char *behind_tag(const char *text, const char *end)
{
	const char *at = text;

	if (at == end || *at != '<')
		return text;
	for (at++; at < end && digit(*at); at++)
		;
	if (at == text + 1 || end - at < 2 || *at != '>' || !blank(at[1]))
		return text;
	for (at++; at < end && blank(*at); at++)
		;
	return at;
}

/* "--" as a word, blanks, and a slash, anywhere. */
static bool separator_inside(const char *text, size_t len)
{
	for (size_t i = 0; i + 3 < len; i++) {
		size_t k = i + 2;

		if ((i && !blank(text[i - 1])) || memcmp(text + i, "--", 2) || !blank(text[k]))
			continue;
		while (k < len && blank(text[k]))
			k++;
		if (k < len && text[k] == '/')
			return true;
	}
	return false;
}

enum line_kind plain_line_parse(const struct line_format *format, const char *text, size_t len,
				     char *path, struct line *line)
{
	static struct word words[WORDS_MAX];
	const char *end = text + len, *at = behind_tag(text, end), *letter;
	bool all_blank = true;

	if (at < end && digit(*at)) {
		line->begins = at > text;
		line->text = NULL;
		if (len > 69632)
			line->reason = REJECT_TOO_LONG;
		else if (memchr(text, '\0', len))
			line->reason = REJECT_NUL;
		else
			line->reason = read_record(format->pct, format->crlf && *end == '\r', at,
						   end, path, line);
		return line->reason == REJECT_NONE ? LINE_ENTRY : LINE_REJECTED;
	}
	for (size_t i = 0; i < len; i++)
		all_blank = all_blank && blank(text[i]);
	if (all_blank)
		return LINE_BLANK;
	if (*text == '#')
		return LINE_COMMENT;
	if (at < end && *at == '[') {
		for (letter = at + 1; letter < end && isalpha((unsigned char)*letter); letter++)
			;
		if (letter > at + 1 && letter < end && *letter == ']')
			return LINE_MESSAGE;
	}
	line->begins = separator_inside(text, len) || two_keys(words, split(words, text, len));
	return LINE_UNRECOGNISED;
}
