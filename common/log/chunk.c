/* SPDX-License-Identifier: MIT */
#include "common/log/chunk.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

void chunk_init(struct chunk *c, bool keep_rejects)
{
	*c = (struct chunk){ .text = xmalloc(CHUNK_SIZE + LINE_PADDING),
			     .keep_rejects = keep_rejects };
}

void chunk_release(struct chunk *c)
{
	free(c->text);
	free(c->rejects);
	buf_release(&c->blocks);
}

void chunk_take_postponed(struct chunk *part, const struct chunk *c, const struct cut_name *name)
{
	part->text = c->text;
	part->len = c->postponed;
	part->at_start = false;
	part->cut = c->cut && c->postponed == c->len;
	part->format = c->format;
	part->follows = true;
	part->name = *name;
}

const char *chunk_text(const struct chunk *c)
{
	size_t mark = strlen(BYTE_ORDER_MARK);

	if (c->at_start && c->len >= mark && !memcmp(c->text, BYTE_ORDER_MARK, mark))
		return c->text + mark;
	return c->text;
}

static void read_text(struct chunk *c)
{
	if (!c->source)
		return;
	if (log_source_read_at(c->source, c->text, c->len, c->offset) < c->len)
		die(EXIT_INPUT, "%s: became shorter while it was read", c->source->name);
	memset(c->text + c->len, '\n', LINE_PADDING);
	c->source = NULL;
}

/*
 * Length of the line at `line` without its end; *next is where the following line starts, or the
 * chunk's end. In a chunk that is cut, what needs more text than there is to be a line is the rest.
 */
static size_t measure_line(const struct chunk *c, const char *line, const char **next)
{
	size_t left = (size_t)(c->text + c->len - line), content;
	size_t n = line_measure(c->format, line, left, !c->cut, &content);

	*next = line + (n ? n : left);
	return content;
}

const char *chunk_first_line(const struct chunk *c, size_t *len)
{
	const char *line = chunk_text(c), *lf;

	*len = (size_t)(c->text + c->len - line);
	lf = memchr(line, '\n', *len);
	if (lf)
		*len = (size_t)(lf - line);
	if (c->format->crlf && *len && line[*len - 1] == '\r')
		--*len;
	return line;
}

void chunk_worker_init(struct chunk_worker *w)
{
	*w = (struct chunk_worker){ 0 };
	block_build_init(&w->build, KIND_ENTRY);
}

static void use_layout(struct chunk_worker *w, const struct layout *layout)
{
	if (w->layout == layout)
		return;
	if (w->layout)
		w->layout->free_parser(w->parser);
	w->layout = layout;
	w->parser = layout->new_parser(&w->build);
}

void chunk_worker_release(struct chunk_worker *w)
{
	if (w->layout)
		w->layout->free_parser(w->parser);
	block_build_release(&w->build);
}

static void begin_name(struct chunk_worker *w, const struct line *line, const char *end)
{
	w->name.open = false;
	w->path = line->text;
	w->path_len = (size_t)(end - line->text);
}

/* Can this line be more of the name of the last record? */
static bool continue_name(struct chunk_worker *w, const char *text, size_t len)
{
	if (w->path)
		cut_name_begin(&w->name, w->path, w->path_len);
	w->path = NULL;
	return cut_name_add(&w->name, text, len);
}

static void count_continued(struct chunk_worker *w, struct chunk *c)
{
	c->tally.count[COUNT_SKIPPED_CONTINUED]++;
	c->cut_names += !w->name.counted;
	w->name.counted = true;
}

/* False: the block is full, and the directory that the line was found in has no number any more. */
static bool put_entry(struct chunk_worker *w, struct chunk *c, const struct line *line)
{
	const struct entry *e = &line->entry;

	if (line->dir != BLOCK_NO_DIR) {
		if (block_add_known(&w->build, line->dir, line->name, line->name_len, e))
			return true;
		block_encode(&w->build, &c->blocks);
		return false;
	}
	while (!block_add_entry(&w->build, line->path, line->path_len, e))
		block_encode(&w->build, &c->blocks);
	return true;
}

static void accept(struct chunk_worker *w, struct chunk *c, const struct line *line)
{
	digest_add_entry(&c->tally.digest, block_dir_digest(&w->build), line->name, line->name_len,
			 &line->entry);
	c->tally.count[COUNT_BAD_OPTIONAL] += line->bad_optional;
	if (!tally_entry(&c->tally, &line->entry, line->inline_data))
		c->overflow = true;
}

static void reject(struct chunk *c, enum reject_reason reason, const char *text)
{
	uint64_t line = c->tally.count[COUNT_LINES];

	c->tally.count[COUNT_REJECTED]++;
	if (!c->tally.rejects[reason]++)
		c->tally.reject_line[reason] = line;
	if (!c->keep_rejects)
		return;
	GROW(c->rejects, c->reject_cap, c->reject_count + 1);
	c->rejects[c->reject_count++] = (struct chunk_reject){
		.line = (uint32_t)line,
		.at = (uint32_t)(text - c->text) & 0xffffff,
		.reason = (uint8_t)reason,
	};
}

const char *chunk_reject_text(const struct chunk *c, const struct chunk_reject *reject, size_t *len)
{
	const char *text = c->text + reject->at, *next;

	*len = measure_line(c, text, &next);
	if (*len > LINE_BYTES_MAX)
		*len = LINE_BYTES_MAX;
	return text;
}

/* Only a file that has nothing else is something else: one such line may be part of a name. */
static void look_for_foreign(struct chunk_worker *w, struct chunk *c, const char *text, size_t len)
{
	if (c->tally.count[COUNT_ENTRIES] || c->foreign)
		return;
	c->foreign = w->layout->foreign(text, len);
	c->foreign_line = c->tally.count[COUNT_LINES];
}

/* Does this rejected line have a path, or could no name hold it? Then it ends a name. */
static bool settles(const struct line *line)
{
	return line->text || line->reason != REJECT_NO_PATH;
}

/*
 * A line that looks like a record. It begins one, or has only the first digits of one. When the
 * input ends inside the line, nobody knows.
 */
static void take_rejected(struct chunk_worker *w, struct chunk *c, const struct line *line,
			  const char *text, size_t len, bool cut)
{
	if (settles(line)) {
		begin_name(w, line, text + len);
	} else if (continue_name(w, text, len) && !line->begins && !cut) {
		count_continued(w, c);
		return;
	}
	look_for_foreign(w, c, text, len);
	reject(c, cut ? REJECT_CUT : line->reason, text);
}

static void take_unrecognised(struct chunk_worker *w, struct chunk *c,
			      const struct line *line, const char *text, size_t len)
{
	uint64_t *count = c->tally.count;

	if (continue_name(w, text, len) && !line->begins) {
		count_continued(w, c);
		return;
	}
	look_for_foreign(w, c, text, len);
	if (!count[COUNT_SKIPPED_UNRECOGNISED]++)
		c->unrecognised_line = count[COUNT_LINES];
}

/* Blank lines, comments and messages have a count of their own, in a name or not. */
static void take_skipped(struct chunk_worker *w, struct chunk *c, enum ledger_count kind,
			 const char *text, size_t len)
{
	c->tally.count[kind]++;
	continue_name(w, text, len);
}

static void parse_line(struct chunk_worker *w, struct chunk *c, const char *text, size_t len,
		       bool cut)
{
	enum line_kind kind;
	struct line line;

	c->tally.count[COUNT_LINES]++;
	do
		kind = w->layout->parse(w->parser, c->format, text, len, &line);
	while (kind == LINE_ENTRY && !put_entry(w, c, &line));
	switch (kind) {
	case LINE_ENTRY:
		accept(w, c, &line);
		begin_name(w, &line, text + len);
		break;
	case LINE_REJECTED:
		take_rejected(w, c, &line, text, len, cut);
		break;
	case LINE_BLANK:
		take_skipped(w, c, COUNT_SKIPPED_BLANK, text, len);
		break;
	case LINE_COMMENT:
		claims_add_end(&c->end, text, len, c->tally.count[COUNT_LINES]);
		take_skipped(w, c, COUNT_SKIPPED_COMMENT, text, len);
		break;
	case LINE_MESSAGE:
		take_skipped(w, c, COUNT_SKIPPED_MESSAGE, text, len);
		break;
	case LINE_UNRECOGNISED:
		take_unrecognised(w, c, &line, text, len);
		break;
	}
}

/* The first line that settles what the lines behind it can be the rest of, or the end. */
static const char *settling_line(struct chunk_worker *w, const struct chunk *c)
{
	const char *text = c->text, *end = c->text + c->len, *next;

	for (; text < end; text = next) {
		size_t len = measure_line(c, text, &next);
		struct line line;
		enum line_kind kind = w->layout->parse(w->parser, c->format, text, len, &line);

		if (kind == LINE_ENTRY ||
		    (kind == LINE_REJECTED && settles(&line)))
			break;
	}
	return text;
}

void chunk_parse(struct chunk_worker *w, struct chunk *c)
{
	const char *line, *end = c->text + c->len, *next;

	read_text(c);
	c->tally = (struct tally){ 0 };
	c->blocks.len = c->reject_count = 0;
	c->overflow = false;
	c->unrecognised_line = c->cut_names = 0;
	c->foreign = NULL;
	use_layout(w, c->format->layout);
	c->end = (struct scan_end){ 0 };
	line = c->follows ? chunk_text(c) : settling_line(w, c);
	c->postponed = c->follows ? 0 : (size_t)(line - c->text);
	w->name = c->name;
	w->path = NULL;
	for (; line < end; line = next) {
		size_t len = measure_line(c, line, &next);

		parse_line(w, c, line, len, c->cut && next == end);
	}
	if (w->path)
		cut_name_begin(&w->name, w->path, w->path_len);
	c->name = w->name;
	block_encode(&w->build, &c->blocks);
}
