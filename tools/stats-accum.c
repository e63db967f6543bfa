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
 * Nothing is written before the input has ended, so a branch that reads us never holds up another.
 */
#include "common/stream/buckets.h"
#include "common/sort/extsort.h"
#include "common/base/progress.h"
#include "common/sort/record_key.h"
#include "common/stream/account.h"
#include "common/stream/stream_opts.h"
#include "common/stream/stream_set.h"
#include "common/sort/usage_hash.h"

/* Bytes of -S that are neither table nor sorter: stream buffers, blocks. */
#define FIXED_MEMORY (5u << 18)

struct options {
	struct opts shared;
	struct stream_opts streams;
	enum age_by age_by;
	int64_t scan_day; /* DAY_NONE: from the stream */
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

/* Enough for the memory to answer, few enough to stay in the first cache. */
#define FILES_AT_ONCE 16

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
	uint32_t *dirs;          /* number in the table of each directory of the block */
	size_t dirs_cap;
	struct usage_file files[FILES_AT_ONCE];
	uint32_t file_dirs[FILES_AT_ONCE]; /* their directories' numbers in the block */
	struct progress progress;
};

#define NOT_LOOKED_UP USAGE_HASH_FULL

static void put_into_run(void *arg, const char *path, size_t len, const struct usage_key *key,
			 const struct usage *usage)
{
	unsigned char tail[USAGE_TAIL_SIZE];

	usage_tail_write(tail, key, usage);
	extsort_put_run(arg, path, len, tail);
}

static void put_into_stream(void *arg, const char *path, size_t len, const struct usage_key *key,
			    const struct usage *usage)
{
	struct accum *a = arg;

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
static void take_file(const struct accum *a, const struct entry *e, struct usage_file *file)
{
	int64_t age = scantime_age_days(used_at(e, a->opt->age_by), a->scan_day);

	file->usage = (struct usage){ { 1, (int64_t)e->own.allocated, (int64_t)e->size }, e->atime,
				      e->mtime };
	file->key = (struct usage_key){
		e->own.uid, e->own.gid, (uint8_t)bucket_of(age_buckets, age),
		(uint8_t)bucket_of(size_buckets, (int64_t)e->own.allocated),
	};
}

/* Find places for files[from..count); returns the first whose directory has no room, or `count`. */
static size_t find_places(struct accum *a, size_t from, size_t count)
{
	size_t end = from;

	for (; end < count; end++) {
		uint32_t *dir = &a->dirs[a->file_dirs[end]];

		if (*dir == NOT_LOOKED_UP) {
			size_t len;
			const char *path = block_path(&a->paths, a->file_dirs[end], &len);

			*dir = usage_hash_dir(&a->table, path, len);
			if (*dir == USAGE_HASH_FULL)
				break;
		}
		a->files[end].dir = *dir;
		usage_hash_seek(&a->table, &a->files[end]);
	}
	for (size_t i = from; i < end; i++)
		usage_hash_fetch(&a->table, &a->files[i]);
	return end;
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

/* Add files[from..to); returns the first that the table has no room for, or `to`. */
static size_t add_placed(struct accum *a, size_t from, size_t to)
{
	for (; from < to; from++) {
		enum usage_result result = usage_hash_add(&a->table, &a->files[from]);

		if (result == USAGE_FULL)
			break;
		if (result == USAGE_OVERFLOW ||
		    !account_usage(&a->account, &a->files[from].usage))
			die_overflow(a, a->file_dirs[from]);
	}
	return from;
}

static void add_files(struct accum *a, size_t count, uint32_t block_dirs)
{
	size_t done = 0;

	for (;;) {
		done = add_placed(a, done, find_places(a, done, count));
		if (done == count)
			break;
		/* The table is full; when it is empty, no directory has a number any more. */
		spill_table(a);
		usage_hash_empty(&a->table);
		memset(a->dirs, 0xff, block_dirs * sizeof(*a->dirs));
	}
}

static void accumulate_block(struct accum *a, struct block *b)
{
	size_t count = 0;

	GROW(a->dirs, a->dirs_cap, b->head.dirs);
	memset(a->dirs, 0xff, b->head.dirs * sizeof(*a->dirs));
	if (!block_paths_read(&a->paths, b))
		return;
	while (block_next_row(b)) {
		take_file(a, &b->entry, &a->files[count]);
		a->file_dirs[count++] = b->dir;
		if (count == FILES_AT_ONCE) {
			add_files(a, count, b->head.dirs);
			count = 0;
		}
	}
	add_files(a, count, b->head.dirs);
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
	free(a->dirs);
}

static void write_rows(struct accum *a)
{
	struct extsort_item item;
	struct usage_key key;
	struct usage usage;

	if (a->rounds) {
		spill_table(a);
		usage_hash_release(&a->table);
		extsort_end_input(a->sort);
	}
	progress_phase(&a->progress, "writing", "records", 0);
	if (!a->rounds)
		usage_hash_drain(&a->table, put_into_stream, a);
	while (a->rounds && extsort_next(a->sort, &item)) {
		usage_tail_read(item.tail, &key, &usage);
		put_into_stream(a, item.path, item.len, &key, &usage);
	}
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
		warn("%" PRIu64 " files in, %" PRIu64 " rows out, memory %" PRIu64
		     " bytes, %" PRIu64 " runs, %" PRIu64 " early merges, %" PRIu64
		     " bytes spilled to %s, %" PRIu64 " at a time",
		     a.account.seen.count[COUNT_FILES], a.rows_written, opt.shared.memory,
		     stats.runs, stats.merges, stats.spill_written,
		     spill_directory(opt.shared.temp_dir), stats.spill_peak);
	stream_out_finish(&a.out, &in.ledger);
	usage_hash_release(&a.table);
	extsort_free(a.sort);
	stream_set_close(&in);
	return EXIT_OK;
}
