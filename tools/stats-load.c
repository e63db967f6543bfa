/* SPDX-License-Identifier: MIT */
/*
 * stats-load - finish a database: everything but the table `directories`, which dir-load made.
 *
 * Directories of the database and usage rows of standard input meet in tree_join, which knows the
 * totals of a directory when its subtree is over. usage_r is needed in another order and waits in
 * an external sorter (load_sort.h).
 *
 * There are two connections, for most of the time goes into SQLite, and one of them can take in the
 * rows of usage_nr (usage_nr.h) while the other does the rest:
 *
 *     l.loading   one transaction: directory_stats, and the indexes of directories
 *     l.db        then another one: the tables of usage
 *
 * The names of users come after it, and then, when all is on the disk, the row of scan_metadata
 * that makes the database complete. Until then it is one of directories only, whatever else is in
 * it.
 */
#include <inttypes.h>

#include "common/db/db_file.h"
#include "common/db/db_names.h"
#include "common/db/db_scan.h"
#include "common/db/db_schema.h"
#include "common/db/path_maps.h"
#include "common/base/progress.h"
#include "common/load/tree_join.h"
#include "common/load/usage_r.h"
#include "common/stream/stream_opts.h"

/* SQLite mostly appends while directories are loaded; more cache gains nothing then (bytes). */
#define CACHE_ENOUGH (32u << 20)
/* Steps of SQLite's virtual machine between two looks at the clock: some milliseconds. */
#define TICK_STEPS 100000

struct options {
	struct opts shared;
	struct stream_opts streams;
	struct name_files names;
	bool no_names;
	const char **maps, *map_file;
	size_t map_count;
	const char *db, *stream;
};

static void parse_args(struct options *opt, int argc, char **argv)
{
	struct opt rows[] = {
		OPT_TEXT(0, "passwd-file", "FILE",
			 "take user names from FILE [ask the name service]",
			 &opt->names.path[NAME_USER]),
		OPT_TEXT(0, "group-file", "FILE",
			 "take group names from FILE [ask the name service]",
			 &opt->names.path[NAME_GROUP]),
		OPT_FLAG(0, "no-names", "leave names out", &opt->no_names),
		OPT_LIST(0, "map", "FROM=TO", "show directory FROM as TO; repeatable", &opt->maps,
			 &opt->map_count),
		OPT_TEXT(0, "map-file", "FILE", "the same, a line of FILE each", &opt->map_file),
		STREAM_OPTS_READ(&opt->streams.in),
		OPTS_RESOURCES(&opt->shared),
		OPTS_PROGRESS(&opt->shared),
		OPTS_COMMON(&opt->shared),
		OPT_END,
	};
	const struct opts_program program = {
		.synopsis = "[options] DB [STREAM]",
		.operand = "DB",
		.purpose = "Finish DB, which dir-load made, with a usage stream of the same scan.",
		.rows = rows,
		.operands_min = 1,
		.operands_max = 2,
		.stdin_below = 2,
		.contradictions =
			(const char *const[]){ "no-names passwd-file group-file", NULL },
		.about = { stream_opts_about, db_schema_about },
	};

	*opt = (struct options){ .streams.in.kind = KIND_USAGE };
	opts_init(&opt->shared);
	opts_parse(&program, argc, argv);
	opt->db = argv[1];
	opt->stream = argv[2];
}

struct loader {
	const struct options *opt;
	struct db loading, db;
	struct scan_state dir_state; /* what dir-load read */
	struct tree_in in;
	struct tree_join join;
	struct load_sort sorted;
	struct usage_nr usage_nr;
	uint64_t usage_r_rows;
	struct progress progress;
	const char *phase;           /* NULL: none yet */
	const uint64_t *done;        /* what the phase has done, for progress */
	struct timespec phase_start;
	int64_t schema;              /* version of it when the first transaction ended */
};

/* ---- the tables ---- */

/* `done` counts what the phase does, NULL when nothing is counted; no name: all phases are over. */
static void begin_phase(struct loader *l, const char *name, const char *unit, uint64_t total,
			const uint64_t *done)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (l->phase && l->opt->shared.verbose)
		warn("%s: %.1f s", l->phase,
		     (double)(now.tv_sec - l->phase_start.tv_sec) +
			     (double)(now.tv_nsec - l->phase_start.tv_nsec) / 1e9);
	l->phase = name;
	l->done = done;
	l->phase_start = now;
	if (name)
		progress_phase(&l->progress, name, unit, total);
}

/* SQLite calls this while it works, whatever the phase. */
static int tick(void *arg)
{
	struct loader *l = arg;

	progress_update(&l->progress, l->done ? *l->done : 0, 0);
	return 0;
}

static NORETURN void die_complete(const char *name)
{
	die(EXIT_USAGE, "%s: is complete already; dir-load --replace starts a new one", name);
}

static void require_directories(const char *name, struct db_found *found)
{
	db_require(name, found);
	if (found->state == DB_ABSENT)
		die(EXIT_SYSTEM, "%s: is not there; dir-load makes it", name);
	if (found->state == DB_COMPLETE)
		die_complete(name);
	db_found_release(found);
}

static void open_directories(struct db *db, const char *name)
{
	struct db_found found;

	db_open(db, name, &found);
	require_directories(name, &found);
}

/* Begin a transaction that nobody else has a part in. */
static void lock(struct loader *l, struct db *db)
{
	sqlite3_progress_handler(db->handle, TICK_STEPS, tick, l);
	/*
	 * Exclusive mode after BEGIN: before it, whoever waits would keep the shared lock that it
	 * began with, and two would wait for each other.
	 */
	db_exec(db, "PRAGMA synchronous = OFF; BEGIN EXCLUSIVE; PRAGMA locking_mode = EXCLUSIVE");
	if (db_integer(db, "SELECT 1 FROM scan_metadata"))
		die_complete(l->opt->db);
}

static void make_indexes(struct loader *l)
{
	uint64_t made = 0;

	begin_phase(l, "index", "steps", db_schema_index_count, &made);
	db_limits(&l->loading, l->opt->shared.memory / 2, l->opt->shared.threads);
	for (; made < db_schema_index_count; made++)
		db_exec(&l->loading, db_schema_indexes[made]);
	l->done = NULL;
}

static void write_usage(struct loader *l)
{
	begin_phase(l, "usage", "rows", 0, &l->usage_r_rows);
	usage_nr_end(&l->usage_nr);
	lock(l, &l->db);
	/*
	 * Between the transactions the file is nobody's: another stats-load begins with new tables.
	 */
	if (db_integer(&l->db, "PRAGMA schema_version") != l->schema)
		die(EXIT_SYSTEM, "%s: another process has begun to write it anew", l->opt->db);
	usage_nr_move(&l->usage_nr);
	load_sort_end_input(&l->sorted);
	usage_r_write(&l->sorted, &l->db, l->join.root_id, &l->usage_r_rows);
	begin_phase(l, "summaries", "steps", 0, NULL);
	summaries_write(&l->sorted, &l->db, l->join.root_id);
}

static struct scan_facts facts_of(const struct loader *l)
{
	return (struct scan_facts){
		.dirs = &l->dir_state,
		.usage_head = &l->in.stream.head,
		.usage_ledger = &l->in.stream.ledger,
		.root_path = &l->join.root_path,
		.root_id = l->join.root_id,
		.sums = l->join.total.whole.sums,
	};
}

static void check_facts(const struct loader *l)
{
	struct scan_facts facts = facts_of(l);

	scan_check_facts(&l->db, &facts, l->in.stream.name);
	if (l->opt->shared.quiet)
		return;
	if (!scan_facts_verified(&facts))
		warn("%s: unverified rows: whether they are those of the scan is not checked",
		     l->opt->db);
	if (facts.sums.apparent == INT64_MAX)
		warn("%s: file lengths add up to 2^63-1 bytes or more and are given as 2^63-1",
		     l->opt->db);
}

/* ---- from beginning to end ---- */

/*
 * The stream first: it begins when its log has been read, which can take hours, and much can
 * change.
 */
static void open_both(struct loader *l)
{
	const struct opts *shared = &l->opt->shared;
	uint64_t cache = shared->memory / 2 < CACHE_ENOUGH ? shared->memory / 2 : CACHE_ENOUGH;

	tree_in_open(&l->in, l->opt->stream, &l->opt->streams.in);
	open_directories(&l->db, l->opt->db);
	db_limits(&l->db, cache, 1);
	usage_nr_init(&l->usage_nr, &l->db, shared->threads > 1);
	open_directories(&l->loading, l->opt->db);
	db_limits(&l->loading, cache, 1);
	lock(l, &l->loading);
	scan_state_load(&l->loading, &l->dir_state);
	scan_check_heads(&l->loading, &l->dir_state, &l->in.stream.head, l->in.stream.name);
}

/*
 * Shares of -S: a quarter each for SQLite and the sorter, an eighth for rows of open directories.
 */
static void load(struct loader *l)
{
	const struct opts *shared = &l->opt->shared;
	struct extsort_config sorting = { .memory = shared->memory / 4, .threads = shared->threads,
					  .temp_dir = shared->temp_dir, .quiet = shared->quiet };

	db_exec(&l->loading, db_schema_stats);
	load_sort_init(&l->sorted, &sorting);
	tree_join_init(&l->join, &l->loading, &l->in, &l->sorted, &l->usage_nr, shared->memory / 8,
		       shared->temp_dir);
	begin_phase(l, "loading", "directories", (uint64_t)l->dir_state.directories,
		    &l->join.directories);
	tree_join_run(&l->join, (uint64_t)l->dir_state.directories);
	check_facts(l);
	make_indexes(l);
	l->schema = db_integer(&l->loading, "PRAGMA schema_version");
	db_exec(&l->loading, "COMMIT");
	db_close(&l->loading);
	write_usage(l);
}

static void report(const struct loader *l)
{
	struct extsort_stats sorted = extsort_stats(l->sorted.sorter);

	warn("%" PRId64 " directories (%" PRIu64 " written late), %" PRIu64
	     " rows of usage_nr, %" PRIu64 " of usage_r, %" PRIu64 " bytes spilled",
	     l->dir_state.directories, l->join.sums.late_rows, l->usage_nr.written,
	     l->usage_r_rows, sorted.spill_written + l->join.fold.spilled);
}

/* First: whatever name files call that id, nobody is meant. */
static void add_unknown(struct loader *l)
{
	const struct assumptions *assumed = &l->in.stream.ledger.sum.assumed;

	if (assumed->count[ASSUME_OWNER_UNKNOWN])
		db_names_store_unknown(&l->db, NAME_USER);
	if (assumed->count[ASSUME_GROUP_UNKNOWN])
		db_names_store_unknown(&l->db, NAME_GROUP);
}

static void add_names(struct loader *l)
{
	struct name_files names = l->opt->names;

	if (l->opt->no_names)
		return;
	begin_phase(l, "names", "steps", 0, NULL);
	db_exec(&l->db, "BEGIN");
	add_unknown(l);
	if (!db_names_store(&l->db, &names) && !l->opt->shared.quiet)
		warn("%s: the name service did not name everybody within %d s; --passwd-file "
		     "and --group-file help",
		     l->opt->db, NAMES_SECONDS);
	db_exec(&l->db, "COMMIT");
}

static void seal(struct loader *l)
{
	struct scan_facts facts = facts_of(l);

	db_sync(&l->db);
	db_exec(&l->db, "PRAGMA synchronous = FULL; BEGIN");
	scan_facts_seal(&l->db, &facts);
	db_exec(&l->db, "COMMIT");
}

int main(int argc, char **argv)
{
	struct options opt = { 0 };
	struct loader l = { .opt = &opt };
	struct path_maps maps = { 0 };
	struct scan_facts facts;
	struct db_found found;

	tool_begin(argv, "stats-load");
	parse_args(&opt, argc, argv);
	db_setup(opt.shared.temp_dir);
	db_look(opt.db, &found);
	require_directories(opt.db, &found);
	name_files_open(&opt.names);
	path_maps_read(&maps, opt.maps, opt.map_count, opt.map_file);
	progress_init(&l.progress, opt.shared.progress, opt.shared.progress_file);

	open_both(&l);
	load(&l);
	if (opt.shared.verbose)
		report(&l);
	load_sort_release(&l.sorted);
	facts = facts_of(&l);
	scan_facts_store(&l.db, &facts);
	path_maps_store(&l.db, &maps, &l.join.root_path, opt.shared.quiet);
	db_exec(&l.db, "COMMIT");
	add_names(&l);
	begin_phase(&l, NULL, NULL, 0, NULL);
	seal(&l);
	progress_end(&l.progress);

	db_close(&l.db);
	tree_in_close(&l.in);
	scan_state_release(&l.dir_state);
	tree_join_release(&l.join);
	path_maps_release(&maps);
	free(opt.maps);
	return EXIT_OK;
}
