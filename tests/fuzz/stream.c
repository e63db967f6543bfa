/* SPDX-License-Identifier: MIT */
/*
 * The reader of binary streams. What is not accepted must end it with status 3 and a message that
 * says where; what is accepted must be the same stream in every form.
 *
 * Input: a byte of options, then the stream. SEAL: before it is read, lengths that run out of it
 * are cut down and all hashes, the chain and the count of the trailer are made right, so that the
 * checks behind the hashes are reached. Else it is read as it is.
 */
#include "tests/fuzz/fuzz.h"

#include "common/stream/stream_format.h"
#include "common/stream/tree_in.h"
#include "tests/fuzz/convert.h"

enum { SEAL = 1, PIECES = 2, WAY = 12, SECTIONS = 4, TREE = 8, FRAMES = 12, KIND = 0x30 };

#define SPARE 64 /* bytes that sealing may add */

/* ---- sealing ---- */

struct stream {
	unsigned char *at, *end; /* end: of what the fuzzer gave; zeros follow */
	uint64_t chain, records, blocks;
};

/* A length that its bytes do not bear out becomes what is left for it. */
static size_t fit(const struct stream *s, unsigned char *field, size_t before)
{
	size_t left = (size_t)(s->end - s->at), len = get_le32(field);

	left = left > before ? left - before : 0;
	if (len > left)
		put_le32(field, (uint32_t)(len = left));
	return before + len;
}

static void grow(struct stream *s, size_t len)
{
	if (s->at + len > s->end)
		s->end = s->at + len;
}

static void seal_head(struct stream *s)
{
	size_t len;

	memcpy(s->at, STREAM_MAGIC, STREAM_MAGIC_SIZE);
	put_le32(s->at + 8, STREAM_VERSION);
	len = fit(s, s->at + 12, STREAM_HEADER_SIZE);
	s->chain = XXH3_64bits(s->at, len);
	put_le64(s->at + len, s->chain);
	grow(s, len + STREAM_HASH_SIZE);
	s->at += len + STREAM_HASH_SIZE;
}

static void seal_block(struct stream *s)
{
	size_t len;
	uint64_t hash;

	put_le32(s->at, BLOCK_TAG);
	s->records += get_le32(s->at + 8);
	len = fit(s, s->at + 4, BLOCK_HEADER_SIZE);
	hash = XXH3_64bits_withSeed(s->at, len, ++s->blocks);
	put_le64(s->at + len, hash);
	s->chain = stream_chain(s->chain, hash);
	grow(s, len + BLOCK_HASH_SIZE);
	s->at += len + BLOCK_HASH_SIZE;
}

static void seal_trailer(struct stream *s)
{
	size_t len;

	put_le32(s->at, TRAILER_TAG);
	len = fit(s, s->at + 4, STREAM_TRAILER_SIZE);
	put_le64(s->at + 8, s->records);
	put_le64(s->at + 16, s->chain);
	put_le64(s->at + len, XXH3_64bits_withSeed(s->at, len, s->chain));
	grow(s, len + STREAM_HASH_SIZE);
}

/* Returns the length. `bytes` has SPARE more, zeros. */
static size_t seal(unsigned char *bytes, size_t len)
{
	struct stream s = { .at = bytes, .end = bytes + len };

	seal_head(&s);
	while (s.end - s.at > BLOCK_HEADER_SIZE && get_le32(s.at) != TRAILER_TAG)
		seal_block(&s);
	if (s.at < s.end)
		seal_trailer(&s);
	return (size_t)(s.end - bytes);
}

/* ---- reading ---- */

/* As stats-accum reads rows: first what sums need, and now and then the rest. */
static void read_rows(struct block *b)
{
	const struct entry *e = &b->entry;

	while (block_next_sums(b)) {
		fuzz_check(b->dir < b->head.dirs, "a row of no directory");
		fuzz_check(e->own.allocated <= INT64_MAX && e->size <= INT64_MAX, "a size");
		fuzz_check(e->atime >= TIME_MIN && e->atime <= TIME_MAX, "an atime");
		fuzz_check(e->mtime == TIME_NONE || (e->mtime >= TIME_MIN && e->mtime <= TIME_MAX),
			   "an mtime");
		if (e->nlink % 2 && block_rest_of_row(b))
			fuzz_check(name_valid(b->name, b->name_len), "a name");
	}
}

/* Sections by themselves, as dir-extract and stats-accum read them. */
static void read_sections(void *conversion)
{
	const struct conversion *c = conversion;
	struct block_paths paths = { 0 };
	struct block b = { 0 };
	struct stream_in in;

	fuzz_file(c->data, c->len, c->piece);
	stream_in_open(&in, "stream", &c->options);
	while (stream_in_next(&in, &b)) {
		if (block_paths_read(&paths, &b)) {
			if (b.kind == KIND_ENTRY)
				read_rows(&b);
			while (block_next_row(&b))
				fuzz_check(b.dir < b.head.dirs, "a row of no directory");
			while (block_next_line(&b))
				fuzz_check(b.dir < b.head.dirs, "a line of no directory");
		}
		if (b.fault)
			stream_in_die(&in, "corrupt block: %s", b.fault);
	}
	stream_in_close(&in);
	block_paths_release(&paths);
	block_release(&b);
}

/* As the loaders read it. */
static void read_tree(void *conversion)
{
	const struct conversion *c = conversion;
	struct buf last = { 0 };
	struct tree_in in;

	fuzz_file(c->data, c->len, c->piece);
	tree_in_open(&in, "stream", &c->options);
	while (tree_in_next(&in)) {
		int order = in.records == 1 ? -1 : path_compare(last.data, last.len, in.path.data,
								in.path.len);

		fuzz_check(order < 0 || (order == 0 && in.same_path), "no order");
		last.len = 0;
		buf_add(&last, in.path.data, in.path.len);
	}
	fuzz_check(in.records == in.stream.records, "records");
	tree_in_close(&in);
	buf_release(&last);
}

/* Blocks that nobody decodes. */
static void read_frames(void *conversion)
{
	const struct conversion *c = conversion;
	struct block b = { 0 };
	struct stream_in in;

	fuzz_file(c->data, c->len, c->piece);
	stream_in_open(&in, "stream", &c->options);
	while (stream_in_next(&in, &b))
		;
	stream_in_close(&in);
	block_release(&b);
}

static void check_message(void)
{
	static const char *const places[] = {
		"record ", "byte ", "line ", "header", "ledger has", "corrupt ledger", "empty",
		" stream where ", "not a treetally stream", "stream format version", "by level",
		"not in tree order",
	};

	fuzz_check(fuzz_status == EXIT_INPUT, "not status 3");
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (strstr(fuzz_message, places[i]))
			return;
	}
	fuzz_check(false, "the message does not say where");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	unsigned char *bytes = calloc(len + SPARE, 1);
	struct conversion c = { .data = bytes, .piece = SIZE_MAX };
	uint8_t options = len ? *data : 0;
	bool ended;

	if (len)
		memcpy(bytes, data + 1, --len);
	c.len = options & SEAL ? seal(bytes, len) : len;
	if (options & PIECES)
		c.piece = 7;
	c.options.kind = (enum rec_kind)((options & KIND) >> 4);
	switch (options & WAY) {
	case SECTIONS: ended = fuzz_try(read_sections, &c); break;
	case FRAMES: ended = fuzz_try(read_frames, &c); break;
	case TREE:
		if (c.options.kind == KIND_ANY || c.options.kind == KIND_ENTRY)
			c.options.kind = options & PIECES ? KIND_DIR : KIND_USAGE;
		ended = fuzz_try(read_tree, &c);
		break;
	default: ended = fuzz_try(convert, &c);
	}
	if (!ended)
		check_message();
	free(bytes);
	return 0;
}
