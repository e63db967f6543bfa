/* SPDX-License-Identifier: MIT */
/*
 * A whole log: lines cut out of chunks, parsed, counted and encoded as gpfs-parse does it, against
 * plain_line on each line of the same text.
 *
 * Input: a byte of options (PCT, CRLF), then the text. Where all other bits of that byte are set,
 * 01 N C in the text stands for N * N * 12 times C, so that lines beyond every limit are made of
 * few bytes; it is not simply one more bit because such logs take their time.
 */
#include "tests/fuzz/fuzz.h"

#include <xxhash.h>

#include "common/log/chunk_reader.h"
#include "tests/fuzz/plain_line.h"

enum { PCT = 1, CRLF = 2, RUNS = 0xfc };

#define TEXT_MAX (CHUNK_SIZE + (128u << 10))
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static char text[TEXT_MAX + 1];
static size_t text_len, text_at;
static struct chunk chunk; /* its text stays from run to run: it is large */

/* In place of log_source.c. */
size_t log_source_read(struct log_source *s, void *data, size_t len)
{
	size_t n = text_len - text_at < len ? text_len - text_at : len;

	(void)s;
	memcpy(data, text + text_at, n);
	text_at += n;
	return n;
}

int64_t log_source_offset(const struct log_source *s)
{
	(void)s;
	return (int64_t)text_at;
}

size_t log_source_read_at(const struct log_source *s, void *data, size_t len, int64_t offset)
{
	size_t at = (size_t)offset < text_len ? (size_t)offset : text_len;
	size_t n = text_len - at < len ? text_len - at : len;

	(void)s;
	memcpy(data, text + at, n);
	return n;
}

void log_source_skip_to(struct log_source *s, int64_t offset)
{
	(void)s;
	text_at = (size_t)offset;
}

static void set_text(const uint8_t *data, size_t len, bool runs)
{
	text_len = text_at = 0;
	for (size_t i = 0; i < len && text_len < TEXT_MAX; i++) {
		size_t n = 1;
		uint8_t c = data[i];

		if (runs && c == 1 && i + 2 < len) {
			n = (size_t)data[i + 1] * data[i + 1] * 12;
			n = n < TEXT_MAX - text_len ? n : TEXT_MAX - text_len;
			c = data[i + 2];
			i += 2;
		}
		memset(text + text_len, c, n);
		text_len += n;
	}
	text[text_len] = '\0';
}

/* What comes out of a log, in a form that does not depend on the order of entries. */
struct outcome {
	struct tally tally;
	uint64_t entries; /* a sum of hashes */
	bool overflow;
};

static void add_number(struct buf *b, uint64_t number)
{
	put_le64(buf_reserve(b, 8), number);
	b->len += 8;
}

static void add_entry(struct outcome *o, const char *path, size_t len, const struct entry *e)
{
	const uint64_t numbers[] = { e->own.inode, e->own.generation, e->own.uid, e->own.gid,
				     e->own.mode, e->own.allocated, e->nlink, e->size,
				     (uint64_t)e->atime, (uint64_t)e->mtime };
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		add_number(&b, numbers[i]);
	buf_add(&b, path, len);
	o->entries += XXH3_64bits(b.data, b.len);
	buf_release(&b);
}

/* ---- as gpfs-parse does it ---- */

static void add_blocks(struct outcome *o, const struct buf *blocks)
{
	struct block_paths paths = { 0 };
	struct block block = { 0 };

	for (size_t at = 0; at < blocks->len;) {
		struct block_header header;

		fuzz_check(!block_header_parse(&header, blocks->data + at, KIND_ENTRY), "a block");
		block_open(&block, KIND_ENTRY, &header, blocks->data + at + BLOCK_HEADER_SIZE);
		while (block_next_entry_record(&block, &paths))
			add_entry(o, (char *)block.path.data, block.path.len, &block.entry);
		fuzz_check(!block.fault, "a block that does not decode: %s", block.fault);
		at += BLOCK_HEADER_SIZE + header.payload + BLOCK_HASH_SIZE;
	}
	block_paths_release(&paths);
	block_release(&block);
}

static void check_rejects(const struct chunk *c)
{
	fuzz_check(c->reject_count == c->tally.count[COUNT_REJECTED], "kept rejects");
	for (size_t i = 0; i < c->reject_count; i++) {
		size_t len;
		const char *at = chunk_reject_text(c, &c->rejects[i], &len);

		fuzz_check(at >= c->text && at + len <= c->text + c->len && len <= LINE_BYTES_MAX,
			   "a reject beyond its chunk");
	}
}

static void add_chunk(struct outcome *o, const struct chunk *c)
{
	o->overflow |= c->overflow;
	check_rejects(c);
	add_blocks(o, &c->blocks);
	if (!tally_add(&o->tally, &c->tally, o->tally.count[COUNT_LINES]))
		o->overflow = true;
}

static void empty(struct chunk *c)
{
	buf_release(&c->blocks);
	free(c->rejects);
	c->rejects = NULL;
	c->reject_cap = 0;
}

static bool parse_chunks(struct outcome *o, struct line_format format)
{
	struct log_source source = { .name = "log" };
	struct chunk_reader reader = { .source = &source, .format = format };
	struct chunk part = { .keep_rejects = true };
	struct chunk_worker worker;
	struct cut_name name = { 0 };

	chunk_worker_init(&worker);
	while (chunk_reader_next(&reader, &chunk)) {
		chunk_parse(&worker, &chunk);
		if (chunk.postponed) {
			chunk_take_postponed(&part, &chunk, &name);
			chunk_parse(&worker, &part);
			fuzz_check(!part.postponed, "postponed for ever");
			add_chunk(o, &part);
			name = part.name;
		}
		if (chunk.postponed < chunk.len)
			name = chunk.name;
		add_chunk(o, &chunk);
	}
	chunk_reader_release(&reader);
	chunk_worker_release(&worker);
	empty(&chunk);
	empty(&part);
	return reader.cut;
}

/* ---- line by line ---- */

static void compare_lines(const struct line *fast, enum line_kind fast_kind,
			  const struct line *plain, enum line_kind plain_kind)
{
	fuzz_check(fast_kind == plain_kind, "kind %d, plain %d", fast_kind, plain_kind);
	if (fast_kind == LINE_REJECTED)
		fuzz_check(fast->reason == plain->reason && !fast->text == !plain->text,
			   "reason %d, plain %d", fast->reason, plain->reason);
	if (fast_kind == LINE_REJECTED || fast_kind == LINE_UNRECOGNISED)
		fuzz_check(fast->begins == plain->begins, "begins: %d", fast->begins);
	if (fast_kind != LINE_ENTRY)
		return;
#define SAME(field) fuzz_check(fast->field == plain->field, #field)
	SAME(inline_data);
	SAME(entry.snapshot);
	SAME(bad_optional);
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
	fuzz_check(!memcmp(fast->path, plain->path, fast->path_len), "path");
	fuzz_check(path_valid(fast->path, fast->path_len), "a path that is none");
}

/* The line by itself, so that a read beyond its padding is one beyond allocated memory. */
static void compare_line(void *parser, const struct line_format *format,
			 const char *at, size_t len, const char *rest,
			 const struct line *plain, enum line_kind plain_kind)
{
	size_t behind = (size_t)(text + text_len - rest), all = len;
	char *copy = xmalloc(len + 1 + LINE_PADDING);
	struct line fast;

	memcpy(copy, at, len);
	if (format->crlf && at + len < rest && at[len] == '\r')
		copy[all++] = '\r';
	memset(copy + all, '\n', LINE_PADDING);
	behind = behind < LINE_PADDING - 1 ? behind : LINE_PADDING - 1;
	memcpy(copy + all + 1, rest, behind);
	compare_lines(&fast, gpfs_layout.parse(parser, format, copy, len, &fast), plain,
		      plain_kind);
	free(copy);
}

/*
 * Is this line the rest of the name that the last record began? `name` is its path with all lines
 * since, NULL when there is none.
 */
static bool in_name(const char **name, const struct line *line, enum line_kind kind,
		    bool crlf, const char *end)
{
	size_t component = 0, all = 0;

	if (kind == LINE_ENTRY ||
	    (kind == LINE_REJECTED && (line->text || line->reason != REJECT_NO_PATH))) {
		*name = line->text;
		return false;
	}
	if (!*name)
		return false;
	for (const char *at = *name; *name && at < end; at++) {
		if (crlf && *at == '\r' && at[1] == '\n')
			continue;
		component = *at == '/' ? 0 : component + 1;
		if (component > 255 || ++all > 65535)
			*name = NULL;
	}
	return *name && !line->begins &&
	       (kind == LINE_REJECTED || kind == LINE_UNRECOGNISED);
}

static void add_digest(struct digest *sum, const struct line *line)
{
	size_t len = line->path_len, dir_len = len, name = len;
	struct digest dir;

	if (!S_ISDIR(line->entry.own.mode)) {
		while (line->path[--dir_len])
			;
		name = dir_len + 1;
	}
	dir = digest_of_dir(line->path, dir_len);
	digest_add_entry(sum, &dir, line->path + name, len - name, &line->entry);
}

static void count_line(struct outcome *o, const struct line *line, enum line_kind kind)
{
	static const int counts[] = {
		[LINE_BLANK] = COUNT_SKIPPED_BLANK,
		[LINE_COMMENT] = COUNT_SKIPPED_COMMENT,
		[LINE_MESSAGE] = COUNT_SKIPPED_MESSAGE,
		[LINE_UNRECOGNISED] = COUNT_SKIPPED_UNRECOGNISED,
		[LINE_REJECTED] = COUNT_REJECTED,
	};

	if (kind == LINE_ENTRY) {
		o->tally.count[COUNT_BAD_OPTIONAL] += line->bad_optional;
		if (!tally_entry(&o->tally, &line->entry, line->inline_data))
			o->overflow = true;
		add_digest(&o->tally.digest, line);
		add_entry(o, line->path, line->path_len, &line->entry);
		return;
	}
	o->tally.count[counts[kind]]++;
	if (kind == LINE_REJECTED && !o->tally.rejects[line->reason]++)
		o->tally.reject_line[line->reason] = o->tally.count[COUNT_LINES];
}

/* Of a line longer than a chunk only so many bytes are looked at. */
static void parse_lines(struct outcome *o, struct line_format format)
{
	static char path[PATH_BYTES_MAX];
	const char *at = text, *end = text + text_len, *name = NULL;
	void *parser = gpfs_layout.new_parser(NULL);

	if (text_len >= 3 && !memcmp(text, BYTE_ORDER_MARK, 3))
		at += 3;
	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at)), *next = lf ? lf + 1 : end;
		const char *start = o->tally.count[COUNT_LINES] ? at : text;
		size_t len = (size_t)((lf ? lf : end) - at);
		struct line line = { 0 };
		enum line_kind kind;
		bool cut = !lf, rest;

		if (at + len - start >= CHUNK_SIZE) {
			len = CHUNK_SIZE - (size_t)(at - start);
			cut = false;
		}
		if (format.crlf && len && at[len - 1] == '\r')
			len--;
		o->tally.count[COUNT_LINES]++;
		kind = plain_line_parse(&format, at, len, path, &line);
		compare_line(parser, &format, at, len, next, &line, kind);
		rest = in_name(&name, &line, kind, format.crlf, at + len);
		if (kind == LINE_REJECTED && cut) {
			line.reason = REJECT_CUT;
			rest = false;
		}
		if (rest)
			o->tally.count[COUNT_SKIPPED_CONTINUED]++;
		else
			count_line(o, &line, kind);
		if (format.pct)
			name = NULL;
		at = next;
	}
	gpfs_layout.free_parser(parser);
}

static void compare(void *options)
{
	const uint8_t *flags = options;
	struct line_format format = { .layout = &gpfs_layout, .pct = *flags & PCT, .crlf = *flags & CRLF };
	struct outcome fast = { 0 }, plain = { 0 };
	bool cut;

	parse_lines(&plain, format);
	cut = parse_chunks(&fast, format);
	fuzz_check(cut == (text_len && text[text_len - 1] != '\n'), "cut: %d", cut);
	fuzz_check(fast.overflow == plain.overflow, "overflow: %d", fast.overflow);
	if (fast.overflow)
		return;
	for (int i = 0; i < LEDGER_COUNTS; i++)
		fuzz_check(fast.tally.count[i] == plain.tally.count[i], "%s",
			   ledger_count_names[i]);
	for (int i = 0; i < REJECT_REASONS; i++)
		fuzz_check(fast.tally.rejects[i] == plain.tally.rejects[i] &&
				   fast.tally.reject_line[i] == plain.tally.reject_line[i],
			   "%s", reject_names[i]);
	fuzz_check(!memcmp(&fast.tally.digest, &plain.tally.digest, sizeof(struct digest)),
		   "digest");
	fuzz_check(fast.entries == plain.entries, "entries");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t options;

	if (!len)
		return 0;
	if (!chunk.text)
		chunk_init(&chunk, true);
	options = *data;
	set_text(data + 1, len - 1, (options & RUNS) == RUNS);
	fuzz_check(fuzz_try(compare, &options), "a line is never fatal");
	return 0;
}
