/* SPDX-License-Identifier: MIT */
#include "common/log/chunk_reader.h"

/* Discard the rest of a line that was too long for a chunk; what follows it becomes r->rest. */
static void skip_line(struct chunk_reader *r, char *scratch)
{
	const char *end = NULL;
	size_t n;

	do {
		n = log_source_read(r->source, scratch, CHUNK_SIZE);
		end = memchr(scratch, line_end(&r->format), n);
	} while (!end && n == CHUNK_SIZE);
	if (end)
		buf_add(&r->rest, end + 1, (size_t)(scratch + n - (end + 1)));
	else
		r->cut = true;
	r->inside_line = false;
}

/* The end of a chunk is looked for in so many of its last bytes; hardly a line is longer. */
#define TAIL (4u << 10)

/*
 * Find where the next chunk ends without reading all of it; whoever parses it does that. False when
 * the source is none for that, or when the chunk could be the last.
 */
static bool find_end(struct chunk_reader *r, struct chunk *c)
{
	bool can = r->started && !r->inside_line && !r->format.layout->measure;
	int64_t from = can ? log_source_offset(r->source) : -1;
	const char *last;

	if (from < 0)
		return false;
	from -= (int64_t)r->rest.len;
	if (log_source_read_at(r->source, c->text, TAIL, from + CHUNK_SIZE - TAIL) < TAIL)
		return false;
	last = memrchr(c->text, line_end(&r->format), TAIL);
	if (!last)
		return false;
	c->len = CHUNK_SIZE - TAIL + (size_t)(last + 1 - c->text);
	c->source = r->source;
	c->offset = from;
	c->format = &r->format;
	c->at_start = c->cut = false;
	log_source_skip_to(r->source, from + (int64_t)c->len);
	r->rest.len = 0;
	return true;
}

bool chunk_reader_fill(struct chunk_reader *r, struct chunk *c)
{
	size_t len;

	if (r->inside_line)
		skip_line(r, c->text);
	len = r->rest.len;
	if (len)
		memcpy(c->text, r->rest.data, len);
	r->rest.len = 0;
	len += log_source_read(r->source, c->text + len, CHUNK_SIZE - len);
	if (!len)
		return false;
	c->len = len;
	c->format = &r->format;
	c->at_start = !r->started;
	c->cut = false;
	r->started = true;
	/* Behind a line that is not the last, its layout may look at what really follows. */
	memset(c->text + len, '\n', LINE_PADDING);
	return true;
}

/* Bytes up to the end of the last line that is whole. */
static size_t whole_lines(const struct chunk *c)
{
	const struct line_format *format = c->format;
	const char *last, *at = chunk_text(c), *end = c->text + c->len;
	size_t n, content;

	if (!format->layout->measure) {
		last = memrchr(c->text, line_end(format), c->len);
		return last ? (size_t)(last + 1 - c->text) : 0;
	}
	while (at < end && (n = line_measure(format, at, (size_t)(end - at), false, &content)))
		at += n;
	return at == chunk_text(c) ? 0 : (size_t)(at - c->text);
}

/* In an encoded list no line is the rest of a name. */
static void begin_names(const struct chunk_reader *r, struct chunk *c)
{
	c->follows = c->at_start || r->format.pct || r->format.whole_names;
	c->name = (struct cut_name){ 0 };
}

void chunk_reader_cut(struct chunk_reader *r, struct chunk *c)
{
	bool at_end = c->len < CHUNK_SIZE;
	size_t whole = whole_lines(c);

	if (at_end) {
		c->cut = r->cut = whole < c->len;
	} else if (whole) {
		buf_add(&r->rest, c->text + whole, c->len - whole);
		c->len = whole;
	} else {
		r->inside_line = true;
	}
	begin_names(r, c);
}

bool chunk_reader_next(struct chunk_reader *r, struct chunk *c)
{
	if (find_end(r, c)) {
		begin_names(r, c);
		return true;
	}
	if (!chunk_reader_fill(r, c))
		return false;
	chunk_reader_cut(r, c);
	return true;
}

void chunk_reader_release(struct chunk_reader *r)
{
	buf_release(&r->rest);
}
