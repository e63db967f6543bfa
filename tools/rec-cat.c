/*
 * rec-cat - look into streams: print them as text, turn text into binary, concatenate, describe.
 *
 * All operands must be of one kind, and every byte is checked on the way as in any other program.
 * rec-cat changes no record and leaves no trace of itself, so that text made from a directory or
 * usage stream and read back is the same stream to the byte. (Blocks of an entry stream may be
 * cut elsewhere: gpfs-parse cuts by bytes of the log.) Several operands one after the other have
 * no order any more; depth-sort -m keeps it.
 */
#include "common/base/opts.h"
#include "common/base/progress.h"
#include "common/stream/account.h"
#include "common/stream/stream_set.h"
#include "common/base/utf8.h"

static const char usage[] =
	"usage: rec-cat [options] [STREAM...]\n"
	"Print entry, dir or usage streams as text; convert, concatenate, describe them.\n"
	"\n"
	"  -t, --tsv            write text [default]\n"
	"  -b, --binary         write a binary stream\n"
	"      --info           verify each stream, print header, ledger and figures\n"
	"  -o, --output FILE    write here instead of stdout; may be given several times\n"
	"      --unverified     accept rows without a right #end line; marks the stream\n"
	"      --kind KIND      what rows without #treetally line are\n"
	"      --force          accept a source twice, differing file systems or dates\n"
	"  -S, --memory SIZE    accepted as everywhere [256M]; at most 12M are used\n"
	"  -T, --temp-dir DIR, -j, --threads N    accepted as everywhere; not needed\n"
	"      --progress[=FILE]  report progress on stderr or in FILE\n"
	"  -q, --quiet   -v, --verbose   -h, --help   -V, --version\n";

enum { OPT_INFO = OPT_TOOL };

struct options {
	struct opts shared;
	bool binary, info;
};

static void parse_args(struct options *opt, int argc, char **argv)
{
	static const struct option longs[] = {
		OPTS_LONG,
		OPTS_LONG_READ,
		OPTS_LONG_WRITE,
		OPTS_LONG_FORCE,
		{ "binary", no_argument, NULL, 'b' },
		{ "info", no_argument, NULL, OPT_INFO },
		{ 0 },
	};
	int letter;

	*opt = (struct options){ 0 };
	opts_init(&opt->shared, usage, KIND_ANY);
	while ((letter = getopt_long(argc, argv, OPTS_SHORT OPTS_SHORT_WRITE "b", longs, NULL)) !=
	       -1) {
		switch (letter) {
		case 'b': opt->binary = true; break;
		case OPT_INFO: opt->info = true; break;
		default: opts_shared(&opt->shared, letter, optarg);
		}
	}
	if (opt->binary && opt->shared.out.tsv)
		opts_die("--tsv and --binary exclude each other");
	if (opt->info && (opt->binary || opt->shared.out.tsv || opt->shared.out.path_count))
		opts_die("--info writes no stream: --binary, --tsv and --output do not go with it");
	opt->shared.out.tsv = !opt->binary;
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
	account_usage(account, &b->sums);
	if (out)
		stream_out_add_usage(out, (char *)b->path.data, b->path.len, &b->key, &b->sums);
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
	stream_out_open(&out, &in->head, &opt->shared.out);
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

static void read_whole(struct stream_in *s)
{
	struct block_paths paths = { 0 };
	struct account account = { 0 };
	struct block b = { 0 };

	while (stream_in_next(s, &b))
		copy_block(s, &b, &paths, &account, NULL);
	account_check(&account, s->head.kind, &s->ledger, s->name);
	block_paths_release(&paths);
	block_release(&b);
}

static void describe(struct stream_in *s)
{
	struct buf attrs = { 0 };

	read_whole(s);
	buf_printf(&attrs, "stream=%s\tformat=%s", s->name, s->tsv ? "tsv" : "binary");
	header_add_attrs(&attrs, &s->head);
	print_attrs(&attrs);
	printf("records=%" PRIu64 "\nbytes=%" PRIu64 "\n", s->records, s->in.offset);
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
	stream_set_open(&in, argv + optind, (size_t)(argc - optind), &opt.shared.in,
			opt.shared.force);
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
