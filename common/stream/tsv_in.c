/* SPDX-License-Identifier: MIT */
#include "common/stream/tsv_in.h"

#include <inttypes.h>

void tsv_in_die(const struct tsv_in *t, const char *fmt, ...)
{
	char reason[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	die(EXIT_INPUT, "%s: line %" PRIu64 ": %s", t->in->name, t->line_number, reason);
}

/* How long the next line may be: first and last line name all sources. */
static size_t line_max(struct tsv_in *t)
{
	size_t mark = strlen(TSV_END);

	if (t->line_number == 0 ||
	    (input_fill(t->in, mark) >= mark && !memcmp(input_data(t->in), TSV_END, mark)))
		return TSV_TEXT_LINE_MAX;
	return TSV_LINE_MAX;
}

/* The next line, or NULL at the end of the input. */
static char *next_line(struct tsv_in *t, size_t *len)
{
	size_t max = line_max(t);
	char *line;

	t->line_number++;
	switch (input_line(t->in, max, &line, len)) {
	case INPUT_LINE:
		return line;
	case INPUT_CUT:
		tsv_in_die(t, "truncated: the input ends inside a line");
	case INPUT_TOO_LONG:
		tsv_in_die(t, "longer than any record");
	default:
		return NULL;
	}
}

/* A version that is not ours comes before everything else that may be wrong with the line. */
static void require_version(struct tsv_in *t, const char *line)
{
	unsigned long long version;

	if (line && sscanf(line, TSV_MAGIC "version=%20llu", &version) == 1)
		header_require_version(t->in->name, version);
}

static void read_head(struct tsv_in *t)
{
	size_t len;
	char *line = next_line(t, &len);

	require_version(t, line);
	if (!line || strlen(line) != len || !header_parse(&t->head, line + strlen(TSV_MAGIC)))
		tsv_in_die(t, "the #treetally line is not understood");
	line = next_line(t, &len);
	if (!line || strlen(line) != len || strcmp(line, tsv_columns(t->head.kind)))
		tsv_in_die(t, "the column names of a %s stream are expected here",
			   rec_kind_name(t->head.kind));
}

void tsv_in_open(struct tsv_in *t, struct input *in, bool unverified, enum rec_kind assume)
{
	size_t magic = strlen(TSV_MAGIC);

	*t = (struct tsv_in){ .in = in, .unverified = unverified };
	if (input_fill(in, magic) >= magic && memcmp(input_data(in), TSV_MAGIC, magic) == 0) {
		read_head(t);
	} else if (unverified && assume != KIND_ANY) {
		t->first_is_row = true;
		t->head = (struct header){ .kind = assume, .scan_day = DAY_NONE };
		t->head.age_by = assume == KIND_USAGE ? AGE_ATIME : AGE_UNSET;
	} else {
		die(EXIT_INPUT,
		    "%s: not a treetally stream (rows without their first line are accepted with "
		    "--unverified --kind KIND)",
		    in->name);
	}
	block_build_init(&t->build, t->head.kind);
}

/* The rest of the #end line. */
static void read_end(struct tsv_in *t, char *text, size_t len)
{
	uint64_t records;

	if (strlen(text) != len || !tsv_parse_end(text, &records, &t->ledger))
		tsv_in_die(t, "the #end line is not understood");
	if (records != t->records && !t->unverified)
		tsv_in_die(t,
			   "corrupt: the #end line counts %" PRIu64 " records, there are %" PRIu64,
			   records, t->records);
	if (next_line(t, &len))
		tsv_in_die(t, "there are lines behind the #end line");
}

/* At the #end line, or at the end of the input without one. */
static void end_rows(struct tsv_in *t, char *line, size_t len)
{
	const size_t mark = strlen(TSV_END);

	t->at_end = true;
	if (line)
		read_end(t, line + mark, len - mark);
	else if (!t->unverified)
		die(EXIT_INPUT, "%s: truncated after record %" PRIu64 ": the #end line is missing",
		    t->in->name, t->records);
	if (t->unverified)
		t->ledger.sum.assumed.count[ASSUME_UNVERIFIED] = 1;
}

/* Add a line's row to the block; false, with a copy in `held`, when the block is full. */
static bool add_row(struct tsv_in *t, char *line, size_t len)
{
	struct tsv_row row;
	const char *column;

	t->held.len = 0;
	buf_add(&t->held, line, len + 1);
	column = tsv_parse_row(&row, t->head.kind, line, len);
	if (column)
		tsv_in_die(t, "not a row of a %s stream: column %s is wrong",
			   rec_kind_name(t->head.kind), column);
	if (!tsv_row_add(&t->build, &row))
		return false;
	t->held.len = 0;
	t->records++;
	return true;
}

/* The row that the block before had no room for; an empty block takes any. */
static void add_held_row(struct tsv_in *t)
{
	struct buf row = t->held;

	t->held = (struct buf){ 0 };
	if (row.len)
		add_row(t, (char *)row.data, row.len - 1);
	buf_release(&row);
}

bool tsv_in_next(struct tsv_in *t, struct block *b)
{
	struct block_header header;
	const char *fault;
	char *line;
	size_t len;

	add_held_row(t);
	while (!t->at_end) {
		line = next_line(t, &len);
		if (!line || strncmp(line, TSV_END, strlen(TSV_END)) == 0)
			end_rows(t, line, len);
		else if (t->first_is_row && t->line_number == 1 &&
			 !strcmp(line, tsv_columns(t->head.kind)))
			continue;
		else if (!add_row(t, line, len))
			break;
	}
	t->encoded.len = 0;
	block_encode(&t->build, &t->encoded);
	if (!t->encoded.len)
		return false;
	fault = block_header_parse(&header, t->encoded.data, t->head.kind);
	if (fault)
		tsv_in_die(t, "%s", fault);
	block_open(b, t->head.kind, &header, t->encoded.data + BLOCK_HEADER_SIZE);
	return true;
}

void tsv_in_free(struct tsv_in *t)
{
	block_build_release(&t->build);
	buf_release(&t->encoded);
	buf_release(&t->held);
	ledger_release(&t->ledger);
	free(t);
}
