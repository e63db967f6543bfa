/*
 * A line is read once, from left to right: tag, three numbers, the words of SHOW up to the
 * separator (gpfs_show.c), and what is left is the path. The judgement comes at the end, so that
 * the reason of a line with several faults does not depend on the order in which they stand.
 */
#include "common/log/gpfs_line.h"

#include "common/log/gpfs_show.h"
#include "common/log/word.h"
#include "common/base/path.h"

struct parser {
	char *path; /* PATH_BYTES_MAX bytes */
	char *show; /* decoded SHOW text; NULL until a line needs it */
	struct value_memo *memo;
};

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that "%XX" at `at` stands for, or -1. */
static int encoded_byte(const char *at, const char *end)
{
	int high, low;

	if (end - at < 3 || (high = hex_digit(at[1])) < 0 || (low = hex_digit(at[2])) < 0)
		return -1;
	return high << 4 | low;
}

static bool is_encoded_slash(const char *at)
{
	return at[0] == '%' && at[1] == '2' && (at[2] | 0x20) == 'f';
}

/*
 * Slashes are encoded in all of a path or nowhere, as its first byte shows. A slash in the other
 * form is not a separator, and cannot be part of a name either.
 */
static enum reject_reason decode_path(char *to, size_t *len, const char *at, const char *end)
{
	bool slash_is_encoded = *at == '%';
	char *start = to;

	for (; at < end; at++) {
		bool is_encoded = *at == '%';
		int byte = is_encoded ? encoded_byte(at, end) : (unsigned char)*at;

		if (byte < 0)
			return REJECT_ESCAPE;
		if (!byte)
			return REJECT_NUL;
		if (byte == '/' && is_encoded != slash_is_encoded)
			return REJECT_SLASH;
		if (is_encoded)
			at += 2;
		*to++ = (char)byte;
	}
	*len = (size_t)(to - start);
	return REJECT_NONE;
}

/*
 * What does not decode, or to a NUL or LF, which no value has, stays as it is: it is for the value
 * to be bad then, and an optional one must not cost the line.
 */
static size_t decode_show(char *to, const char *at, const char *end)
{
	char *start = to;

	for (; at < end; at++) {
		int byte = *at == '%' ? encoded_byte(at, end) : -1;

		if (byte > 0 && byte != '\n') {
			*to++ = (char)byte;
			at += 2;
		} else {
			*to++ = *at;
		}
	}
	return (size_t)(to - start);
}

/*
 * The encoded form: find the separator in the raw text, then read the words of the decoded SHOW.
 * Returns the path, still encoded.
 */
static const char *walk_encoded(struct parser *p, struct gpfs_show *v, const char *at)
{
	const char *show = at, *path;
	size_t len;

	for (;;) {
		at = skip_blanks(at);
		if (*at == '\n')
			return NULL;
		path = separator_behind(at);
		if (path && (*path == '/' || is_encoded_slash(path)))
			break;
		at = skip_word(at);
	}
	if (!p->show)
		p->show = xmalloc(LINE_BYTES_MAX + LINE_PADDING);
	len = decode_show(p->show, show, at);
	memset(p->show + len, '\n', LINE_PADDING);
	/* Only text that was not encoded can be the separator: "%2d- /" is a word like others. */
	for (at = p->show; at; at = gpfs_show_walk(v, p->memo, at))
		;
	return path;
}

static enum reject_reason take_path(struct parser *p, bool pct, const char *text,
				    const char *end, struct line *line)
{
	size_t len = (size_t)(end - text);
	enum path_fault fault;

	if (len > PATH_BYTES_MAX)
		return REJECT_TOO_LONG;
	if (pct) {
		enum reject_reason reason = decode_path(p->path, &len, text, end);

		if (reason != REJECT_NONE)
			return reason;
		text = p->path;
	}
	fault = path_from_text(p->path, &line->path_len, text, len);
	if (fault != PATH_OK)
		return REJECT_DOTS; /* the other faults are excluded by now */
	if (!line->path_len && !S_ISDIR(line->entry.own.mode))
		return REJECT_ROOT;
	line->path = p->path;
	return REJECT_NONE;
}

/* What the values say of the entry, or why they say nothing. */
static enum reject_reason judge_values(const struct gpfs_show *v, struct line *line)
{
	struct entry *e = &line->entry;
	unsigned given = v->seen & ~v->bad;
	unsigned faults = v->bad & SHOW_REQUIRED;

	if (v->interleaved)
		return REJECT_INTERLEAVED;
	if (~v->seen & SHOW_REQUIRED)
		return REJECT_MISSING_FIELD;
	if (faults)
		return REJECT_SIZE + __builtin_ctz(faults);
	e->own.uid = (uint32_t)v->number[SHOW_UID];
	e->own.gid = (uint32_t)v->number[SHOW_GID];
	e->own.mode = v->mode;
	e->own.allocated = v->number[SHOW_ALLOCATED] * 1024;
	e->size = v->number[SHOW_SIZE];
	e->atime = v->time[SHOW_ATIME];
	e->mtime = given >> SHOW_MTIME & 1 ? v->time[SHOW_MTIME] : TIME_NONE;
	e->crtime = given >> SHOW_CRTIME & 1 ? v->time[SHOW_CRTIME] : TIME_NONE;
	e->nlink = given >> SHOW_NLINK & 1 ? v->number[SHOW_NLINK] : 0;
	line->bad_optional = v->bad ? (unsigned)__builtin_popcount(v->bad) : 0;
	line->inline_data = S_ISREG(v->mode) && !e->own.allocated && e->size <= GPFS_INLINE_MAX;
	if (line->inline_data)
		e->own.allocated = e->size;
	return REJECT_NONE;
}

/* INODE GENERATION SNAPSHOT: the first that is not a number gives the reason. */
static enum reject_reason take_inode(const char **at, struct line *line)
{
	uint64_t snapshot;

	if (!take_number(at, NUMBER_ANY, &line->entry.own.inode))
		return REJECT_INODE;
	*at = skip_blanks(*at);
	if (!take_number(at, NUMBER_ANY, &line->entry.own.generation))
		return REJECT_GENERATION;
	*at = skip_blanks(*at);
	if (!take_number(at, NUMBER_ANY, &snapshot))
		return REJECT_SNAPSHOT;
	line->snapshot = snapshot != 0;
	return REJECT_NONE;
}

/*
 * Is there so much of a record in a line that no name explains it? What is behind a record is
 * taken for more of its name otherwise, and a record that was damaged must not be lost like that.
 */
static bool begins_record(const struct gpfs_show *v, const char *path)
{
	return path || __builtin_popcount(v->seen) >= 2;
}

static enum reject_reason take_record(struct parser *p, bool pct, const char *at,
				      const char *end, struct line *line)
{
	struct gpfs_show v = { 0 };
	enum reject_reason numbers, values;
	const char *path;

	numbers = take_inode(&at, line);
	/* "12-- /a": no separator begins inside a word that is not a number. */
	if (numbers != REJECT_NONE && !is_blank(at[-1]))
		at = skip_word(at);
	path = pct ? walk_encoded(p, &v, at) : gpfs_show_walk(&v, p->memo, at);
	line->begins |= begins_record(&v, path) || numbers == REJECT_NONE ||
			numbers == REJECT_SNAPSHOT;
	line->text = pct ? NULL : path;
	if (!path)
		return REJECT_NO_PATH;
	if (numbers != REJECT_NONE)
		return numbers;
	values = judge_values(&v, line);
	return values != REJECT_NONE ? values : take_path(p, pct, path, end, line);
}

/* Behind "<n>" and blanks, or `text` itself if it does not start so. */
static const char *after_tag(const char *text)
{
	const char *at = text;

	if (*at != '<' || !is_digit(at[1]))
		return text;
	at += 2;
	while (is_digit(*at))
		at++;
	if (*at != '>' || !is_blank(at[1]))
		return text;
	return skip_blanks(at + 1);
}

/* The kind of a line that does not start like a record; `at` is behind its tag. */
static enum line_kind skip_kind(const char *text, const char *at, const char *end)
{
	const char *first = skip_blanks(text);

	if (first >= end)
		return LINE_BLANK;
	if (*text == '#')
		return LINE_COMMENT;
	if (*at == '[') {
		const char *letter = ++at;

		while ((*at | 0x20) >= 'a' && (*at | 0x20) <= 'z')
			at++;
		if (at > letter && *at == ']')
			return LINE_MESSAGE;
	}
	return LINE_UNRECOGNISED;
}

static enum line_kind parse_line(void *parser, const struct line_format *format, const char *text,
				 size_t len, bool maybe_nul, struct line *line)
{
	struct parser *p = parser;
	const char *end = text + len, *at = after_tag(text);

	if (!is_digit(*at)) {
		enum line_kind kind = skip_kind(text, at, end);

		if (kind == LINE_UNRECOGNISED) {
			struct gpfs_show v = { 0 };
			const char *path = gpfs_show_walk(&v, p->memo, text);

			line->begins = begins_record(&v, path);
		}
		return kind;
	}
	line->begins = at > text;
	line->text = NULL;
	if (len > LINE_BYTES_MAX)
		line->reason = REJECT_TOO_LONG;
	else if (maybe_nul && memchr(text, '\0', len))
		line->reason = REJECT_NUL;
	else
		line->reason = take_record(p, format->pct, at, end, line);
	return line->reason == REJECT_NONE ? LINE_ENTRY : LINE_REJECTED;
}

/*
 * Records as `mmapplypolicy -I prepare` leaves them, between its phases.
 * "0:bff0000000000000:c8:1:400:0:0:0:13!/gpfs/a/f.txt:6!system": eight hexadecimal fields, then
 * strings with their lengths before them.
 */
static const char *name_prepared(const char *text, size_t len)
{
	const char *end = text + len;

	for (int fields = 0; fields < 8; fields++) {
		const char *start = text;

		while (text < end && hex_digit(*text) >= 0)
			text++;
		if (text == start || text == end || *text++ != ':')
			return NULL;
	}
	while (text < end && is_digit(*text))
		text++;
	if (end - text < 2 || text[0] != '!' || text[1] != '/')
		return NULL;
	return "mmapplypolicy -I prepare record format, not a list";
}

static void *new_parser(void)
{
	struct parser *p = xcalloc(1, sizeof(*p));

	p->path = xmalloc(PATH_BYTES_MAX);
	p->memo = xcalloc(1, sizeof(*p->memo));
	return p;
}

static void free_parser(void *parser)
{
	struct parser *p = parser;

	free(p->path);
	free(p->show);
	free(p->memo);
	free(p);
}

const struct layout gpfs_layout = {
	.new_parser = new_parser,
	.free_parser = free_parser,
	.parse = parse_line,
	.foreign = name_prepared,
};
