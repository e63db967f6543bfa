/* SPDX-License-Identifier: MIT */
/*
 * Lists of other scanners: each line in memory of its own, so that a read beyond it shows, and where
 * lines end must not depend on how much text is behind them.
 *
 * Input: a byte that says which scanner, then the list. For the byte TEMPLATE, the list begins with
 * what `find -printf` was given, up to a byte ff; for AUTO, what it is must show in it.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/lines.h"

#include "common/base/path.h"
#include "common/parse/list_format.h"

enum { TEMPLATE = 't', AUTO = 'a' };

static struct list {
	uint8_t which;
	const char *text;
	size_t len;
} list;

static void check_entry(const struct line *line)
{
	const struct entry *e = &line->entry;

	fuzz_check(path_valid(line->path, line->path_len), "a path that is none");
	fuzz_check(e->size <= INT64_MAX && e->own.allocated <= INT64_MAX, "sizes");
	fuzz_check(e->atime >= TIME_MIN && e->atime <= TIME_MAX, "atime");
	fuzz_check(e->mtime == TIME_NONE || (e->mtime >= TIME_MIN && e->mtime <= TIME_MAX), "mtime");
	fuzz_check((e->own.mode & ~(uint32_t)(S_IFMT | 07777)) == 0, "mode");
	fuzz_check(line->path_len || S_ISDIR(e->own.mode), "a root that is no directory");
}

struct parse {
	const struct line_format *format;
	void *parser;
};

static void parse_line(void *arg, const char *at, size_t content, size_t left)
{
	const struct parse *p = arg;
	size_t behind = left - content < LINE_PADDING ? left - content : LINE_PADDING;
	char *copy = xmalloc(content + LINE_PADDING);
	struct line line;

	memset(copy, '\n', content + LINE_PADDING);
	memcpy(copy, at, content + behind);
	switch (p->format->layout->parse(p->parser, p->format, copy, content, &line)) {
	case LINE_ENTRY:
		check_entry(&line);
		break;
	case LINE_REJECTED:
		fuzz_check(line.reason >= 0 && line.reason < REJECT_REASONS, "no reason");
		break;
	default:
		break;
	}
	(void)p->format->layout->foreign(copy, content);
	free(copy);
}

static void parse_list(struct list_format *f, const char *text, size_t len)
{
	struct scan_form form = { .scanner = f->scanner, .find = f->template, .root = "/r" };
	struct line_format format = { .layout = f->scanner->layout, .how = &form,
				      .nul = f->template && f->template->nul };
	struct parse parse = { &format, format.layout->new_parser(NULL) };
	unsigned given = f->template ? f->template->given : f->scanner->given;

	(void)field_plan_init(&form.plan, given, false, 20000, 4096);
	lines_take(&format, text, len, parse_line, &parse);
	format.layout->free_parser(parse.parser);
}

/* The template before the first byte ff. */
static bool take_template(struct list_format *f)
{
	const char *end = memchr(list.text, 0xff, list.len);
	char *format, *fault;

	if (!end)
		return false;
	format = xasprintf("find:%.*s", (int)(end - list.text), list.text);
	fault = list_format_parse(f, format);
	free(format);
	free(fault);
	list.len -= (size_t)(end + 1 - list.text);
	list.text = end + 1;
	return !fault;
}

static void run(void *arg)
{
	struct list_format f = { 0 };
	size_t scanners = 0;
	bool known;

	(void)arg;
	while (list_scanners[scanners])
		scanners++;
	if (list.which == TEMPLATE)
		known = take_template(&f);
	else if (list.which == AUTO)
		known = list_format_detect(&f, list.text, list.len);
	else
		known = !list_format_parse(&f, list_scanners[list.which % scanners]->name);
	if (known)
		parse_list(&f, list.text, list.len);
	list_format_release(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (!len)
		return 0;
	list = (struct list){ *data, (const char *)data + 1, len - 1 };
	fuzz_check(fuzz_try(run, NULL), "a line is never fatal");
	return 0;
}
