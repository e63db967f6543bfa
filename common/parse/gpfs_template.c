/* SPDX-License-Identifier: MIT */
#include "common/parse/gpfs_template.h"

#include "common/base/path.h"
#include "common/parse/pct.h"
#include "common/parse/template_match.h"

/* Separators at which SHOW may end: names are full of them only to deceive. */
#define SEPARATOR_TRIES 16

void gpfs_scratch_init(struct gpfs_scratch *s, struct block_build *block)
{
	s->block = block;
	s->path = xmalloc(PATH_BYTES_MAX);
	s->show = xmalloc(LINE_BYTES_MAX + LINE_PADDING);
	s->memo = xcalloc(1, sizeof(*s->memo));
}

void gpfs_scratch_release(struct gpfs_scratch *s)
{
	free(s->path);
	free(s->show);
	free(s->memo);
}

static void start_fields(struct fields *v)
{
	v->seen = v->bad = 0;
	v->interleaved = v->straight = false;
	v->path = NULL;
}

/* The first word from `at` on that is a separator, and *path behind it; NULL if there is none. */
static const char *find_separator(const char *at, bool pct, const char **path)
{
	for (at = skip_blanks(at); *at != '\n'; at = skip_blanks(skip_word(at))) {
		*path = separator_behind(at);
		if (*path && (**path == '/' || (pct && pct_is_slash(*path))))
			return at;
	}
	return NULL;
}

/* Do all values stand between `at` and `end`? Words of a decoded text may look like separators. */
static bool match_show(const struct template *t, struct value_memo *memo, const char *at,
		       const char *end, struct fields *v)
{
	while (end > at && is_blank(end[-1]))
		end--;
	at = template_match(t, memo, at, end, v);
	while (t->words && at < end)
		at = template_match(t, memo, skip_word(at), end, v);
	return at && at >= end && skip_blanks(end) >= at;
}

/* In an encoded name LF is what a value of SHOW keeps as %0A (pct_decode_show). */
static bool same_bytes(const char *shown, const char *shown_end, const char *path)
{
	for (; shown < shown_end; path++) {
		if (*path == '\n' && shown_end - shown >= 3 && shown[0] == '%' && shown[1] == '0' &&
		    (shown[2] | 0x20) == 'a')
			shown += 3;
		else if (*shown++ != *path)
			return false;
	}
	return true;
}

/* Is this decoded path the one that SHOW holds? It may be the last part of it there. */
static bool same_path(const struct fields *v, const char *path, size_t len)
{
	const char *end = v->path + v->path_len;
	size_t shown = v->path_len;

	for (const char *p = v->path; end - p >= 3; p++)
		shown -= p[0] == '%' && p[1] == '0' && (p[2] | 0x20) == 'a' ? 2 : 0;
	for (size_t n = shown; n <= v->path_len; n++) {
		if (n > len || (n < len && (*v->path == '/' || path[len - n - 1] != '/')))
			continue;
		if (same_bytes(v->path, end, path + len - n))
			return true;
	}
	return false;
}

static bool agrees(const struct fields *v, struct gpfs_scratch *scratch, bool pct,
		   const char *path, const char *end)
{
	size_t len = (size_t)(end - path);

	if (!v->path || len > PATH_BYTES_MAX)
		return true;
	if (!pct)
		return same_path(v, path, len);
	/* What does not decode is rejected later. */
	return pct_decode_path(scratch->path, &len, path, end) != REJECT_NONE ||
	       same_path(v, scratch->path, len);
}

bool gpfs_template_text(const struct gpfs_format *format, struct gpfs_scratch *scratch, size_t len,
			size_t path_len, struct fields *v)
{
	start_fields(v);
	return match_show(&format->template, scratch->memo, scratch->show,
			  scratch->show + len, v) &&
	       (!v->path || same_path(v, scratch->path, path_len));
}

/* The encoded SHOW up to `end`, decoded; returns the end. */
static const char *decode(struct gpfs_scratch *scratch, const char *at, const char *end)
{
	size_t len = pct_decode_show(scratch->show, at, end);

	memset(scratch->show + len, '\n', LINE_PADDING);
	return scratch->show + len;
}

/* One separator after the other. The path of a line that matches nowhere is behind the first. */
static void try_separators(struct gpfs_match *m, const struct gpfs_format *format,
			   struct gpfs_scratch *scratch, bool pct, const char *show,
			   const char *end)
{
	const char *path, *at = show;

	for (int i = 0; i < SEPARATOR_TRIES && (at = find_separator(at, pct, &path)); i++) {
		const char *text = show, *text_end = at;

		if (!m->path)
			m->path = path;
		if (pct) {
			text_end = decode(scratch, show, at);
			text = scratch->show;
		}
		start_fields(&m->fields);
		m->matched = match_show(&format->template, scratch->memo, text, text_end,
					&m->fields) &&
			     agrees(&m->fields, scratch, pct, path, end);
		if (m->matched) {
			m->path = path;
			return;
		}
		at = skip_word(at);
	}
}

void gpfs_template_walk(struct gpfs_match *m, const struct gpfs_format *format,
			struct gpfs_scratch *scratch, bool pct, const char *at, const char *end)
{
	const struct template *t = &format->template;
	const char *behind;

	m->matched = false;
	m->path = NULL;
	start_fields(&m->fields);
	/* Mostly it is not necessary to know first where SHOW ends. */
	if (!pct && t->path_step == t->step_count) {
		behind = template_match(t, scratch->memo, at, NULL, &m->fields);
		m->path = behind ? path_behind(behind) : NULL;
		m->matched = m->path != NULL;
		if (m->matched || t->words)
			return;
	}
	try_separators(m, format, scratch, pct, at, end);
}
