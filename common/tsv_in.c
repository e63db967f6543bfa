#include "common/tsv_in.h"

#include <inttypes.h>

static bool starts_with(const char *line, const char *prefix)
{
	return strncmp(line, prefix, strlen(prefix)) == 0;
}

static void check_columns(struct stream_in *s, const char *line)
{
	if (!line || strcmp(line, tsv_columns(s->head.kind)))
		stream_in_die(s, "the column names of a %s stream are expected here", rec_kind_name(s->head.kind));
}

/* Rows without their first line: what they are was said with --kind, the rest is not known. */
static void assume_head(struct stream_in *s, const struct stream_in_options *opt)
{
	if (!opt->unverified || opt->assume == KIND_ANY)
		die(EXIT_INPUT, "%s: not a treetally stream (rows without their first line are accepted with "
		    "--unverified --kind KIND)", s->name);
	s->tsv->first_is_row = true;
	s->head = (struct head){ .kind = opt->assume, .scan_day = DAY_NONE };
	if (opt->assume == KIND_USAGE)
		s->head.age_by = AGE_ATIME;
}

void tsv_in_open(struct stream_in *s, const struct stream_in_options *opt)
{
	bool has_head = s->in.len >= strlen(TSV_MAGIC) &&
			memcmp(s->in.data, TSV_MAGIC, strlen(TSV_MAGIC)) == 0;
	char *line;
	size_t len;

	s->tsv = xcalloc(1, sizeof(*s->tsv));
	s->tsv->unverified = opt->unverified;
	if (has_head) {
		line = stream_in_line(s, &len);
		if (!line || strlen(line) != len || !head_parse(&s->head, line + strlen(TSV_MAGIC)))
			stream_in_die(s, "the #treetally line is not understood");
		check_columns(s, stream_in_line(s, &len));
	} else {
		assume_head(s, opt);
	}
	s->head.unverified |= opt->unverified;
	block_build_init(&s->tsv->build, s->head.kind);
}

/* At the #end line, or at the end of the input without one. */
static void finish(struct stream_in *s, char *end_text)
{
	uint64_t records = s->records;
	size_t len;

	if (!end_text && !s->tsv->unverified)
		die(EXIT_INPUT, "%s: truncated after record %" PRIu64 ": the #end line is missing", s->name,
		    s->records);
	if (!end_text)
		return;
	if (!tsv_parse_end(end_text, &records, &s->ledger))
		stream_in_die(s, "the #end line is not understood");
	if (records != s->records && !s->tsv->unverified)
		stream_in_die(s, "corrupt: the #end line counts %" PRIu64 " records, there are %" PRIu64,
			      records, s->records);
	if (stream_in_line(s, &len))
		stream_in_die(s, "there are lines behind the #end line");
}

/* Add a line's row to the block; false when the block is full. Keeps a copy in `held` for that. */
static bool add_row(struct stream_in *s, char *line, size_t len)
{
	struct tsv_in *t = s->tsv;
	struct tsv_row row;
	const char *fault;

	t->held.len = 0;
	buf_add(&t->held, line, len + 1);
	fault = tsv_parse_row(&row, s->head.kind, line, len);
	if (fault)
		stream_in_die(s, "not a row of a %s stream: column %s is wrong", rec_kind_name(s->head.kind), fault);
	if (!tsv_row_add(&t->build, &row))
		return false;
	t->held.len = 0;
	s->records++;
	return true;
}

static void add_held_row(struct stream_in *s)
{
	struct tsv_in *t = s->tsv;
	struct buf copy = t->held;

	t->held = (struct buf){ 0 };
	if (copy.len && !add_row(s, (char *)copy.data, copy.len - 1))
		abort(); /* an empty block takes any row */
	buf_release(&copy);
}

bool tsv_in_next(struct stream_in *s, struct block *b)
{
	struct tsv_in *t = s->tsv;
	struct block_header header;
	const char *fault;
	char *line;
	size_t len;

	add_held_row(s);
	while (!t->at_end) {
		line = stream_in_line(s, &len);
		if (!line || starts_with(line, TSV_END)) {
			finish(s, line ? line + strlen(TSV_END) : NULL);
			t->at_end = true;
		} else if (t->first_is_row && t->line_number == 1 && !strcmp(line, tsv_columns(s->head.kind))) {
			continue;
		} else if (!add_row(s, line, len)) {
			break;
		}
	}
	t->encoded.len = 0;
	block_encode(&t->build, &t->encoded);
	if (!t->encoded.len)
		return false;
	fault = block_header_parse(&header, t->encoded.data, s->head.kind);
	if (fault)
		stream_in_die(s, "%s", fault);
	block_open(b, s->head.kind, &header, t->encoded.data + BLOCK_HEADER_SIZE);
	return true;
}

void tsv_in_free(struct tsv_in *t)
{
	block_build_release(&t->build);
	buf_release(&t->encoded);
	buf_release(&t->held);
	free(t);
}
