/* SPDX-License-Identifier: MIT */
/*
 * dir-extract - the directories of an entry stream.
 *
 * Every directory that has a line of its own comes out with what the line says, and the parent of
 * every entry comes out by name alone. Most entries have a parent that came by a moment ago; a
 * table of fixed size (recent_paths.h) drops those repeats. What it misses goes out twice, which
 * costs depth-sort a little and changes nothing: there, equal paths become one, and the line wins.
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
#include "common/base/progress.h"
#include "common/stream/stream_opts.h"
#include "common/stream/stream_set.h"

struct options {
	struct opts shared;
	struct stream_opts streams;
	size_t stream_count;
};

static void parse_args(struct options *opt, int argc, char **argv)
{
	struct opt rows[] = {
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
		.purpose = "Write the directories of entry streams, for depth-sort.",
		.rows = rows,
		.operands_max = OPERANDS_ANY,
		.stdin_below = 1,
		.about = { stream_opts_about },
	};

	*opt = (struct options){ .streams.in.kind = KIND_ENTRY };
	opts_init(&opt->shared);
	opt->stream_count = opts_parse(&program, argc, argv);
}

struct extractor {
	struct stream_out *out;
	struct recent_paths seen;
	struct block_paths paths;
	struct path_print *prints; /* of the paths of a block, so that each is hashed once */
	size_t cap;
};

static void mention(struct extractor *x, const struct path_print *print, const char *path,
		    size_t len)
{
	if (!recent_paths_seen(&x->seen, print))
		stream_out_add_dir(x->out, path, len, NULL);
}

/* The directory that the current line of `b` is about, and the one that it lies in. */
static void extract_line(struct extractor *x, const struct block *b)
{
	struct path_print parent;
	size_t len;
	const char *path = block_path(&x->paths, b->dir, &len);

	recent_paths_seen(&x->seen, &x->prints[b->dir]);
	stream_out_add_dir(x->out, path, len, &b->entry.own);
	if (!len)
		return;
	len = path_parent(path, len);
	parent = recent_paths_print(&x->seen, path, len);
	mention(x, &parent, path, len);
}

static void extract_block(struct extractor *x, struct block *b)
{
	const char *path;
	size_t len;

	if (!block_paths_read(&x->paths, b))
		return;
	GROW(x->prints, x->cap, b->head.dirs);
	for (uint32_t dir = 0; dir < b->head.dirs; dir++) {
		path = block_path(&x->paths, dir, &len);
		x->prints[dir] = recent_paths_print(&x->seen, path, len);
	}
	while (block_next_line(b))
		extract_line(x, b);
	for (uint32_t dir = 0; dir < b->head.dirs; dir++) {
		path = block_path(&x->paths, dir, &len);
		mention(x, &x->prints[dir], path, len);
	}
}

static void extract(struct stream_set *in, struct stream_out *out, struct progress *progress)
{
	struct extractor x = { .out = out };
	struct block b = { 0 };
	uint64_t entries = 0;

	recent_paths_init(&x.seen);
	progress_phase(progress, "reading", "records", 0);
	while (stream_set_next(in, &b)) {
		extract_block(&x, &b);
		if (b.fault)
			stream_in_die(stream_set_current(in), "corrupt block: %s", b.fault);
		entries += b.head.records;
		progress_update(progress, entries, 0);
	}
	progress_end(progress);
	recent_paths_release(&x.seen);
	block_paths_release(&x.paths);
	free(x.prints);
	block_release(&b);
}

int main(int argc, char **argv)
{
	struct options opt;
	struct stream_set in;
	struct stream_out out;
	struct progress progress;
	struct header head;

	tool_begin(argv, "dir-extract");
	parse_args(&opt, argc, argv);
	progress_init(&progress, opt.shared.progress, opt.shared.progress_file);
	stream_set_open(&in, argv + 1, opt.stream_count, &opt.streams.in, opt.streams.force);
	header_copy(&head, &in.head);
	head.kind = KIND_DIR;
	head.order = ORDER_NONE;
	header_add_program(&head, "dir-extract");
	stream_out_open(&out, &head, &opt.streams.out);
	extract(&in, &out, &progress);
	if (opt.shared.verbose)
		warn("%" PRIu64 " entries, %" PRIu64 " directory records",
		     in.ledger.sum.count[COUNT_ENTRIES], out.records + out.build.records);
	stream_out_finish(&out, &in.ledger);
	header_release(&head);
	stream_set_close(&in);
	return EXIT_OK;
}
