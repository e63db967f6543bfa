/* SPDX-License-Identifier: MIT */
#include "common/parse/scanner.h"

#include "common/base/path.h"
#include "common/log/word.h"

void *scanner_new_parser(struct block_build *block)
{
	struct record *r = xcalloc(1, sizeof(*r));

	r->buffer = xmalloc(PATH_BYTES_MAX);
	r->block = block;
	return r;
}

void scanner_free_parser(void *parser)
{
	struct record *r = parser;

	free(r->buffer);
	free(r);
}

bool scanner_column(struct column *column, const char **at, const char *end, char mark)
{
	const char *p = *at;

	if (!p)
		return false;
	column->at = p;
	p = p < end ? memchr(p, mark, (size_t)(end - p)) : NULL;
	column->end = p ? p : end;
	*at = p ? p + 1 : NULL;
	return true;
}

static enum reject_reason judge(struct record *r, const struct scan_form *form, struct line *line)
{
	struct fields *f = &r->fields;
	enum reject_reason reason = field_plan_entry(&form->plan, f, line);

	if (reason != REJECT_NONE)
		return reason;
	if (f->bad & FIELD_BIT(FIELD_INODE))
		return REJECT_INODE;
	line->entry.snapshot = 0;
	line->entry.own.inode = f->seen & FIELD_BIT(FIELD_INODE) ? f->number[FIELD_INODE] : 0;
	line->entry.own.generation = r->generation;
	if (f->path)
		reason = line_root_path(form->root, r->buffer, &f->path, &f->path_len);
	if (reason != REJECT_NONE)
		return reason;
	return line_set_path(line, r->buffer, r->block, f->path, f->path_len);
}

enum line_kind scanner_parse(void *parser, const struct line_format *format, const char *text,
			     size_t len, struct line *line)
{
	const struct scan_form *form = format->how;
	const char *end = text + len;
	struct record *r = parser;

	r->fields.seen = r->fields.bad = 0;
	r->fields.path = NULL;
	r->fields.path_len = 0;
	r->generation = 0;
	r->begins = r->raw = r->skipped = false;
	line->reason = form->scanner->read(r, form, text, end);
	line->begins = r->begins;
	line->text = NULL;
	if (!r->begins)
		return line_skip_kind(text, end, end);
	if (r->skipped)
		return LINE_MESSAGE;
	if (r->raw && !format->nul)
		line->text = r->fields.path;
	if (len > LINE_BYTES_MAX)
		line->reason = REJECT_TOO_LONG;
	else if (!format->nul && memchr(text, '\0', len))
		line->reason = REJECT_NUL;
	if (line->reason == REJECT_NONE)
		line->reason = judge(r, form, line);
	return line->reason == REJECT_NONE ? LINE_ENTRY : LINE_REJECTED;
}

/* Words of `ls -l`: "-rw-r--r--" or "lrwxrwxrwx". */
static bool is_mode(const char *at, const char *end)
{
	return end - at >= 10 && strchr("-dlbcpsD", *at) && strspn(at + 1, "rwxsStT-") >= 9;
}

/*
 * What people print when they look at files: sizes are rounded, times are local and lack the year
 * or the minute, owners are names of one machine, and names may be quoted.
 */
const char *scanner_foreign(const char *text, size_t len)
{
	const char *end = text + len, *at = text;

	if (is_mode(at, end))
		return "text of dwalk, or of ls -l: sizes are rounded in it and times are local; "
		       "let dwalk write its binary form, or use scan-tree or find -printf";
	for (int numbers = 0; numbers < 2; numbers++) {
		while (at < end && is_blank(*at))
			at++;
		if (at == end || !is_digit(*at))
			return NULL;
		while (at < end && is_digit(*at))
			at++;
	}
	while (at < end && is_blank(*at))
		at++;
	if (is_mode(at, end))
		return "text of find -ls: times are local in it and owners are names; let find "
		       "print with -printf, or use scan-tree";
	return NULL;
}

const struct layout scanner_layout = {
	.new_parser = scanner_new_parser,
	.free_parser = scanner_free_parser,
	.parse = scanner_parse,
	.foreign = scanner_foreign,
};
