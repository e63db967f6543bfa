#include "common/stream_in.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "common/stream_format.h"
#include "common/tsv_in.h"

/* Header reads are small, so that a thousand open shards cost little; then whole blocks. */
#define READ_FIRST 4096
#define READ_SIZE (128u << 10)

void stream_in_die(struct stream_in *s, const char *fmt, ...)
{
	char reason[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	if (s->tsv)
		die(EXIT_INPUT, "%s: line %" PRIu64 ": %s", s->name, s->tsv->line_number, reason);
	die(EXIT_INPUT, "%s: after record %" PRIu64 " (byte %" PRIu64 "): %s", s->name, s->records,
	    s->offset, reason);
}

static void die_truncated(struct stream_in *s)
{
	die(EXIT_INPUT, "%s: truncated after record %" PRIu64 " (byte %" PRIu64 "): the trailer is missing",
	    s->name, s->records, s->offset + s->in.len - s->in_at);
}

/* Try to have `need` unconsumed bytes at in_at; returns how many there are, fewer only at the end. */
static size_t fill(struct stream_in *s, size_t need)
{
	while (s->in.len - s->in_at < need && !s->at_eof) {
		size_t have = s->in.len - s->in_at, want = s->blocks || s->offset ? READ_SIZE : READ_FIRST;
		ssize_t n;

		if (s->in_at) {
			memmove(s->in.data, s->in.data + s->in_at, have);
			s->in.len = have;
			s->in_at = 0;
		}
		if (want < need - have)
			want = need - have;
		n = read(s->fd, buf_reserve(&s->in, want), want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die_errno("cannot read %s", s->name);
		s->at_eof = n == 0;
		s->in.len += (size_t)n;
	}
	return s->in.len - s->in_at;
}

static const unsigned char *need_bytes(struct stream_in *s, size_t len)
{
	if (fill(s, len) < len)
		die_truncated(s);
	return s->in.data + s->in_at;
}

static void consume(struct stream_in *s, size_t len)
{
	s->in_at += len;
	s->offset += len;
}

char *stream_in_line(struct stream_in *s, size_t *len)
{
	size_t seen = 0, have = s->in.len - s->in_at;
	char *start, *end;

	for (;;) {
		start = (char *)s->in.data + s->in_at;
		end = have > seen ? memchr(start + seen, '\n', have - seen) : NULL;
		if (end)
			break;
		if (have > TSV_LINE_MAX)
			stream_in_die(s, "line is longer than any record");
		seen = have;
		have = fill(s, have + 1);
		if (have == seen) {
			if (have)
				stream_in_die(s, "truncated: the input ends inside a line");
			return NULL;
		}
	}
	*end = '\0';
	*len = (size_t)(end - start);
	consume(s, *len + 1);
	s->tsv->line_number++;
	return start;
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

	if (version != STREAM_VERSION)
		die(EXIT_INPUT, "%s: stream format version %" PRIu32 "; this program reads version %d",
		    s->name, version, STREAM_VERSION);
	if (text_len > HEAD_TEXT_MAX)
		die(EXIT_INPUT, "%s: corrupt header: text of %" PRIu32 " bytes", s->name, text_len);
	bytes = need_bytes(s, len + STREAM_HASH_SIZE);
	s->chain = get_le64(bytes + len);
	if (XXH3_64bits(bytes, len) != s->chain)
		die(EXIT_INPUT, "%s: corrupt header: its hash is wrong", s->name);
	text = xstrndup((const char *)bytes + STREAM_HEADER_SIZE, text_len);
	if (strlen(text) != text_len || !head_parse(&s->head, text))
		die(EXIT_INPUT, "%s: corrupt header: its text is not understood", s->name);
	free(text);
	consume(s, len + STREAM_HASH_SIZE);
}

void stream_in_open(struct stream_in *s, const char *name, const struct stream_in_options *opt)
{
	bool is_stdin = !name || strcmp(name, "-") == 0;
	size_t have;

	*s = (struct stream_in){ .name = xstrdup(is_stdin ? "standard input" : name) };
	s->fd = is_stdin ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0)
		die_errno("cannot open %s", name);
	if (isatty(s->fd))
		die(EXIT_USAGE, "%s is a terminal; give a stream or try '%s --help'", s->name,
		    program_invocation_short_name);
	have = fill(s, strlen(TSV_MAGIC));
	if (!have)
		die(EXIT_INPUT, "%s: empty: not even a header; did the program before it fail?", s->name);
	if (memcmp(s->in.data, STREAM_MAGIC, have < STREAM_MAGIC_SIZE ? have : STREAM_MAGIC_SIZE) == 0)
		read_binary_head(s);
	else
		tsv_in_open(s, opt);
	check_kind(s, opt);
}

static void check_ledger(struct stream_in *s)
{
	const char *fault = ledger_fault(&s->ledger);

	if (s->head.unverified)
		return;
	if (fault)
		die(EXIT_INPUT, "%s: corrupt ledger: %s", s->name, fault);
	if (s->head.kind == KIND_ENTRY && s->records != s->ledger.sum.count[COUNT_ENTRIES])
		die(EXIT_INPUT, "%s: %" PRIu64 " entries, but the ledger has %" PRIu64, s->name, s->records,
		    s->ledger.sum.count[COUNT_ENTRIES]);
}

static void read_trailer(struct stream_in *s)
{
	const unsigned char *bytes = need_bytes(s, STREAM_TRAILER_SIZE);
	uint32_t text_len = get_le32(bytes + 4);
	size_t len = (size_t)STREAM_TRAILER_SIZE + text_len;
	char *text, *cursor, *key, *value;
	int got;

	if (text_len > HEAD_TEXT_MAX)
		stream_in_die(s, "corrupt trailer: text of %" PRIu32 " bytes", text_len);
	bytes = need_bytes(s, len + STREAM_HASH_SIZE);
	if (XXH3_64bits_withSeed(bytes, len, s->chain) != get_le64(bytes + len))
		stream_in_die(s, "corrupt trailer: its hash is wrong");
	if (get_le64(bytes + 16) != s->chain)
		stream_in_die(s, "corrupt: blocks are missing or changed");
	if (get_le64(bytes + 8) != s->records)
		stream_in_die(s, "corrupt: the trailer counts %" PRIu64 " records", get_le64(bytes + 8));
	text = cursor = xstrndup((const char *)bytes + STREAM_TRAILER_SIZE, text_len);
	if (strlen(text) != text_len)
		stream_in_die(s, "corrupt trailer: its text is not understood");
	while ((got = attrs_next(&cursor, &key, &value)) > 0) {
		if (!ledger_set_attr(&s->ledger, key, value))
			got = -1;
		if (got < 0)
			break;
	}
	if (got < 0)
		stream_in_die(s, "corrupt trailer: its text is not understood");
	free(text);
	consume(s, len + STREAM_HASH_SIZE);
	if (fill(s, 1))
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
	consume(s, len + BLOCK_HASH_SIZE);
	s->records += header.records;
	s->blocks++;
	return true;
}

bool stream_in_next(struct stream_in *s, struct block *b)
{
	bool more;

	if (s->ended)
		return false;
	more = s->tsv ? tsv_in_next(s, b) : next_binary(s, b);
	if (!more) {
		s->ended = true;
		check_ledger(s);
	}
	return more;
}

void stream_in_close(struct stream_in *s)
{
	if (s->fd > STDERR_FILENO)
		close(s->fd);
	if (s->tsv)
		tsv_in_free(s->tsv);
	buf_release(&s->in);
	head_release(&s->head);
	ledger_release(&s->ledger);
	free(s->name);
	*s = (struct stream_in){ .fd = -1 };
}
