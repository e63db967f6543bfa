/* SPDX-License-Identifier: MIT */
/*
 * stats-accum - sum files by directory, owner, group, age and size: the usage rows.
 *
 * Rows collect in hash tables (usage_hash.h). When these are full they go, sorted, into a run of
 * the external sorter and start again; at the end the runs are merged and equal rows added up. Most
 * scans meet a directory's files close together, so little is written twice. Three files of one
 * owner, two of them below 1 KiB and all of them read last week, make two rows:
 *
 *     /gpfs/proj/a.c   uid 7 gid 9   700 B, inline    ->  /gpfs/proj 7 9 age 0 size 0: 2 files
 *     /gpfs/proj/b.c   uid 7 gid 9   900 B, inline    ->      (the same row)
 *     /gpfs/proj/core  uid 7 gid 9   8 MiB            ->  /gpfs/proj 7 9 age 0 size 4: 1 file
 *
 * A file with several links also has a link row, with its identity, for stats-load to find the
 * other links. These go through the sorter, whose memory is there in any case, and without them nothing
 * costs more.
 *
 * Nothing is written before the input has ended, so a branch that reads us never holds up another.
 */
#include "common/stream/buckets.h"
#include "common/sort/extsort.h"
#include "common/base/progress.h"
#include "common/sort/record_key.h"
#include "common/stream/account.h"
#include "common/stream/stream_opts.h"
#include "common/stream/stream_set.h"
#include "common/sort/usage_block.h"

/* Bytes of -S that are neither table nor sorter: stream buffers, blocks, sums of a block. */
#define FIXED_MEMORY (13u << 17)

/* Files whose link count the log does not tell: no links, or links if their identity says so. */
enum links { LINKS_COUNTED, LINKS_ASSUME };
static const char *const links_names[] = { "", "assume", NULL };

struct options {
	struct opts shared;
	struct stream_opts streams;
	enum age_by age_by;
	int64_t scan_day; /* DAY_NONE: from the stream */
	enum links links;
	size_t stream_count;
};

static void parse_args(struct options *opt, int argc, char **argv)
{
	struct opt rows[] = {
		OPT_WORD(0, "age-by", "WHICH",
			 "age since atime, mtime or the newest of both [atime]",
			 &opt->age_by, age_by_names, AGE_ATIME),
		OPT_DATE(0, "scan-date", "DATE",
			 "count ages from this day, if the stream names none",
			 &opt->scan_day),
		OPT_WORD(0, "links", "HOW",
			 "assume: files of equal inodes are links where the log has no counts",
			 &opt->links, links_names, LINKS_ASSUME),
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
		.purpose = "Sum the files of entry streams by directory, uid, gid, age and size.",
		.rows = rows,
		.operands_max = OPERANDS_ANY,
		.stdin_below = 1,
		.about = { stream_opts_about },
	};

	*opt = (struct options){ .streams.in.kind = KIND_ENTRY,
				 .age_by = AGE_ATIME,
				 .scan_day = DAY_NONE };
	opts_init(&opt->shared);
	opt->stream_count = opts_parse(&program, argc, argv);
}

struct accum {
	const struct options *opt;
	int64_t scan_day;
	struct usage_hash table;
	struct extsort *sort;
	struct stream_out out;
	uint64_t rounds;         /* how often the table was full */
	uint64_t rows_written;
	struct account account; /* of what was added up */
	struct block_paths paths;
	struct usage_block block;
	struct buf link;         /* the path of a link row for the sorter */
	uint64_t links;          /* such rows, as they came */
	bool links_assumed;      /* one of them is of an unknown link count */
	const char *last_path;   /* of the usage row that was written last */
	struct extsort_item next; /* the first that is not written; path NULL: none are left */
	struct progress progress;
};

static void put_into_run(void *arg, const char *path, size_t len, const struct usage_key *key,
			 const struct usage *usage)
{
	unsigned char tail[USAGE_TAIL_SIZE];

	usage_tail_write(tail, key, usage);
	extsort_put_run(arg, path, len, tail);
}

/* Of rows in the sorter, those that stand before a usage row of `path`; all, if it is NULL. */
static void put_sorted(struct accum *a, const char *path, size_t len)
{
	while (a->next.path && (!path || path_compare(a->next.path, a->next.len, path, len) < 0)) {
		usage_item_write(&a->out, &a->next);
		progress_update(&a->progress, ++a->rows_written, 0);
		if (!extsort_next(a->sort, &a->next))
			a->next.path = NULL;
	}
}

static void put_into_stream(void *arg, const char *path, size_t len, const struct usage_key *key,
			    const struct usage *usage)
{
	struct accum *a = arg;

	/* Only what is in another directory than the row before can stand behind links. */
	if (path != a->last_path)
		put_sorted(a, path, len);
	a->last_path = path;
	stream_out_add_usage(&a->out, path, len, key, usage);
	progress_update(&a->progress, ++a->rows_written, 0);
}

static void spill_table(struct accum *a)
{
	extsort_begin_run(a->sort);
	usage_hash_drain(&a->table, put_into_run, a->sort);
	extsort_end_run(a->sort);
	a->rounds++;
}

/* The time that counts as the last use. A file without mtime has only its atime. */
static int64_t used_at(const struct entry *e, enum age_by by)
{
	if (by == AGE_ATIME || e->mtime == TIME_NONE)
		return e->atime;
	return by == AGE_MTIME || e->mtime > e->atime ? e->mtime : e->atime;
}

/* One file as a usage row. */
static void take_file(const struct accum *a, const struct entry *e, struct usage_key *key,
		      struct usage *usage)
{
	int64_t age = scantime_age_days(used_at(e, a->opt->age_by), a->scan_day);

	*usage = (struct usage){ { 1, (int64_t)e->own.allocated, (int64_t)e->size }, e->atime,
				 e->mtime };
	*key = (struct usage_key){
		e->own.uid, e->own.gid, (uint8_t)bucket_of(age_buckets, age),
		(uint8_t)bucket_of(size_buckets, (int64_t)e->own.allocated),
	};
}

/* The link row of a file in directory number `dir` of the block. */
static void add_link(struct accum *a, const struct block *b, const struct usage_key *key)
{
	const struct entry *e = &b->entry;
	const struct link_row row = {
		.key = *key, .snapshot = e->snapshot, .inode = e->own.inode,
		.generation = e->own.generation, .nlink = e->nlink,
		.allocated = (int64_t)e->own.allocated, .apparent = (int64_t)e->size, .lines = 1,
	};
	unsigned char tail[USAGE_TAIL_SIZE];
	size_t len;
	const char *path = block_path(&a->paths, b->dir, &len);

	link_key_write(&a->link, tail, path, len, &row, b->name, b->name_len);
	extsort_add(a->sort, (char *)a->link.data, a->link.len, tail);
	account_link(&a->account, &row);
	a->links++;
	a->links_assumed |= !e->nlink;
}

/* `dir` is the number of a directory in the block. */
static NORETURN void die_overflow(const struct accum *a, uint32_t dir)
{
	size_t len;
	const char *path = block_path(&a->paths, dir, &len);

	die(EXIT_INPUT, "%s: a sum of its records, or of all so far, exceeds 2^63-1: the "
			"log is damaged",
	    path_for_message(path, len));
}

/* Move the sums of a block to the table. */
static void add_sums(struct accum *a)
{
	enum usage_result result;
	uint32_t dir;

	for (uint32_t i = 0; i < a->block.count; i++) {
		if (!account_usage(&a->account, &a->block.rows[i].file.usage))
			die_overflow(a, a->block.rows[i].dir);
	}
	while ((result = usage_block_move(&a->block, &a->table, &a->paths, &dir)) == USAGE_FULL) {
		spill_table(a);
		usage_hash_empty(&a->table);
	}
	if (result == USAGE_OVERFLOW)
		die_overflow(a, dir);
}

static void add_file(struct accum *a, uint32_t dir, const struct usage_key *key,
		     const struct usage *usage)
{
	enum usage_result result;

	while ((result = usage_block_add(&a->block, dir, key, usage)) == USAGE_FULL)
		add_sums(a);
	if (result == USAGE_OVERFLOW)
		die_overflow(a, dir);
}

static void accumulate_block(struct accum *a, struct block *b)
{
	const uint32_t single = a->opt->links == LINKS_ASSUME ? 1 : 0;
	struct usage_key key;
	struct usage usage;

	if (!block_paths_read(&a->paths, b))
		return;
	usage_block_start(&a->block, &a->table, &a->paths, b->head.dirs);
	while (block_next_sums(b)) {
		take_file(a, &b->entry, &key, &usage);
		add_file(a, b->dir, &key, &usage);
		if ((b->entry.nlink > 1 || b->entry.nlink < single) && block_rest_of_row(b))
			add_link(a, b, &key);
	}
	add_sums(a);
}

static void accumulate(struct accum *a, struct stream_set *in)
{
	struct block b = { 0 };
	uint64_t entries = 0;

	progress_phase(&a->progress, "reading", "records", 0);
	while (stream_set_next(in, &b)) {
		accumulate_block(a, &b);
		if (b.fault)
			stream_in_die(stream_set_current(in), "corrupt block: %s", b.fault);
		entries += b.head.records;
		progress_update(&a->progress, entries, 0);
	}
	block_release(&b);
	block_paths_release(&a->paths);
	usage_block_release(&a->block);
	buf_release(&a->link);
}

static void write_rows(struct accum *a)
{
	if (a->rounds) {
		spill_table(a);
		usage_hash_release(&a->table);
	}
	extsort_end_input(a->sort);
	progress_phase(&a->progress, "writing", "records", 0);
	if (!extsort_next(a->sort, &a->next))
		a->next.path = NULL;
	if (!a->rounds)
		usage_hash_drain(&a->table, put_into_stream, a);
	put_sorted(a, NULL, 0);
	progress_end(&a->progress);
}

static void choose_scan_day(struct accum *a, struct header *head)
{
	char have[DATE_TEXT_SIZE];

	if (head->scan_day == DAY_NONE)
		head->scan_day = a->opt->scan_day;
	else if (a->opt->scan_day != DAY_NONE && a->opt->scan_day != head->scan_day)
		die(EXIT_USAGE, "--scan-date: the stream says %s; say it to gpfs-parse",
		    scantime_date_text(have, head->scan_day));
	if (head->scan_day == DAY_NONE)
		die(EXIT_USAGE,
		    "the stream names no scan date; give --scan-date YYYY-MM-DD to gpfs-parse, "
		    "or to stats-accum");
	a->scan_day = head->scan_day;
}

static void open_accum(struct accum *a, const struct options *opt, const struct stream_set *in)
{
	size_t sort_memory = opt->shared.memory / 4;
	struct header head;

	*a = (struct accum){ .opt = opt };
	progress_init(&a->progress, opt->shared.progress, opt->shared.progress_file);
	header_copy(&head, &in->head);
	choose_scan_day(a, &head);
	head.kind = KIND_USAGE;
	head.order = ORDER_TREE;
	head.age_by = opt->age_by;
	header_add_program(&head, "stats-accum");
	stream_out_open(&a->out, &head, &opt->streams.out);
	header_release(&head);
	usage_block_init(&a->block);
	usage_hash_init(&a->table, opt->shared.memory - sort_memory - FIXED_MEMORY);
	a->sort = extsort_new(&(struct extsort_config){
		.tail_len = USAGE_TAIL_SIZE,
		.key_len = USAGE_KEY_SIZE,
		.combine = usage_tail_combine,
		.memory = sort_memory,
		.threads = 1,
		.temp_dir = opt->shared.temp_dir,
		.quiet = opt->shared.quiet,
		.progress = &a->progress,
	});
}

int main(int argc, char **argv)
{
	struct options opt;
	struct stream_set in;
	struct accum a;
	struct extsort_stats stats;

	tool_begin(argv, "stats-accum");
	parse_args(&opt, argc, argv);
	stream_set_open(&in, argv + 1, opt.stream_count, &opt.streams.in, opt.streams.force);
	open_accum(&a, &opt, &in);
	accumulate(&a, &in);
	account_check(&a.account, KIND_USAGE, &in.ledger, in.streams[0].name);
	write_rows(&a);
	stats = extsort_stats(a.sort);
	if (opt.shared.verbose)
		warn("%" PRIu64 " files in, %" PRIu64 " with links, %" PRIu64 " rows out, memory %" PRIu64
		     " bytes, %" PRIu64 " runs, %" PRIu64 " early merges, %" PRIu64
		     " bytes spilled to %s, %" PRIu64 " at a time",
		     a.account.seen.count[COUNT_FILES], a.links, a.rows_written, opt.shared.memory,
		     stats.runs, stats.merges, stats.spill_written,
		     spill_directory(opt.shared.temp_dir), stats.spill_peak);
	in.ledger.sum.assumed.count[ASSUME_LINKS_ASSUMED] |= a.links_assumed;
	stream_out_finish(&a.out, &in.ledger);
	usage_hash_release(&a.table);
	extsort_free(a.sort);
	stream_set_close(&in);
	return EXIT_OK;
}
