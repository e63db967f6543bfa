/* SPDX-License-Identifier: MIT */
#include "common/parse/gpfs_prepare.h"

#include "common/base/path.h"
#include "common/parse/pct.h"
#include "common/parse/scanner.h"
#include "common/log/word.h"

enum { AGGREGATE, WEIGHT, INODE, GENERATION, SIZE, RULE, RESOURCE, FLAGS, NUMBERS };

/* How the text goes on. */
enum step {
	GOOD,
	MORE, /* it ends too early to tell */
	BAD,
};

struct counted {
	const char *at;
	size_t len;
	bool escaped;
};

struct prepared {
	unsigned numbers; /* how many of them are there, each with its colon */
	unsigned beyond;  /* bits of those that are 2^64 or more */
	uint64_t number[NUMBERS];
	struct counted path, pool, show; /* path.at, show.at: NULL if not there */
	const char *end; /* behind the last string */
};

struct walk {
	const char *at, *end;
};

/* ---- the text ---- */

static enum step take_byte(struct walk *w, char byte)
{
	if (w->at == w->end)
		return MORE;
	return *w->at++ == byte ? GOOD : BAD;
}

/* Hexadecimal digits and a colon. */
static enum step take_hex(struct walk *w, struct prepared *r)
{
	const char *at = w->at;
	uint64_t value = 0, lost = 0;
	int digit;

	for (; at < w->end && (digit = pct_hex_digit(*at)) >= 0; at++) {
		lost |= value >> 60;
		value = value << 4 | (uint64_t)digit;
	}
	if (at == w->at)
		return at == w->end ? MORE : BAD;
	w->at = at;
	r->number[r->numbers] = value;
	r->beyond |= (unsigned)(lost != 0) << r->numbers;
	return take_byte(w, ':');
}

/* No string is longer than a line may be. */
static enum step take_counted(struct walk *w, struct counted *c)
{
	const char *at = w->at, *digits;
	size_t len = 0;

	c->escaped = at < w->end && *at == '-';
	at += c->escaped;
	for (digits = at; at < w->end && is_digit(*at) && len <= LINE_BYTES_MAX; at++)
		len = len * 10 + (size_t)(*at - '0');
	if (at == w->end)
		return MORE;
	if (at == digits || *at != '!' || len > LINE_BYTES_MAX)
		return BAD;
	c->len = len;
	c->at = ++at;
	if ((size_t)(w->end - at) < len) {
		c->at = NULL;
		return MORE;
	}
	w->at = at + len;
	return GOOD;
}

/* All up to the end of the record. */
static enum step walk(struct prepared *r, const char *text, const char *end)
{
	struct walk w = { text, end };
	enum step step = GOOD;

	*r = (struct prepared){ 0 };
	while (step == GOOD && r->numbers < NUMBERS) {
		step = take_hex(&w, r);
		r->numbers += step == GOOD;
	}
	if (step == GOOD)
		step = take_counted(&w, &r->path);
	if (step == GOOD)
		step = take_byte(&w, ':');
	if (step == GOOD)
		step = take_counted(&w, &r->pool);
	if (step == GOOD && w.at < w.end && *w.at == ';') {
		w.at++;
		step = take_counted(&w, &r->show);
	}
	r->end = w.at;
	return step;
}

/* LF, maybe behind a CR, or NUL. */
static enum step take_end(const char **at, const char *end)
{
	bool cr = *at < end && **at == '\r';
	const char *p = *at + cr;

	if (p == end)
		return MORE;
	*at = p + 1;
	return *p == '\n' || (!cr && !*p) ? GOOD : BAD;
}

static size_t measure(const char *text, size_t len, bool whole)
{
	const char *end = text + len;
	struct prepared r;
	enum step step = walk(&r, text, end);

	if (step == GOOD)
		step = take_end(&r.end, end);
	if (step == GOOD)
		return (size_t)(r.end - text);
	if (step == MORE && !whole)
		return 0;
	for (size_t n = 0; n < len; n++) {
		if (text[n] == '\n' || !text[n])
			return n + 1;
	}
	return whole ? len : 0;
}

/* ---- its meaning ---- */

/*
 * The bytes that a string stands for, to `to`, or LF as %0A, which is what values keep (pct.h).
 * `room`: of `to`.
 */
static enum reject_reason unescape(char *to, size_t *len, size_t room, const struct counted *c,
				   bool keep_lf)
{
	char *start = to, *stop = to + room;

	*len = c->len;
	if (c->len <= room && !c->escaped && (keep_lf || !memchr(c->at, '\n', c->len))) {
		memcpy(to, c->at, c->len);
		return REJECT_NONE;
	}
	for (const char *at = c->at, *end = c->at + c->len; at < end; at++) {
		size_t n = 1;
		char byte = *at;

		if (byte == '\\' && c->escaped) {
			if (++at == end || (*at != 'n' && *at != '\\'))
				return REJECT_ESCAPE;
			byte = *at == 'n' ? '\n' : '\\';
		}
		if (byte == '\n' && !keep_lf)
			n = 3;
		if ((size_t)(stop - to) < n)
			return REJECT_TOO_LONG;
		memcpy(to, n == 3 ? "%0A" : &byte, n);
		to += n;
	}
	*len = (size_t)(to - start);
	return REJECT_NONE;
}

/* The path as it is, in scratch->path. */
static enum reject_reason take_path(struct gpfs_scratch *scratch, const struct line_format *format,
				    const struct prepared *r, size_t *len)
{
	const struct gpfs_format *how = format->how;
	const char *path = scratch->path;
	enum reject_reason reason;

	reason = unescape(scratch->path, len, PATH_BYTES_MAX, &r->path, true);
	if (reason == REJECT_NONE && format->pct)
		reason = pct_decode_path(scratch->path, len, path, path + *len);
	if (reason == REJECT_NONE)
		reason = line_root_path(how->root, scratch->path, &path, len);
	return reason;
}

/* The values of SHOW, and the size of the record if they have none. */
static enum reject_reason take_values(struct gpfs_scratch *scratch,
				      const struct line_format *format, const struct prepared *r,
				      size_t path_len, struct fields *v)
{
	const struct gpfs_format *how = format->how;
	const uint64_t limit = UINT64_C(1) << 53;
	enum reject_reason reason = REJECT_NONE;
	size_t len = 0;

	if (r->show.at)
		reason = unescape(scratch->show, &len, LINE_BYTES_MAX, &r->show, false);
	if (reason != REJECT_NONE)
		return reason;
	if (format->pct)
		len = pct_decode_show(scratch->show, scratch->show, scratch->show + len);
	memset(scratch->show + len, '\n', LINE_PADDING);
	if (!gpfs_template_text(how, scratch, len, path_len, v))
		return REJECT_MISSING_FIELD;
	if (how->template.given & FIELD_BIT(FIELD_ALLOCATED))
		return REJECT_NONE;
	v->seen |= FIELD_BIT(FIELD_ALLOCATED);
	v->number[FIELD_ALLOCATED] = r->number[SIZE] * 1024;
	if (r->beyond >> SIZE & 1 || r->number[SIZE] >= limit)
		v->bad |= FIELD_BIT(FIELD_ALLOCATED);
	return REJECT_NONE;
}

static enum reject_reason number_fault(const struct prepared *r)
{
	if (r->numbers == INODE || r->beyond >> INODE & 1)
		return REJECT_INODE;
	if (r->numbers == GENERATION || r->beyond >> GENERATION & 1)
		return REJECT_GENERATION;
	if (r->numbers == SIZE)
		return REJECT_ALLOCATED;
	return r->numbers < NUMBERS ? REJECT_MISSING_FIELD : REJECT_NONE;
}

static enum reject_reason take_record(struct gpfs_scratch *scratch,
				      const struct line_format *format, const struct prepared *r,
				      bool whole, struct line *line)
{
	const struct gpfs_format *how = format->how;
	enum reject_reason reason = number_fault(r);
	struct fields v = { 0 };
	size_t path_len;

	if (reason != REJECT_NONE)
		return reason;
	if (!r->path.at)
		return REJECT_NO_PATH;
	if (!whole)
		return REJECT_MISSING_FIELD;
	reason = take_path(scratch, format, r, &path_len);
	if (reason != REJECT_NONE)
		return reason;
	reason = take_values(scratch, format, r, path_len, &v);
	if (reason == REJECT_NONE)
		reason = field_plan_entry(&how->plan, &v, line);
	if (reason != REJECT_NONE)
		return reason;
	line->entry.own.inode = r->number[INODE];
	line->entry.own.generation = r->number[GENERATION];
	line->entry.snapshot = 0;
	return line_set_path(line, scratch->path, scratch->block, scratch->path, path_len);
}

static enum line_kind parse_line(void *parser, const struct line_format *format, const char *text,
				 size_t len, struct line *line)
{
	const char *end = text + len;
	struct prepared r;
	bool whole = walk(&r, text, end) == GOOD && r.end == end;

	line->begins = r.numbers >= 2;
	line->text = NULL;
	if (!line->begins)
		return line_skip_kind(text, text, end);
	if (len > LINE_BYTES_MAX)
		line->reason = REJECT_TOO_LONG;
	else if (memchr(text, '\0', len))
		line->reason = REJECT_NUL;
	else
		line->reason = take_record(parser, format, &r, whole, line);
	return line->reason == REJECT_NONE ? LINE_ENTRY : LINE_REJECTED;
}

/* ---- which frame it is ---- */

/* Three numbers, as a list has them, maybe behind a tag. */
static bool is_list_record(const char *at, const char *end)
{
	if (at < end && *at == '<') {
		at = memchr(at, '>', (size_t)(end - at));
		if (!at)
			return false;
		at++;
	}
	for (int numbers = 0; numbers < 3; numbers++) {
		while (at < end && is_blank(*at))
			at++;
		if (at == end || !is_digit(*at))
			return false;
		while (at < end && is_digit(*at))
			at++;
	}
	return at < end && is_blank(*at);
}

/* As far as it is there. */
static bool is_absolute(const struct counted *path, bool pct)
{
	return !path->at || (path->len && *path->at == '/') ||
	       (pct && path->len >= 3 && pct_is_slash(path->at));
}

bool gpfs_prepare_detect(const char *text, size_t len, bool pct, bool *relative)
{
	const char *end = text + len, *lf;
	struct prepared r;

	for (; text < end; text = lf + 1) {
		lf = memchr(text, '\n', (size_t)(end - text));
		lf = lf ? lf : end;
		(void)walk(&r, text, end);
		if (r.numbers == NUMBERS) {
			*relative = !is_absolute(&r.path, pct);
			return true;
		}
		if (is_list_record(text, lf))
			return false;
		if (lf == end)
			break;
	}
	return false;
}

static void *new_parser(struct block_build *block)
{
	struct gpfs_scratch *scratch = xmalloc(sizeof(*scratch));

	gpfs_scratch_init(scratch, block);
	return scratch;
}

static void free_parser(void *parser)
{
	gpfs_scratch_release(parser);
	free(parser);
}

const struct layout gpfs_prepare_layout = {
	.new_parser = new_parser,
	.free_parser = free_parser,
	.parse = parse_line,
	.foreign = scanner_foreign,
	.measure = measure,
};
