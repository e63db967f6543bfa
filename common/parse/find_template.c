/* SPDX-License-Identifier: MIT */
/*
 * A template is compiled into steps once: literal text, and directives, each of which knows which
 * bytes its values have. Before the path, steps are taken from left to right, behind it from right
 * to left; what is left between is the path, whatever bytes it has.
 */
#include "common/parse/find_template.h"

#include "common/parse/take.h"
#include "common/log/word.h"

/* What values are made of; and the field, or FIELD_OTHER to read over. */
static const struct directive {
	char letter;
	const char *bytes;
	enum field field;
	unsigned also; /* other fields that it tells */
} directives[] = {
	{ 'i', "0123456789", FIELD_INODE, 0 },
	{ 'n', "0123456789", FIELD_NLINK, 0 },
	{ 's', "0123456789", FIELD_SIZE, 0 },
	{ 'b', "0123456789", FIELD_ALLOCATED, 0 },
	{ 'k', "0123456789", FIELD_ALLOCATED, 0 },
	{ 'U', "0123456789", FIELD_UID, 0 },
	{ 'G', "0123456789", FIELD_GID, 0 },
	{ 'm', "01234567", FIELD_MODE, 0 },
	{ 'M', "dlbcpsD?rwxsStT-", FIELD_MODE, FIELD_BIT(FIELD_TYPE) },
	{ 'y', "fdlbcpsDU?NL", FIELD_TYPE, 0 },
	{ 'A', "0123456789.-", FIELD_ATIME, 0 },
	{ 'T', "0123456789.-", FIELD_MTIME, 0 },
	{ 'C', "0123456789.-", FIELD_CTIME, 0 },
	{ 'B', "0123456789.-", FIELD_BTIME, 0 },
	{ 'D', "0123456789", FIELD_OTHER, 0 },
	{ 'd', "0123456789", FIELD_OTHER, 0 },
	{ 'S', "0123456789.-einfa+", FIELD_OTHER, 0 },
	{ 'Y', "fdlbcpsDU?NL", FIELD_OTHER, 0 },
	{ 'p', NULL, FIELD_PATH, 0 },
	{ 'P', NULL, FIELD_PATH, 0 },
};

static const struct directive *find_directive(char letter)
{
	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
		if (directives[i].letter == letter)
			return &directives[i];
	}
	return NULL;
}

/* ---- reading the format ---- */

/* The byte that an escape of find stands for; moves *at, which is behind the backslash. */
static int escaped_byte(const char **at)
{
	static const char letters[] = "abfnrtv\\", bytes[] = "\a\b\f\n\r\t\v\\";
	const char *letter;
	int byte = 0;

	if (**at >= '0' && **at <= '7') {
		for (int i = 0; i < 3 && **at >= '0' && **at <= '7'; i++)
			byte = byte << 3 | (*(*at)++ - '0');
		return byte & 0xff;
	}
	letter = **at ? strchr(letters, **at) : NULL;
	if (!letter)
		return -1;
	++*at;
	return (unsigned char)bytes[letter - letters];
}

static struct find_step *add_step(struct find_template *t, char directive)
{
	t->steps = xrealloc_array(t->steps, t->count + 1, sizeof(*t->steps));
	t->steps[t->count] = (struct find_step){ .directive = directive };
	return &t->steps[t->count++];
}

static void add_text(struct find_template *t, char **to, char byte)
{
	struct find_step *last = t->count ? &t->steps[t->count - 1] : NULL;

	if (!last || last->directive) {
		last = add_step(t, 0);
		last->text = *to;
	}
	*(*to)++ = byte;
	last->len++;
}

static char *add_directive(struct find_template *t, const char **at)
{
	static const char owners[] = "uUgG";
	size_t width = strspn(*at, "-+ #0123456789.");
	char letter = (*at)[width];
	const struct directive *d = find_directive(letter);
	struct find_step *step;

	if (letter == 'u' || letter == 'g')
		return xasprintf("%%%c: names of owners are those of one machine; print %%%c",
				 letter, strchr(owners, letter)[1]);
	if (letter && strchr("act", letter))
		return xasprintf("%%%c: times as people read them are local; print %%%c@", letter,
				 letter == 'a' ? 'A' : letter == 'c' ? 'C' : 'T');
	if (!d)
		return xasprintf("%%%c: cannot be read back", letter ? letter : '%');
	*at += width + 1;
	if (strchr("ATCB", letter) && **at != '@')
		return xasprintf("%%%c: times as people read them are local; print %%%c@", letter,
				 letter);
	*at += strchr("ATCB", letter) != NULL;
	if (d->field == FIELD_PATH && t->given & FIELD_BIT(FIELD_PATH))
		return xstrdup("%p: stands there twice");
	if (d->field == FIELD_PATH) {
		t->path = t->count;
		t->relative = letter == 'P';
	}
	step = add_step(t, letter);
	step->padded = width > 0;
	t->given |= FIELD_BIT(d->field) | d->also;
	return NULL;
}

/* Take the end of records off the text. */
static char *take_end(struct find_template *t)
{
	struct find_step *last = t->count ? &t->steps[t->count - 1] : NULL;
	char end = last && !last->directive ? last->text[last->len - 1] : 'x';

	if (!(t->given & FIELD_BIT(FIELD_PATH)))
		return xstrdup("there is no %p in it");
	if (end != '\0' && end != '\n')
		return xstrdup("it does not end with \\0 or \\n");
	/* A link count without an inode tells nobody which other path is a link. */
	if (!(t->given & FIELD_BIT(FIELD_INODE)))
		t->given &= ~FIELD_BIT(FIELD_NLINK);
	t->nul = end == '\0';
	if (!--last->len)
		t->count--;
	return NULL;
}

static char *compile(struct find_template *t, const char *format)
{
	char *to = t->text, *fault = NULL;

	while (*format && !fault) {
		int byte = (unsigned char)*format++;

		if (byte == '%' && *format != '%') {
			fault = add_directive(t, &format);
			continue;
		}
		if (byte == '%')
			format++;
		else if (byte == '\\')
			byte = escaped_byte(&format);
		if (byte < 0)
			return xasprintf("\\%.1s: is no escape of find", format);
		add_text(t, &to, (char)byte);
	}
	return fault ? fault : take_end(t);
}

struct find_template *find_template_compile(const char *format, char **fault)
{
	struct find_template *t = xcalloc(1, sizeof(*t));

	t->text = xmalloc(strlen(format) + 1);
	*fault = compile(t, format);
	if (!*fault)
		return t;
	find_template_free(t);
	return NULL;
}

void find_template_free(struct find_template *t)
{
	if (!t)
		return;
	free(t->text);
	free(t->steps);
	free(t);
}

/* ---- reading records ---- */

static uint64_t unit_of(char directive)
{
	return directive == 'b' ? 512 : directive == 'k' ? 1024 : 1;
}

static void take_value(struct record *r, const struct find_step *step, const char *at,
		       const char *end)
{
	struct fields *f = &r->fields;
	enum field field = find_directive(step->directive)->field;
	uint64_t device;

	switch (step->directive) {
	case 'm':
		take_octal(f, false, at, end);
		break;
	case 'M':
		take_letters(f, at, end);
		break;
	case 'y':
		take_type(f, at, end);
		break;
	case 'A':
	case 'T':
	case 'C':
	case 'B':
		take_epoch(f, field, at, end);
		break;
	case 'D':
		if (take_whole(at, end, &device))
			r->generation = device;
		break;
	default:
		if (field != FIELD_OTHER)
			take_units(f, field, unit_of(step->directive), at, end);
	}
}

/* One byte for a type, all that fits for the rest. */
static bool of_value(const struct find_step *step, size_t len, char byte)
{
	const char *bytes = find_directive(step->directive)->bytes;
	size_t most = step->directive == 'y' || step->directive == 'Y' ? 1 :
		      step->directive == 'M' ? 10 : SIZE_MAX;

	return len < most && byte && strchr(bytes, byte);
}

/* The step at *at, which moves behind it. */
static bool step_forward(struct record *r, const struct find_step *step, const char **at,
			 const char *end)
{
	const struct find_step *next = step + 1;
	const char *p = *at, *start, *stop;

	if (!step->directive) {
		if ((size_t)(end - p) < step->len || memcmp(p, step->text, step->len))
			return false;
		*at += step->len;
		return true;
	}
	while (step->padded && p < end && *p == ' ')
		p++;
	for (start = p; p < end && of_value(step, (size_t)(p - start), *p); p++)
		;
	take_value(r, step, start, p);
	stop = p;
	while (step->padded && p < end && *p == ' ')
		p++;
	/* Some of the blanks are the text that comes next. */
	for (size_t i = 0; !next->directive && i < next->len && next->text[i] == ' ' && p > stop; i++)
		p--;
	*at = p;
	return stop > start;
}

/* The same from the end. */
static bool step_back(struct record *r, const struct find_step *step, const char *at,
		      const char **end)
{
	const struct find_step *next = step - 1;
	const char *p = *end, *start, *stop;

	if (!step->directive) {
		if ((size_t)(p - at) < step->len || memcmp(p - step->len, step->text, step->len))
			return false;
		*end -= step->len;
		return true;
	}
	while (step->padded && p > at && p[-1] == ' ')
		p--;
	for (stop = p; p > at && of_value(step, (size_t)(stop - p), p[-1]); p--)
		;
	take_value(r, step, p, stop);
	start = p;
	while (step->padded && p > at && p[-1] == ' ')
		p--;
	for (size_t i = next->len; !next->directive && i && next->text[i - 1] == ' ' && p < start; i--)
		p++;
	*end = p;
	return start < stop;
}

/* The step does not fit what stands at `at`: what is wrong there? */
static enum reject_reason fault_of(const struct find_template *t, size_t i, const char *at,
				   const char *end)
{
	const struct find_step *step = &t->steps[i], *next = step + 1;
	enum field field;

	if (at == end)
		return REJECT_MISSING_FIELD;
	if (!step->directive && i) {
		step--; /* its value goes on */
	} else if (!step->directive || (!next->directive && *at == *next->text)) {
		return REJECT_MISSING_FIELD;
	}
	field = find_directive(step->directive)->field;
	if (field == FIELD_INODE)
		return REJECT_INODE;
	if (field <= FIELD_ATIME)
		return REJECT_SIZE + (enum reject_reason)field;
	return field == FIELD_TYPE ? REJECT_MODE : field <= FIELD_BTIME ? REJECT_TIME :
						   REJECT_MISSING_FIELD;
}

/*
 * A record begins where two directives before the path fit, or half of the steps, or where all
 * behind it do when there are none before it.
 */
static enum reject_reason read_record(struct record *r, const struct scan_form *form,
				      const char *at, const char *end)
{
	const struct find_template *t = form->find;
	size_t i, sure = t->path / 2 < 2 ? t->path / 2 : 2;

	for (i = 0; i < t->path; i++) {
		if (!step_forward(r, &t->steps[i], &at, end))
			return fault_of(t, i, at, end);
		r->begins |= i >= sure;
	}
	for (i = t->count - 1; i > t->path; i--) {
		if (!step_back(r, &t->steps[i], at, &end))
			return REJECT_MISSING_FIELD;
	}
	r->begins = true;
	r->fields.path = at;
	r->fields.path_len = (size_t)(end - at);
	r->raw = t->path == t->count - 1;
	return r->fields.path_len || t->relative ? REJECT_NONE : REJECT_NO_PATH;
}

const struct scanner find_scanner = {
	.name = "find",
	.purpose = "find -printf '" FIND_DEFAULT "\\0'; find:FORMAT for another -printf",
	.layout = &scanner_layout,
	.read = read_record,
};
