/* SPDX-License-Identifier: MIT */
#include "common/parse/template.h"

#include <limits.h>

#include "common/log/word.h"

#define LIMIT(bits) (UINT64_C(1) << (bits))

/* The values that a template may name. `attribute` is GPFS's word for it; NULL: it has none. */
static const struct conversion {
	char letter, form;
	uint8_t op, field;
	uint64_t limit, unit;
	const char *attribute, *what;
} conversions[] = {
	{ 's', 0, OP_NUMBER, FIELD_SIZE, LIMIT(63), 1, "FILE_SIZE", "file length in bytes" },
	{ 'k', 0, OP_NUMBER, FIELD_ALLOCATED, LIMIT(53), 1024, "KB_ALLOCATED",
	  "allocated space in KiB" },
	{ 'b', 0, OP_NUMBER, FIELD_ALLOCATED, LIMIT(54), 512, "KB_ALLOCATED * 2",
	  "allocated space in blocks of 512 bytes" },
	{ 'u', 0, OP_NUMBER, FIELD_UID, LIMIT(32), 1, "USER_ID", "owner" },
	{ 'g', 0, OP_NUMBER, FIELD_GID, LIMIT(32), 1, "GROUP_ID", "group" },
	{ 'm', 0, OP_MODE, FIELD_MODE, 0, 0, "MODE", "type and permissions in letters" },
	{ 'o', 0, OP_OCTAL, FIELD_MODE, 0, 0, NULL, "mode in octal digits" },
	{ 'y', 0, OP_TYPE, FIELD_TYPE, 0, 0, "SUBSTR(MODE, 1, 1)", "type letter" },
	{ 'M', 0, OP_MISC, FIELD_MISC, 0, 0, "MISC_ATTRIBUTES", "MISC_ATTRIBUTES" },
	{ 'n', 0, OP_NUMBER, FIELD_NLINK, LIMIT(32), 1, "NLINK", "number of links" },
	{ 'i', 0, OP_NUMBER, FIELD_INODE, NUMBER_ANY, 1, "INODE", "inode" },
	{ 'N', 0, OP_PATH, FIELD_PATH, 0, 0, "PATH_NAME", "path or name" },
	{ 'F', 0, OP_TEXT, FIELD_OTHER, 0, 0, "FILESET_NAME", "fileset (read over)" },
	{ 'P', 0, OP_TEXT, FIELD_OTHER, 0, 0, "POOL_NAME", "pool (read over)" },
	{ 'S', 0, OP_TEXT, FIELD_OTHER, 0, 0, NULL, "state (read over)" },
	{ 'j', 0, OP_TEXT, FIELD_OTHER, 0, 0, NULL, "project (read over)" },
	{ 'h', 0, OP_TEXT, FIELD_OTHER, 0, 0, "FILE_HEAT", "heat (read over)" },
	{ '*', 0, OP_TEXT, FIELD_OTHER, 0, 0, NULL, "any value (read over)" },
#define TIMES(letter, field, attribute, what)                                                      \
	{ letter, 0, OP_STAMP, field, 0, 0, attribute, "time of " what },                          \
	{ letter, '@', OP_EPOCH, field, 0, 0, NULL, "time of " what " in seconds since 1970" },    \
	{ letter, 'd', OP_DAYS, field, 0, 0, "DAYS(" attribute ")", "day of " what },              \
	{ letter, '-', OP_AGE, field, 0, 0, "DAYS(CURRENT_TIMESTAMP) - DAYS(" attribute ")",       \
	  "days since " what }
	TIMES('A', FIELD_ATIME, "ACCESS_TIME", "access"),
	TIMES('T', FIELD_MTIME, "MODIFICATION_TIME", "modification"),
	TIMES('C', FIELD_CTIME, "CHANGE_TIME", "change"),
	TIMES('B', FIELD_BTIME, "CREATION_TIME", "birth"),
#undef TIMES
};

static const struct conversion *find_conversion(char letter, char form)
{
	for (size_t i = 0; letter && i < sizeof(conversions) / sizeof(conversions[0]); i++) {
		if (conversions[i].letter == letter && conversions[i].form == form)
			return &conversions[i];
	}
	return NULL;
}

static const struct conversion *conversion_of(const struct template_step *s)
{
	return s->op == OP_NONE ? NULL : find_conversion(s->letter, s->form);
}

const char *template_step_what(const struct template_step *s)
{
	const struct conversion *c = conversion_of(s);

	return c ? c->what : NULL;
}

/* ---- text to steps ---- */

struct parse {
	struct template *t;
	const char *start, *at, *end;
	char *fault;
};

static bool fail(struct parse *p, const char *what)
{
	p->fault = xasprintf("byte %zu: %s", (size_t)(p->at - p->start) + 1, what);
	return false;
}

/* The step that takes what comes next: a new one if the last cannot take it any more. */
static struct template_step *step_for(struct parse *p, bool is_new)
{
	struct template *t = p->t;

	if (is_new || !t->step_count) {
		if (t->step_count == TEMPLATE_STEPS_MAX) {
			fail(p, "the template is too long");
			return NULL;
		}
		t->steps[t->step_count++] = (struct template_step){ .field = FIELD_OTHER };
	}
	return &t->steps[t->step_count - 1];
}

static bool add_blank(struct parse *p)
{
	struct template_step *s;

	while (*p->at == ' ')
		p->at++;
	if (p->at >= p->end || !p->t->step_count) /* none at the ends */
		return true;
	s = step_for(p, true);
	if (s)
		s->blank = true;
	return s != NULL;
}

static bool add_byte(struct parse *p)
{
	struct template *t = p->t;
	struct template_step *last = t->step_count ? &t->steps[t->step_count - 1] : NULL, *s;
	unsigned shift;

	s = step_for(p, last && (last->op != OP_NONE || last->text_len == 8));
	if (!s)
		return false;
	shift = 8 * s->text_len++;
	s->text |= (uint64_t)(unsigned char)*p->at++ << shift;
	s->mask |= UINT64_C(0xff) << shift;
	return true;
}

static const struct conversion *read_conversion(const char *at)
{
	const struct conversion *with_form =
		at[0] && at[1] ? find_conversion(at[0], at[1]) : NULL;

	return with_form ? with_form : find_conversion(at[0], 0);
}

static bool add_value(struct parse *p)
{
	const struct conversion *c = read_conversion(p->at + 1);
	struct template *t = p->t;
	struct template_step *last = t->step_count ? &t->steps[t->step_count - 1] : NULL, *s;

	if (!c)
		return fail(p, "this is not a value");
	if (last && last->op != OP_NONE)
		return fail(p, "two values need text between them");
	if (c->field != FIELD_OTHER && t->given & FIELD_BIT(c->field))
		return fail(p, "this value is there twice");
	s = step_for(p, false);
	if (!s)
		return false;
	s->op = c->op;
	s->field = c->field;
	s->limit = c->limit;
	s->unit = c->unit;
	s->letter = c->letter;
	s->form = c->form;
	t->given |= FIELD_BIT(c->field);
	t->whole_days |= c->op == OP_DAYS || c->op == OP_AGE;
	t->ages |= c->op == OP_AGE;
	if (c->op == OP_PATH)
		t->path_step = t->step_count - 1;
	p->at += c->form ? 3 : 2;
	return true;
}

static bool add_next(struct parse *p)
{
	if (*p->at == '\n')
		return fail(p, "a line feed ends the record");
	if (*p->at == ' ')
		return add_blank(p);
	if (*p->at != '%')
		return add_byte(p);
	if (p->at[1] != '%')
		return add_value(p);
	p->at++;
	return add_byte(p);
}

/* Each word must be a key, in one step, and its value. */
static bool check_words(struct parse *p)
{
	struct template *t = p->t;

	p->at = p->end;
	for (unsigned i = 0; i < t->step_count; i++) {
		const struct template_step *s = &t->steps[i];

		if (s->op == OP_NONE || !s->text_len || (i && !s->blank))
			return fail(p, "words in {} are like key=%s, with keys of at most 8 bytes");
	}
	return true;
}

/* The step's text with its blank, if that is not too long. */
static bool set_plain(struct template_step *s)
{
	bool fits;

	s->plain_len = s->text_len + s->blank;
	fits = s->plain_len <= 8;
	s->plain = fits && s->blank ? s->text << 8 | ' ' : s->text;
	s->plain_mask = fits && s->blank ? s->mask << 8 | 0xff : s->mask;
	return fits;
}

/* What depends on the steps behind. */
static bool finish(struct parse *p)
{
	struct template *t = p->t;
	bool typed = t->given & (FIELD_BIT(FIELD_TYPE) | FIELD_BIT(FIELD_MODE));

	t->straight = t->step_count;
	for (unsigned i = 0; i < t->step_count; i++) {
		struct template_step *s = &t->steps[i], *next = s + 1;
		bool last = i + 1 == t->step_count;

		t->straight &= set_plain(s);
		s->stop = last || t->words || next->blank ? ' ' : (char)(next->text & 0xff);
		if (s->op == OP_OCTAL && !(t->given & FIELD_BIT(FIELD_TYPE)))
			s->limit = S_IFMT; /* it must tell the type */
		/* The letters matter only where nothing else tells the type. */
		if (s->op == OP_MISC && typed)
			s->op = OP_TEXT;
		if (t->words && s->op == OP_PATH)
			s->op = OP_TEXT;
	}
	if (t->words)
		t->path_step = t->step_count;
	t->straight &= t->path_step >= t->step_count;
	return !t->words || check_words(p);
}

char *template_parse(struct template *t, const char *text)
{
	size_t len = strlen(text);
	struct parse p = { t, text, text, text + len, NULL };
	bool good = true;

	*t = (struct template){ .path_step = UINT_MAX };
	if (len > TEMPLATE_BYTES_MAX)
		return xstrdup("the template is too long");
	if (len > 1 && text[0] == '{' && text[len - 1] == '}') {
		t->words = true;
		p.at++;
		p.end--;
	}
	while (good && p.at < p.end)
		good = add_next(&p);
	if (good)
		finish(&p);
	if (t->path_step > t->step_count)
		t->path_step = t->step_count;
	return p.fault;
}

/* ---- steps to the SHOW of a rule ---- */

/* A quoted string of SQL. */
static void add_quoted(struct buf *out, const struct template *t, unsigned i)
{
	const struct template_step *s = &t->steps[i];

	buf_add_char(out, '\'');
	if (s->blank)
		buf_add_char(out, ' ');
	for (unsigned n = 0; n < s->text_len; n++) {
		char c = (char)(s->text >> 8 * n & 0xff);

		if (c == '\'')
			buf_add_char(out, c);
		buf_add_char(out, c);
	}
	buf_add_char(out, '\'');
}

char *template_add_show(struct buf *out, const struct template *t)
{
	const char *join = "";

	for (unsigned i = 0; i < t->step_count; i++) {
		const struct template_step *s = &t->steps[i];
		const struct conversion *c = conversion_of(s);

		if (s->blank || s->text_len) {
			buf_printf(out, "%s", join);
			add_quoted(out, t, i);
			join = " || ";
		}
		if (!c)
			continue;
		if (!c->attribute)
			return xasprintf("%%%c%.*s: GPFS cannot write this", s->letter,
					 s->form != 0, &s->form);
		buf_printf(out, "%sVARCHAR(%s)", join, c->attribute);
		join = " || ";
	}
	return NULL;
}
