/* SPDX-License-Identifier: MIT */
/*
 * rec-cat - look into streams: print them as text, turn text into binary, concatenate, describe.
 *
 * All operands must be of one kind, and every byte is checked on the way as in any other program.
 * rec-cat changes no record and leaves no trace of itself, so that text made from a directory or
 * usage stream and read back is the same stream to the byte. (Blocks of an entry stream may be
 * cut elsewhere: gpfs-parse cuts by bytes of the log.) Several operands one after the other have
 * no order any more; depth-sort -m keeps it.
 */
#include "common/base/progress.h"
#include "common/stream/account.h"
#include "common/stream/stream_opts.h"
#include "common/stream/stream_set.h"
#include "common/base/utf8.h"

struct options {
	struct opts shared;
	struct stream_opts streams;
	bool binary, info;
	size_t stream_count;
};

static void parse_args(struct options *opt, int argc, char **argv)
{
	struct opt rows[] = {
		OPT_FLAG('b', "binary", "write a binary stream [text]", &opt->binary),
		OPT_FLAG(0, "info", "verify each stream, print header, ledger and figures",
			 &opt->info),
		STREAM_OPTS_WRITE(&opt->streams.out),
		STREAM_OPTS_READ(&opt->streams.in),
		STREAM_OPTS_FORCE(&opt->streams),
		OPTS_RESOURCES(&opt->shared),
		OPTS_PROGRESS(&opt->shared),
		OPTS_COMMON(&opt->shared),
		OPT_END,
	};
	const struct opts_program program = {
		.synopsis = "[options] [STREAM...]",
		.operand = "STREAM",
		.purpose = "Print entry, dir or usage streams as text; convert, concatenate, describe "
			   "them.",
		.rows = rows,
		.operands_max = OPERANDS_ANY,
		.stdin_below = 1,
		.contradictions =
			(const char *const[]){ "tsv binary", "info binary tsv output", NULL },
		.about = { stream_opts_about },
	};

	*opt = (struct options){ .streams.in.kind = KIND_ANY };
	opts_init(&opt->shared);
	opt->stream_count = opts_parse(&program, argc, argv);
	opt->streams.out.tsv = !opt->binary;
}

/* ---- copying ---- */

static void copy_entry(const struct block *b, struct account *account, struct stream_out *out)
{
	account_entry(account, (char *)b->path.data, b->path.len, &b->entry);
	if (out)
		stream_out_add_entry(out, (char *)b->path.data, b->path.len, &b->entry);
}

static void copy_dir(const struct block *b, struct account *account, struct stream_out *out)
{
	account_dir(account, b->has_line);
	if (out)
		stream_out_add_dir(out, (char *)b->path.data, b->path.len,
				   b->has_line ? &b->entry.own : NULL);
}

static void copy_usage(const struct block *b, struct account *account, struct stream_out *out)
{
	if (b->is_link) {
		account_link(account, &b->link);
		if (out)
			stream_out_add_link(out, (char *)b->path.data, b->path.len, &b->link,
					    b->name, b->name_len);
		return;
	}
	account_usage(account, &b->usage);
	if (out)
		stream_out_add_usage(out, (char *)b->path.data, b->path.len, &b->key, &b->usage);
}

/* All records of a block; `out` NULL: only to be counted. */
static void copy_block(struct stream_in *s, struct block *b, struct block_paths *paths,
		       struct account *account, struct stream_out *out)
{
	if (b->kind == KIND_ENTRY) {
		while (block_next_entry_record(b, paths))
			copy_entry(b, account, out);
	} else if (b->kind == KIND_DIR) {
		while (block_next_dir_record(b))
			copy_dir(b, account, out);
	} else {
		while (block_next_usage_record(b))
			copy_usage(b, account, out);
	}
	if (b->fault)
		stream_in_die(s, "corrupt block: %s", b->fault);
}

static void copy_streams(const struct options *opt, struct stream_set *in)
{
	struct block_paths paths = { 0 };
	struct block b = { 0 };
	struct account account = { 0 };
	struct stream_out out;
	struct progress progress;
	uint64_t records = 0;

	if (in->count > 1)
		in->head.order = ORDER_NONE;
	progress_init(&progress, opt->shared.progress, opt->shared.progress_file);
	progress_phase(&progress, "copying", "records", 0);
	stream_out_open(&out, &in->head, &opt->streams.out);
	while (stream_set_next(in, &b)) {
		copy_block(stream_set_current(in), &b, &paths, &account, &out);
		records += b.head.records;
		progress_update(&progress, records, 0);
	}
	progress_end(&progress);
	account_check(&account, in->head.kind, &in->ledger, stream_set_current(in)->name);
	stream_out_finish(&out, &in->ledger);
	block_paths_release(&paths);
	block_release(&b);
}

/* ---- describing ---- */

/* What a name holds must not reach the terminal raw, nor make a line of its own. */
static void print_line(const char *text, size_t len)
{
	char *safe = xmalloc(len * UTF8_ESCAPE_MOST + 1);
	size_t safe_len = utf8_escape(safe, text, len, "");

	safe[safe_len++] = '\n';
	fwrite(safe, 1, safe_len, stdout);
	free(safe);
}

/* Attributes one a line: key=value. */
static void print_attrs(const struct buf *attrs)
{
	const char *at = (const char *)attrs->data, *end = at + attrs->len, *tab;

	for (; (tab = memchr(at, '\t', (size_t)(end - at))); at = tab + 1)
		print_line(at, (size_t)(tab - at));
	print_line(at, (size_t)(end - at));
}

/* Returns the number of link rows. */
static uint64_t read_whole(struct stream_in *s)
{
	struct block_paths paths = { 0 };
	struct account account = { 0 };
	struct block b = { 0 };
	uint64_t links = 0;

	while (stream_in_next(s, &b)) {
		copy_block(s, &b, &paths, &account, NULL);
		links += b.kind == KIND_USAGE ? b.head.lines : 0;
	}
	account_check(&account, s->head.kind, &s->ledger, s->name);
	block_paths_release(&paths);
	block_release(&b);
	return links;
}

static void describe(struct stream_in *s)
{
	struct buf attrs = { 0 };
	uint64_t links = read_whole(s);

	buf_printf(&attrs, "stream=%s\tformat=%s", s->name, s->tsv ? "tsv" : "binary");
	header_add_attrs(&attrs, &s->head);
	print_attrs(&attrs);
	printf("records=%" PRIu64 "\nbytes=%" PRIu64 "\n", s->records, s->in.offset);
	if (s->head.kind == KIND_USAGE)
		printf("links=%" PRIu64 "\n", links);
	if (!s->tsv)
		printf("blocks=%" PRIu64 "\n", s->blocks);
	attrs.len = 0;
	ledger_add_attrs(&attrs, &s->ledger);
	print_attrs(&attrs);
	buf_release(&attrs);
}

int main(int argc, char **argv)
{
	struct options opt;
	struct stream_set in;

	tool_begin(argv, "rec-cat");
	parse_args(&opt, argc, argv);
	stream_set_open(&in, argv + 1, opt.stream_count, &opt.streams.in, opt.streams.force);
	if (!opt.info) {
		copy_streams(&opt, &in);
	} else {
		for (size_t i = 0; i < in.count; i++)
			describe(&in.streams[i]);
		if (fflush(stdout) || ferror(stdout))
			die_errno("cannot write standard output");
	}
	stream_set_close(&in);
	return EXIT_OK;
}
