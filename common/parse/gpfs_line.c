/* SPDX-License-Identifier: MIT */
/*
 * A line is read once, from left to right: tag, three numbers, the words of SHOW up to the
 * separator (gpfs_show.c), and what is left is the path. Nearly all lines are alike and read faster
 * (gpfs_plain.c). The judgement comes at the end, so that
 * the reason of a line with several faults does not depend on the order in which they stand.
 */
#include "common/parse/gpfs_line.h"

#include "common/parse/gpfs_plain.h"
#include "common/parse/gpfs_show.h"
#include "common/parse/gpfs_template.h"
#include "common/parse/pct.h"
#include "common/parse/scanner.h"
#include "common/log/word.h"
#include "common/base/path.h"

struct parser {
	struct gpfs_scratch scratch;
};

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
		if (path && (*path == '/' || pct_is_slash(path)))
			break;
		at = skip_word(at);
	}
	len = pct_decode_show(p->scratch.show, show, at);
	memset(p->scratch.show + len, '\n', LINE_PADDING);
	/* Only text that was not encoded can be the separator: "%2d- /" is a word like others. */
	for (at = p->scratch.show; at; at = gpfs_show_walk(v, p->scratch.memo, at))
		;
	return path;
}

static enum reject_reason take_path(struct parser *p, bool pct, const char *text,
				    const char *end, struct line *line)
{
	size_t len = (size_t)(end - text);

	if (len > PATH_BYTES_MAX)
		return REJECT_TOO_LONG;
	if (pct) {
		enum reject_reason reason = pct_decode_path(p->scratch.path, &len, text, end);

		if (reason != REJECT_NONE)
			return reason;
		text = p->scratch.path;
	}
	return line_set_path(line, p->scratch.path, p->scratch.block, text, len);
}

/* GPFS keeps small files in their inodes. */
static void note_inline(struct line *line)
{
	struct entry *e = &line->entry;

	line->inline_data = S_ISREG(e->own.mode) && !e->own.allocated && e->size <= GPFS_INLINE_MAX;
	if (line->inline_data)
		e->own.allocated = e->size;
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
	e->nlink = given >> SHOW_NLINK & 1 ? v->number[SHOW_NLINK] : 0;
	line->bad_optional = v->bad ? (unsigned)__builtin_popcount(v->bad) : 0;
	note_inline(line);
	return REJECT_NONE;
}

/* INODE GENERATION SNAPSHOT: the first that is not a number gives the reason. */
static enum reject_reason take_inode(const char **at, struct line *line)
{
	if (!take_number(at, NUMBER_ANY, &line->entry.own.inode))
		return REJECT_INODE;
	*at = skip_blanks(*at);
	if (!take_number(at, NUMBER_ANY, &line->entry.own.generation))
		return REJECT_GENERATION;
	*at = skip_blanks(*at);
	if (!take_small(at, NUMBER_ANY, &line->entry.snapshot) || !ends_word(**at))
		return REJECT_SNAPSHOT;
	return REJECT_NONE;
}

/* At least two of them, which no name begins with. */
static bool has_numbers(enum reject_reason fault)
{
	return fault == REJECT_NONE || fault == REJECT_SNAPSHOT;
}

/*
 * Is there so much of a record in a line that no name explains it? What is behind a record is
 * taken for more of its name otherwise, and a record that was damaged must not be lost like that.
 */
static bool begins_record(const struct gpfs_show *v, const char *path)
{
	return path || __builtin_popcount(v->seen) >= 2;
}

/* The default layout: the fields as it has them, not by a template. */
static enum reject_reason take_default(struct parser *p, bool pct, const char *at, const char *end,
				       enum reject_reason numbers, struct line *line)
{
	struct gpfs_show v = { 0 };
	enum reject_reason values;
	const char *path = pct ? walk_encoded(p, &v, at) : gpfs_show_walk(&v, p->scratch.memo, at);

	line->begins |= begins_record(&v, path) || has_numbers(numbers);
	line->text = pct ? NULL : path;
	if (!path)
		return REJECT_NO_PATH;
	if (numbers != REJECT_NONE)
		return numbers;
	values = judge_values(&v, line);
	return values != REJECT_NONE ? values : take_path(p, pct, path, end, line);
}

static enum reject_reason judge_match(struct parser *p, const struct line_format *format,
				      const struct gpfs_match *m, const char *end,
				      struct line *line)
{
	const struct gpfs_format *how = format->how;
	enum reject_reason values = field_plan_entry(&how->plan, &m->fields, line);

	return values != REJECT_NONE ? values : take_path(p, format->pct, m->path, end, line);
}

static enum reject_reason take_by_template(struct parser *p, const struct line_format *format,
					   const char *text, const char *at, const char *end,
					   enum reject_reason numbers, struct line *line)
{
	struct gpfs_match m;

	gpfs_template_walk(&m, format->how, &p->scratch, format->pct, at, end);
	line->begins |= m.path || has_numbers(numbers);
	line->text = format->pct ? NULL : m.path;
	/* No NUL is in numbers and straight values, and line_set_path looks for it in paths. */
	if (numbers == REJECT_NONE && m.matched && m.fields.straight &&
	    judge_match(p, format, &m, end, line) == REJECT_NONE)
		return REJECT_NONE;
	if (memchr(text, '\0', (size_t)(end - text))) {
		line->text = NULL;
		return REJECT_NUL;
	}
	if (!m.path)
		return REJECT_NO_PATH;
	if (numbers != REJECT_NONE)
		return numbers;
	if (!m.matched)
		return REJECT_MISSING_FIELD;
	return judge_match(p, format, &m, end, line);
}

/*
 * A line that is as nearly all are; false: it is for take_record, and nothing is known yet. None
 * with a NUL comes through: the words are as expected, and line_set_path looks for it in paths.
 */
static bool take_plain(struct parser *p, const struct line_format *format, const char *at,
		       const char *end, struct line *line)
{
	const char *path = format->how || format->pct ? NULL
						      : gpfs_plain_walk(p->scratch.memo, at, line);

	if (!path || take_path(p, false, path, end, line) != REJECT_NONE)
		return false;
	note_inline(line);
	line->begins = true;
	line->text = path;
	return true;
}

static enum reject_reason take_record(struct parser *p, const struct line_format *format,
				      const char *text, const char *at, const char *end,
				      struct line *line)
{
	enum reject_reason numbers = take_inode(&at, line);

	/* "12-- /a": no separator begins inside a word that is not a number. */
	if (numbers != REJECT_NONE && !is_blank(at[-1]))
		at = skip_word(at);
	if (format->how)
		return take_by_template(p, format, text, at, end, numbers, line);
	if (memchr(text, '\0', (size_t)(end - text)))
		return REJECT_NUL;
	return take_default(p, format->pct, at, end, numbers, line);
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

static enum line_kind parse_line(void *parser, const struct line_format *format, const char *text,
				 size_t len, struct line *line)
{
	struct parser *p = parser;
	const char *end = text + len, *at = after_tag(text);

	if (!is_digit(*at)) {
		enum line_kind kind = line_skip_kind(text, at, end);

		if (kind == LINE_UNRECOGNISED) {
			struct gpfs_show v = { 0 };
			const char *path = gpfs_show_walk(&v, p->scratch.memo, text);

			line->begins = begins_record(&v, path);
		}
		return kind;
	}
	line->begins = at > text;
	line->text = NULL;
	if (len > LINE_BYTES_MAX)
		line->reason = REJECT_TOO_LONG;
	else if (take_plain(p, format, at, end, line))
		line->reason = REJECT_NONE;
	else
		line->reason = take_record(p, format, text, at, end, line);
	return line->reason == REJECT_NONE ? LINE_ENTRY : LINE_REJECTED;
}

static void *new_parser(struct block_build *block)
{
	struct parser *p = xmalloc(sizeof(*p));

	gpfs_scratch_init(&p->scratch, block);
	return p;
}

static void free_parser(void *parser)
{
	struct parser *p = parser;

	gpfs_scratch_release(&p->scratch);
	free(p);
}

const struct layout gpfs_layout = {
	.new_parser = new_parser,
	.free_parser = free_parser,
	.parse = parse_line,
	.foreign = scanner_foreign,
};
