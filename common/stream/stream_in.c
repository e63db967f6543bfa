/* SPDX-License-Identifier: MIT */
#include "common/stream/stream_in.h"

#include <inttypes.h>

#include "common/stream/stream_format.h"

void stream_in_die(struct stream_in *s, const char *fmt, ...)
{
	char reason[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	if (s->tsv)
		tsv_in_die(s->tsv, "%s", reason);
	die(EXIT_INPUT, "%s: after record %" PRIu64 " (byte %" PRIu64 "): %s", s->name, s->records,
	    s->in.offset, reason);
}

static const unsigned char *need_bytes(struct stream_in *s, size_t len)
{
	size_t have = input_fill(&s->in, len);

	if (have < len)
		die(EXIT_INPUT,
		    "%s: truncated after record %" PRIu64 " (byte %" PRIu64
		    "): the trailer is missing",
		    s->name, s->records, s->in.offset + have);
	return input_data(&s->in);
}

static void check_kind(struct stream_in *s, const struct stream_in_options *opt)
{
	static const char *const article[] = { "", "an entry", "a dir", "a usage" };

	if (opt->kind != KIND_ANY && s->head.kind != opt->kind)
		die(EXIT_INPUT, "%s: is %s stream where %s stream is needed", s->name,
		    article[s->head.kind], article[opt->kind]);
}

static void read_binary_head(struct stream_in *s)
{
	const unsigned char *bytes = need_bytes(s, STREAM_HEADER_SIZE);
	uint32_t version = get_le32(bytes + 8), text_len = get_le32(bytes + 12);
	size_t len = (size_t)STREAM_HEADER_SIZE + text_len;
	char *text;

	header_require_version(s->name, version);
	if (text_len > HEAD_TEXT_MAX)
		die(EXIT_INPUT, "%s: corrupt header: text of %" PRIu32 " bytes", s->name, text_len);
	bytes = need_bytes(s, len + STREAM_HASH_SIZE);
	s->chain = get_le64(bytes + len);
	if (XXH3_64bits(bytes, len) != s->chain)
		die(EXIT_INPUT, "%s: corrupt header: its hash is wrong", s->name);
	text = xstrndup((const char *)bytes + STREAM_HEADER_SIZE, text_len);
	if (strlen(text) != text_len || !header_parse(&s->head, text))
		die(EXIT_INPUT, "%s: corrupt header: its text is not understood", s->name);
	free(text);
	input_consume(&s->in, len + STREAM_HASH_SIZE);
}

void stream_in_open(struct stream_in *s, const char *name, const struct stream_in_options *opt)
{
	size_t have;

	*s = (struct stream_in){ 0 };
	input_open(&s->in, name);
	s->name = s->in.name;
	have = input_fill(&s->in, STREAM_MAGIC_SIZE);
	if (!have)
		die(EXIT_INPUT, "%s: empty: not even a header; did the program before it fail?",
		    s->name);
	if (memcmp(input_data(&s->in), STREAM_MAGIC,
		   have < STREAM_MAGIC_SIZE ? have : STREAM_MAGIC_SIZE) == 0) {
		read_binary_head(s);
	} else {
		s->tsv = xmalloc(sizeof(*s->tsv));
		tsv_in_open(s->tsv, &s->in, opt->unverified, opt->assume);
		s->head = s->tsv->head;
	}
	check_kind(s, opt);
}

static void check_ledger(struct stream_in *s)
{
	const char *fault = ledger_fault(&s->ledger);

	if (!ledger_verified(&s->ledger))
		return;
	if (fault)
		die(EXIT_INPUT, "%s: corrupt ledger: %s", s->name, fault);
	if (s->head.kind == KIND_ENTRY && s->records != s->ledger.sum.count[COUNT_ENTRIES])
		die(EXIT_INPUT, "%s: %" PRIu64 " entries, but the ledger has %" PRIu64, s->name,
		    s->records, s->ledger.sum.count[COUNT_ENTRIES]);
}

static void read_trailer(struct stream_in *s)
{
	const unsigned char *bytes = need_bytes(s, STREAM_TRAILER_SIZE);
	uint32_t text_len = get_le32(bytes + 4);
	size_t len = (size_t)STREAM_TRAILER_SIZE + text_len;
	char *text;

	if (text_len > HEAD_TEXT_MAX)
		stream_in_die(s, "corrupt trailer: text of %" PRIu32 " bytes", text_len);
	bytes = need_bytes(s, len + STREAM_HASH_SIZE);
	if (XXH3_64bits_withSeed(bytes, len, s->chain) != get_le64(bytes + len))
		stream_in_die(s, "corrupt trailer: its hash is wrong");
	if (get_le64(bytes + 16) != s->chain)
		stream_in_die(s, "corrupt: blocks are missing or changed");
	if (get_le64(bytes + 8) != s->records)
		stream_in_die(s, "corrupt: the trailer counts %" PRIu64 " records",
			      get_le64(bytes + 8));
	text = xstrndup((const char *)bytes + STREAM_TRAILER_SIZE, text_len);
	if (strlen(text) != text_len || !ledger_parse(&s->ledger, text))
		stream_in_die(s, "corrupt trailer: its text is not understood");
	free(text);
	input_consume(&s->in, len + STREAM_HASH_SIZE);
	if (input_fill(&s->in, 1))
		stream_in_die(s, "there are bytes behind the trailer");
}

static bool next_binary(struct stream_in *s, struct block *b)
{
	const unsigned char *bytes = need_bytes(s, BLOCK_HEADER_SIZE < STREAM_TRAILER_SIZE ?
							   BLOCK_HEADER_SIZE : STREAM_TRAILER_SIZE);
	struct block_header header;
	const char *fault;
	uint64_t hash;
	size_t len;

	if (get_le32(bytes) == TRAILER_TAG) {
		read_trailer(s);
		return false;
	}
	bytes = need_bytes(s, BLOCK_HEADER_SIZE);
	fault = block_header_parse(&header, bytes, s->head.kind);
	if (fault)
		stream_in_die(s, "corrupt block: %s", fault);
	len = (size_t)BLOCK_HEADER_SIZE + header.payload;
	bytes = need_bytes(s, len + BLOCK_HASH_SIZE);
	hash = get_le64(bytes + len);
	if (XXH3_64bits_withSeed(bytes, len, s->blocks + 1) != hash)
		stream_in_die(s, "corrupt block %" PRIu64 ": its hash is wrong", s->blocks + 1);
	s->chain = stream_chain(s->chain, hash);
	block_open(b, s->head.kind, &header, bytes + BLOCK_HEADER_SIZE);
	input_consume(&s->in, len + BLOCK_HASH_SIZE);
	s->records += header.records;
	s->blocks++;
	return true;
}

static bool next_text(struct stream_in *s, struct block *b)
{
	bool more = tsv_in_next(s->tsv, b);

	s->records = s->tsv->records;
	if (!more) {
		s->ledger = s->tsv->ledger;
		s->tsv->ledger = (struct ledger){ 0 };
	}
	return more;
}

bool stream_in_next(struct stream_in *s, struct block *b)
{
	bool more;

	if (s->ended)
		return false;
	more = s->tsv ? next_text(s, b) : next_binary(s, b);
	if (!more) {
		s->ended = true;
		check_ledger(s);
	}
	return more;
}

void stream_in_keep(struct stream_in *s, struct buf *bytes)
{
	struct buf had = *bytes;

	if (s->tsv) {
		*bytes = s->tsv->encoded;
		s->tsv->encoded = had;
	} else {
		input_leave(&s->in, bytes);
	}
}

void stream_in_close(struct stream_in *s)
{
	if (s->tsv)
		tsv_in_free(s->tsv);
	input_close(&s->in);
	header_release(&s->head);
	ledger_release(&s->ledger);
}
