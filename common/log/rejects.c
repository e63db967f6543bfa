/* SPDX-License-Identifier: MIT */
#include "common/log/rejects.h"

#include <inttypes.h>

#include "common/base/escape.h"
#include "common/base/human.h"

#define FLUSH_SIZE (64u << 10)
#define MILLION 1000000

bool reject_limit_parse(struct reject_limit *limit, const char *text)
{
	size_t len = strlen(text);
	double percent;
	char *end;

	limit->kind = LIMIT_COUNT;
	if (!len || text[len - 1] != '%')
		return human_parse_count(text, &limit->value);
	limit->kind = LIMIT_SHARE;
	if (len == 1 || strspn(text, "0123456789.") != len - 1)
		return false;
	percent = strtod(text, &end);
	if (end != text + len - 1 || percent > 100)
		return false;
	limit->value = (uint64_t)(percent * (MILLION / 100) + 0.5);
	return true;
}

uint64_t reject_limit(const struct reject_limit *limit, uint64_t lines)
{
	uint64_t share = limit->kind == LIMIT_SHARE ? limit->value : REJECTS_MAX_MILLIONTHS, most;

	if (limit->kind == LIMIT_COUNT)
		return limit->value;
	most = (uint64_t)((unsigned __int128)lines * share / MILLION);
	return limit->kind == LIMIT_SHARE || most > REJECTS_MAX ? most : REJECTS_MAX;
}

uint64_t reject_limit_early(const struct reject_limit *limit)
{
	return limit->kind == LIMIT_COUNT ? limit->value : UINT64_MAX;
}

void rejects_open(struct rejects *r, const char *name)
{
	*r = (struct rejects){ .on = name != NULL };
	if (r->on)
		outfile_open(&r->file, name, FILE_OUTPUT);
}

void rejects_exact_mode(struct rejects *r, mode_t mode)
{
	if (r->on)
		outfile_exact_mode(&r->file, mode);
}

static void flush(struct rejects *r)
{
	outfile_write(&r->file, r->text.data, r->text.len);
	r->text.len = 0;
}

void rejects_add(struct rejects *r, const char *source, uint64_t lines_before,
		 const struct chunk *c)
{
	for (size_t i = 0; r->on && i < c->reject_count; i++) {
		const struct chunk_reject *reject = &c->rejects[i];
		size_t len;
		const char *line = chunk_reject_text(c, reject, &len);

		escape_add(&r->text, source, strlen(source));
		buf_printf(&r->text, "\t%" PRIu64 "\t%s\t", lines_before + reject->line,
			   reject_names[reject->reason]);
		escape_add(&r->text, line, len);
		buf_add_char(&r->text, '\n');
		if (r->text.len >= FLUSH_SIZE)
			flush(r);
	}
}

void rejects_commit(struct rejects *r)
{
	if (!r->on)
		return;
	flush(r);
	outfile_commit(&r->file);
	buf_release(&r->text);
	r->on = false;
}
