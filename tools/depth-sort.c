/* SPDX-License-Identifier: MIT */
/*
 * depth-sort - put dir or usage records into tree order, each key once.
 *
 * An external merge sort (extsort.h). Tree order compares paths component by component, so a
 * directory comes right before its subtree and no name that merely begins like it comes between:
 *
 *     input                       output
 *     /gpfs/a b    mention        /gpfs        mention
 *     /gpfs/a/z    line           /gpfs/a      line     (two records became one: the line wins)
 *     /gpfs/a      mention        /gpfs/a/z    line
 *     /gpfs        mention        /gpfs/a b    mention
 *     /gpfs/a      line
 *
 * Records of one path combine whatever order they come in: of directory records the one with a
 * line wins, of two lines the one with the larger inode, then generation, uid, gid, mode,
 * allocated; usage rows of one key are added up, and link rows that say the same. So the output depends on neither memory nor
 * threads.
 *
 * With -m every operand, in order already, becomes a run as it is read, and only merging is left.
 */
#include "common/sort/extsort.h"
#include "common/sort/keysort.h"
#include "common/base/progress.h"
#include "common/sort/record_key.h"
#include "common/stream/account.h"
#include "common/stream/stream_opts.h"
#include "common/stream/stream_set.h"

/* Bytes of -S that are not for sorting: stream buffers, blocks. */
#define FIXED_MEMORY (3u << 19)

struct options {
	struct opts shared;
	struct stream_opts streams;
	bool merge, check, by_level;
	size_t stream_count;
};

static void parse_args(struct options *opt, int argc, char **argv)
{
	struct opt rows[] = {
		OPT_FLAG('m', "merge", "the operands are in order already: only merge them",
			 &opt->merge),
		OPT_FLAG('c', "check", "only check the order; status 1 names the first disorder",
			 &opt->check),
		OPT_FLAG(0, "by-level", "order by depth, then path: for people, not loaders",
			 &opt->by_level),
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
		.purpose = "Sort directory or usage streams into tree order; equal keys become one "
			   "record.",
		.rows = rows,
		.operands_max = OPERANDS_ANY,
		.stdin_below = 1,
		.contradictions = (const char *const[]){ "check merge output tsv", NULL },
		.about = { stream_opts_about },
	};

	*opt = (struct options){ .streams.in.kind = KIND_ANY };
	opts_init(&opt->shared);
	opt->stream_count = opts_parse(&program, argc, argv);
}

/* ---- one record at a time, of either kind, as path and tail ---- */

struct cursor {
	struct block block;
	struct account account;
	const char *path;
	size_t len;
	size_t dir_len; /* of the directory, with which path begins */
	unsigned char tail[RUN_TAIL_MAX];
	struct buf link; /* the path of a link row */
};

static bool take_link(struct cursor *c)
{
	const struct block *b = &c->block;

	account_link(&c->account, &b->link);
	link_key_write(&c->link, c->tail, (char *)b->path.data, b->path.len, &b->link, b->name,
		       b->name_len);
	c->path = (const char *)c->link.data;
	c->len = c->link.len;
	c->dir_len = b->path.len;
	return true;
}

static bool cursor_next(struct cursor *c)
{
	struct block *b = &c->block;

	if (b->kind == KIND_DIR) {
		if (!block_next_dir_record(b))
			return false;
		dir_tail_write(c->tail, b->has_line ? &b->entry.own : NULL);
		account_dir(&c->account, b->has_line);
	} else {
		if (!block_next_usage_record(b))
			return false;
		if (b->is_link)
			return take_link(c);
		usage_tail_write(c->tail, &b->key, &b->usage);
		account_usage(&c->account, &b->usage);
	}
	c->path = (const char *)b->path.data;
	c->len = c->dir_len = b->path.len;
	return true;
}

static void cursor_release(struct cursor *c)
{
	block_release(&c->block);
	buf_release(&c->link);
}

static struct key_shape shape_of(enum rec_kind kind, bool by_level)
{
	if (kind == KIND_DIR)
		return (struct key_shape){ DIR_TAIL_SIZE, 0, by_level };
	return (struct key_shape){ USAGE_TAIL_SIZE, USAGE_KEY_SIZE, by_level };
}

/* Remembers the record before, to see whether the next one is above it. */
struct order_check {
	struct key_shape shape;
	struct buf path;
	unsigned char tail[RUN_TAIL_MAX];
	bool any;
};

static bool in_order(struct order_check *o, const struct cursor *c)
{
	bool ok = !o->any || key_compare(&o->shape, (char *)o->path.data, o->path.len, o->tail,
					 c->path, c->len, c->tail) < 0;

	o->any = true;
	o->path.len = 0;
	buf_add(&o->path, c->path, c->len);
	memcpy(o->tail, c->tail, o->shape.tail_len);
	return ok;
}

/* ---- the three modes ---- */

/* Is this operand in order? Names the first record that is not above the one before it. */
static bool check_stream(struct stream_in *s, bool by_level)
{
	struct order_check order = { .shape = shape_of(s->head.kind, by_level) };
	struct cursor c = { 0 };
	uint64_t number = 0;
	bool ok = true;

	while (ok && stream_in_next(s, &c.block)) {
		while (ok && cursor_next(&c)) {
			number++;
			ok = in_order(&order, &c);
		}
		if (c.block.fault)
			stream_in_die(s, "corrupt block: %s", c.block.fault);
	}
	if (!ok) {
		char *path = path_for_message(c.path, c.dir_len);

		warn("%s: record %" PRIu64 ": disorder: %s", s->name, number, path);
		free(path);
	} else {
		account_check(&c.account, s->head.kind, &s->ledger, s->name);
	}
	buf_release(&order.path);
	cursor_release(&c);
	return ok;
}

static int check_order(struct stream_set *in, bool by_level)
{
	for (size_t i = 0; i < in->count; i++) {
		if (!check_stream(&in->streams[i], by_level))
			return EXIT_NO;
	}
	return EXIT_OK;
}

static void read_unordered(struct stream_set *in, struct extsort *sort, struct progress *progress)
{
	struct cursor c = { 0 };
	uint64_t records = 0;

	while (stream_set_next(in, &c.block)) {
		for (; cursor_next(&c); records++)
			extsort_add(sort, c.path, c.len, c.tail);
		if (c.block.fault)
			stream_in_die(stream_set_current(in), "corrupt block: %s", c.block.fault);
		progress_update(progress, records, 0);
	}
	account_check(&c.account, in->head.kind, &in->ledger, stream_set_current(in)->name);
	cursor_release(&c);
}

/* One operand as one run; dies when it is not in order. */
static void read_run(struct stream_in *s, struct extsort *sort, bool by_level,
		     struct progress *progress)
{
	struct order_check order = { .shape = shape_of(s->head.kind, by_level) };
	struct cursor c = { 0 };

	extsort_begin_run(sort);
	while (stream_in_next(s, &c.block)) {
		while (cursor_next(&c)) {
			if (!in_order(&order, &c))
				stream_in_die(s, "not in order at %s; leave out --merge to sort it",
					      path_for_message(c.path, c.dir_len));
			extsort_put_run(sort, c.path, c.len, c.tail);
		}
		if (c.block.fault)
			stream_in_die(s, "corrupt block: %s", c.block.fault);
		progress_update(progress, s->records, 0);
	}
	extsort_end_run(sort);
	account_check(&c.account, s->head.kind, &s->ledger, s->name);
	cursor_release(&c);
	buf_release(&order.path);
}

static void read_ordered(struct stream_set *in, struct extsort *sort, bool by_level,
			 struct progress *progress)
{
	for (size_t i = 0; i < in->count; i++)
		read_run(&in->streams[i], sort, by_level, progress);
	stream_set_merge_ledgers(in);
}

static void write_sorted(struct extsort *sort, struct stream_out *out, struct progress *progress)
{
	struct extsort_item item;
	struct inode_line line;
	uint64_t records = 0;

	progress_phase(progress, "writing", "records", 0);
	while (extsort_next(sort, &item)) {
		if (out->kind == KIND_DIR) {
			bool has_line = dir_tail_read(item.tail, &line);

			stream_out_add_dir(out, item.path, item.len, has_line ? &line : NULL);
		} else {
			usage_item_write(out, &item);
		}
		progress_update(progress, ++records, 0);
	}
	progress_end(progress);
}

static struct extsort *new_sorter(const struct options *opt, enum rec_kind kind,
				  struct progress *progress)
{
	struct key_shape shape = shape_of(kind, opt->by_level);

	return extsort_new(&(struct extsort_config){
		.tail_len = shape.tail_len, .key_len = shape.key_len, .by_level = opt->by_level,
		.combine = kind == KIND_DIR ? dir_tail_combine : usage_tail_combine,
		.memory = opt->shared.memory - FIXED_MEMORY, .threads = opt->shared.threads,
		.temp_dir = opt->shared.temp_dir, .quiet = opt->shared.quiet, .progress = progress,
	});
}

static void sort_streams(const struct options *opt, struct stream_set *in,
			 struct progress *progress)
{
	struct extsort *sort = new_sorter(opt, in->head.kind, progress);
	struct stream_out out;
	struct extsort_stats stats;
	struct header head;

	header_copy(&head, &in->head);
	head.order = opt->by_level ? ORDER_LEVEL : ORDER_TREE;
	header_add_program(&head, "depth-sort");
	stream_out_open(&out, &head, &opt->streams.out);
	progress_phase(progress, "reading", "records", 0);
	if (opt->merge)
		read_ordered(in, sort, opt->by_level, progress);
	else
		read_unordered(in, sort, progress);
	extsort_end_input(sort);
	write_sorted(sort, &out, progress);
	stats = extsort_stats(sort);
	if (opt->shared.verbose)
		warn("%" PRIu64 " records in, %" PRIu64 " out, memory %" PRIu64 " bytes, %" PRIu64
		     " runs, %" PRIu64 " early merges, %" PRIu64 " bytes spilled to %s, %" PRIu64
		     " at a time",
		     stats.records_in, stats.records_out, opt->shared.memory, stats.runs,
		     stats.merges, stats.spill_written, spill_directory(opt->shared.temp_dir),
		     stats.spill_peak);
	stream_out_finish(&out, &in->ledger);
	extsort_free(sort);
	header_release(&head);
}

int main(int argc, char **argv)
{
	struct options opt;
	struct stream_set in;
	struct progress progress;
	int status = EXIT_OK;

	tool_begin(argv, "depth-sort");
	parse_args(&opt, argc, argv);
	progress_init(&progress, opt.shared.progress, opt.shared.progress_file);
	stream_set_open(&in, argv + 1, opt.stream_count, &opt.streams.in, opt.streams.force);
	if (in.head.kind == KIND_ENTRY)
		die(EXIT_INPUT,
		    "%s: is an entry stream where a dir or usage stream is needed (see "
		    "dir-extract, "
		    "stats-accum)",
		    in.streams[0].name);
	if (opt.check)
		status = check_order(&in, opt.by_level);
	else
		sort_streams(&opt, &in, &progress);
	stream_set_close(&in);
	return status;
}
