/*
 * dir-extract - the directories of an entry stream.
 *
 * Every directory that has a line of its own comes out with what the line says, and the parent of
 * every entry comes out by name alone. Most entries have a parent that came by a moment ago; a
 * table of fixed size (recent_paths.h) drops those repeats. What it misses goes out twice, which costs
 * depth-sort a little and changes nothing: there, equal paths become one, and the line wins.
 *
 *     entries                          directories
 *     /gpfs/proj      d                /gpfs/proj    with its line
 *     /gpfs/proj/a.c  -                /gpfs         parent of /gpfs/proj
 *     /gpfs/proj/b.c  -                (nothing: /gpfs/proj is known)
 *     /gpfs/old/x     -                /gpfs/old     parent of x, without a line
 *
 * Only the first two sections of a block are decoded, never a file.
 */
#include "common/stream/recent_paths.h"
#include "common/base/opts.h"
#include "common/base/progress.h"
#include "common/stream/stream_set.h"

static const char usage[] =
	"usage: dir-extract [options] [STREAM...]\n"
	"Write the directories of entry streams, for depth-sort.\n"
	"\n"
	"  -o, --output FILE    write here instead of stdout; may be given several times\n"
	"  -t, --tsv            write text\n"
	"      --unverified     accept rows without a right #end line; marks the stream\n"
	"      --kind KIND      what rows without #treetally line are (entry)\n"
	"      --force          accept a source twice, differing file systems or dates\n"
	"  -S, --memory SIZE    accepted as everywhere [256M]; about 6M are used\n"
	"  -T, --temp-dir DIR, -j, --threads N    accepted as everywhere; not needed\n"
	"      --progress[=FILE]  report progress on stderr or in FILE\n"
	"  -q, --quiet   -v, --verbose   -h, --help   -V, --version\n";

static void parse_args(struct opts *opt, int argc, char **argv)
{
	static const struct option longs[] = {
		OPTS_LONG, OPTS_LONG_READ, OPTS_LONG_WRITE, OPTS_LONG_FORCE, { 0 }
	};
	int letter;

	opts_init(opt, usage, KIND_ENTRY);
	while ((letter = getopt_long(argc, argv, OPTS_SHORT OPTS_SHORT_WRITE, longs, NULL)) != -1)
		opts_shared(opt, letter, optarg);
}

static void mention(struct stream_out *out, struct recent_paths *seen, const char *path, size_t len)
{
	if (!recent_paths_seen(seen, path, len))
		stream_out_add_dir(out, path, len, NULL);
}

static void extract_block(struct block *b, struct block_paths *paths, struct recent_paths *seen,
			  struct stream_out *out)
{
	const char *path;
	size_t len;

	if (!block_paths_read(paths, b))
		return;
	while (block_next_line(b)) {
		path = block_path(paths, b->dir, &len);
		recent_paths_seen(seen, path, len);
		stream_out_add_dir(out, path, len, &b->entry.own);
		if (len)
			mention(out, seen, path, path_parent(path, len));
	}
	for (uint32_t dir = 0; dir < b->head.dirs; dir++) {
		path = block_path(paths, dir, &len);
		mention(out, seen, path, len);
	}
}

static void extract(struct stream_set *in, struct stream_out *out, struct progress *progress)
{
	struct block_paths paths = { 0 };
	struct block b = { 0 };
	struct recent_paths seen;
	uint64_t entries = 0;

	recent_paths_init(&seen);
	progress_phase(progress, "reading", "records", 0);
	while (stream_set_next(in, &b)) {
		extract_block(&b, &paths, &seen, out);
		if (b.fault)
			stream_in_die(stream_set_current(in), "corrupt block: %s", b.fault);
		entries += b.head.records;
		progress_update(progress, entries, 0);
	}
	progress_end(progress);
	recent_paths_release(&seen);
	block_paths_release(&paths);
	block_release(&b);
}

int main(int argc, char **argv)
{
	struct opts opt;
	struct stream_set in;
	struct stream_out out;
	struct progress progress;
	struct header head;

	tool_begin(argv, "dir-extract");
	parse_args(&opt, argc, argv);
	progress_init(&progress, opt.progress, opt.progress_file);
	stream_set_open(&in, argv + optind, (size_t)(argc - optind), &opt.in, opt.force);
	header_copy(&head, &in.head);
	head.kind = KIND_DIR;
	head.order = ORDER_NONE;
	header_add_program(&head, "dir-extract");
	stream_out_open(&out, &head, &opt.out);
	extract(&in, &out, &progress);
	if (opt.verbose)
		warn("%" PRIu64 " entries, %" PRIu64 " directory records",
		     in.ledger.sum.count[COUNT_ENTRIES], out.records + out.build.records);
	stream_out_finish(&out, &in.ledger);
	header_release(&head);
	stream_set_close(&in);
	return EXIT_OK;
}
