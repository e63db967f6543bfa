/* SPDX-License-Identifier: MIT */
/*
 * Templates and the lines that they read, both invented.
 *
 * Input: a byte of options, then a template up to LF, then lines. With DEFAULT the template
 * is that of the default layout, whatever stands there, and each line must come out as its own
 * reader has it. With PREPARE the lines are records of -I prepare.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/lines.h"

#include "common/base/path.h"
#include "common/parse/gpfs_line.h"
#include "common/parse/gpfs_prepare.h"
#include "common/parse/gpfs_template.h"
#include "common/parse/presets.h"

enum { PCT = 1, DEFAULT = 2, ROUNDED = 4, PREPARE = 8, CRLF = 16 };

#define SCAN_DAY 20468

/* Everything that a record may be, whatever the line was. */
static void check_record(const struct gpfs_format *how, const struct line *line)
{
	const struct entry *e = &line->entry;
	unsigned given = how->template.given;

	fuzz_check(path_valid(line->path, line->path_len), "a path that is none");
	fuzz_check(e->size <= INT64_MAX && e->own.allocated <= INT64_MAX, "a size beyond 2^63");
	fuzz_check(e->atime >= TIME_MIN && e->atime <= TIME_MAX, "a time beyond all years");
	fuzz_check(e->mtime == TIME_NONE || (e->mtime >= TIME_MIN && e->mtime <= TIME_MAX),
		   "a time of modification beyond all years");
	fuzz_check(given & FIELD_BIT(FIELD_UID) || e->own.uid == FIELD_NOBODY, "an owner");
	fuzz_check(given & FIELD_BIT(FIELD_GID) || e->own.gid == FIELD_NOBODY, "a group");
	fuzz_check(given & FIELD_BIT(FIELD_NLINK) || !e->nlink, "links");
	fuzz_check(how->plan.type != FIELDS || S_ISREG(e->own.mode), "a type");
	fuzz_check(e->own.mode <= 0177777, "a mode");
}

#define SAME(member) fuzz_check(a->member == b->member, "other " #member)

static void check_same(const struct line *a, enum line_kind kind, const struct line *b,
		       enum line_kind other)
{
	fuzz_check(kind == other, "kind %d, and %d", kind, other);
	if (kind == LINE_REJECTED)
		SAME(reason);
	if (kind != LINE_ENTRY)
		return;
	SAME(bad_optional);
	SAME(inline_data);
	SAME(entry.snapshot);
	SAME(entry.own.inode);
	SAME(entry.own.generation);
	SAME(entry.own.uid);
	SAME(entry.own.gid);
	SAME(entry.own.mode);
	SAME(entry.own.allocated);
	SAME(entry.nlink);
	SAME(entry.size);
	SAME(entry.atime);
	SAME(entry.mtime);
	SAME(path_len);
}

struct parse {
	struct line_format format;
	void *parser;
	uint8_t flags;
};

/* In memory of its own, so that a read beyond the padding is one beyond allocated memory. */
static void parse_line(void *arg, const char *text, size_t len, size_t left)
{
	struct parse *p = arg;
	struct line_format format = p->format;
	const struct layout *layout = format.layout;
	char *copy = xmalloc(len + LINE_PADDING);
	struct line line = { 0 }, other = { 0 };
	enum line_kind kind;

	(void)left;
	memcpy(copy, text, len);
	memset(copy + len, '\n', LINE_PADDING);
	kind = layout->parse(p->parser, &format, copy, len, &line);
	if (kind == LINE_ENTRY)
		check_record(format.how, &line);
	if (p->flags & DEFAULT && !(p->flags & PREPARE)) {
		format.how = NULL;
		check_same(&line, kind, &other,
			   layout->parse(p->parser, &format, copy, len, &other));
	}
	free(copy);
}

static void parse_lines(const struct gpfs_format *how, uint8_t flags, const char *text, size_t len)
{
	const struct layout *layout = flags & PREPARE ? &gpfs_prepare_layout : &gpfs_layout;
	struct parse p = { { .layout = layout, .how = how, .pct = flags & PCT,
			     .crlf = flags & CRLF }, layout->new_parser(NULL), flags };
	bool relative;

	lines_take(&p.format, text, len, parse_line, &p);
	layout->free_parser(p.parser);
	(void)gpfs_prepare_detect(text, len, flags & PCT, &relative);
}

static void write_show(const struct template *t)
{
	struct buf text = { 0 };
	char *fault = template_add_show(&text, t);

	fuzz_check(!text.len || text.data[0] == '\'' || text.data[0] == 'V', "no SHOW clause");
	free(fault);
	buf_release(&text);
}

struct input {
	const uint8_t *data;
	size_t len;
};

static void run(void *arg)
{
	const struct input *in = arg;
	const char *at = (const char *)in->data + 1, *end = (const char *)in->data + in->len;
	const char *lf = memchr(at, '\n', (size_t)(end - at));
	uint8_t flags = in->data[0];
	char *text = flags & DEFAULT ? xstrdup(presets[0].template) :
		     xstrndup(at, (size_t)((lf ? lf : end) - at));
	struct gpfs_format *how = xcalloc(1, sizeof(*how));
	char *fault = template_parse(&how->template, text);
	unsigned given = how->template.given |
			 (flags & PREPARE ? FIELD_BIT(FIELD_ALLOCATED) : 0);

	if (!fault) {
		write_show(&how->template);
		how->template.scan_time = (int64_t)SCAN_DAY * SECONDS_PER_DAY;
		fuzz_check(field_plan_init(&how->plan, given, how->template.whole_days, SCAN_DAY,
					   flags & ROUNDED ? 16384 : 0), "no plan");
		how->root = flags & ROUNDED ? "/r/s" : NULL;
		how->plan.inline_max = GPFS_INLINE_MAX;
		if (lf)
			parse_lines(how, flags, lf + 1, (size_t)(end - lf - 1));
	}
	free(fault);
	free(how);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, len };

	if (len)
		fuzz_check(fuzz_try(run, &in), "died: %s", fuzz_message);
	return 0;
}
