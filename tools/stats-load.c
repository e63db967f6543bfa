/* SPDX-License-Identifier: MIT */
/*
 * stats-load - finish a database: everything but the table `directories`, which dir-load made.
 *
 * Directories of the database and usage rows of standard input meet in tree_join, which knows the
 * totals of a directory when its subtree is over. usage_r is needed in another order and waits in
 * an external sorter (load_sort.h), and so do the keys of indexes (dir_stats.h).
 *
 * What dir-load made is locked, copied into a file without a name, and stays as it is; the copy
 * takes its name when it is complete. So whatever ends this program, under the name is either the
 * one or the other. Into the copy go
 *
 *     by SQLite   all tables and indexes, empty
 *     as pages    directory_stats, usage_nr; then, in several threads, the indexes of directory_stats,
 *                 usage_r and usage_by, and what there is of links (db_tree.h)
 *     by SQLite   what is small; and it counts what it finds of all that
 */
#include <inttypes.h>

#include "common/db/db_file.h"
#include "common/db/db_names.h"
#include "common/db/db_scan.h"
#include "common/db/db_schema.h"
#include "common/db/path_maps.h"
#include "common/load/sorted_trees.h"
#include "common/load/tree_join.h"
#include "common/stream/stream_opts.h"

/* SQLite reads one table from its beginning to its end, and writes small ones (bytes). */
#define CACHE_ENOUGH (8u << 20)
/* Pages are written in pieces of at most this (bytes). */
#define PIECE_ENOUGH (1u << 20)
/* With less memory than this (bytes) there is no room for the blocks that threads hand on. */
#define THREADS_MEMORY (16u << 20)
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
	struct db old, db;
	struct scan_state dir_state; /* what dir-load read */
	char pages_hash[DB_PAGES_HASH_SIZE]; /* of the copy, before it grew */
	struct tree_in in;
	struct db_pages pages;
	size_t piece;                /* bytes of them that are written at a time */
	struct sorted_trees trees;
	struct link_load links;
	struct tree_join join;
	struct load_sort sorted;
	struct db_names names;       /* unless there are to be none */
	struct load_phase phase;
};

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

static unsigned threads_of(const struct loader *l)
{
	const struct opts *shared = &l->opt->shared;

	return shared->memory < THREADS_MEMORY ? 1 : shared->threads;
}

static void write_sorted(struct loader *l)
{
	const struct opts *shared = &l->opt->shared;

	l->trees = (struct sorted_trees){
		.db = &l->db, .directories = shared->verbose ? &l->old : NULL, .pages = &l->pages,
		.piece = l->piece, .memory = shared->memory, .threads = threads_of(l),
		.temp_dir = shared->temp_dir, .phase = &l->phase, .sums = &l->join.sums,
		.sorted = &l->sorted, .links = &l->links, .root_id = l->join.root_id,
		.directories_count = l->join.directories,
	};
	sorted_trees_write(&l->trees);
}

static void check_counts(struct loader *l)
{
	db_check_count(&l->db, "directory_stats", NULL, l->join.directories);
	db_check_count(&l->db, "usage_nr", NULL, l->join.out.usage_nr.count);
	sorted_trees_check(&l->trees);
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
		.multilink = l->links.counted,
		.links = l->links.totals,
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
	struct db_found found;

	tree_in_open(&l->in, l->opt->stream, &l->opt->streams.in);
	for (;;) {
		db_open(&l->old, l->opt->db, &found);
		require_directories(l->opt->db, &found);
		if (db_lock(&l->old))
			break;
		/* Another stats-load was faster, or a dir-load: see what is there now. */
		db_close(&l->old);
	}
	scan_state_load(&l->old, &l->dir_state);
	scan_check_heads(&l->old, &l->dir_state, &l->in.stream.head, l->in.stream.name);
}

static void hash_copy(struct loader *l)
{
	struct db_pages pages;

	db_begin_pages(&l->db, &pages);
	if (l->dir_state.pages > pages.count)
		die(EXIT_INPUT, "%s: has lost pages that dir-load wrote", l->opt->db);
	db_pages_hash(&pages, (uint32_t)l->dir_state.pages, db_root_page(&l->db, "load_state"),
		      l->pages_hash);
}

/* Last, as most that can be wrong has a better name. */
static void check_copy(const struct loader *l)
{
	if (strcmp(l->pages_hash, l->dir_state.pages_hash) != 0)
		die(EXIT_INPUT, "%s: is damaged: its pages are not those that dir-load wrote",
		    l->opt->db);
}

static void begin_copy(struct loader *l)
{
	const struct opts *shared = &l->opt->shared;
	uint64_t cache = shared->memory / 16 < CACHE_ENOUGH ? shared->memory / 16 : CACHE_ENOUGH;

	load_phase_begin(&l->phase, "copy", "steps", 0, NULL);
	db_create_copy(&l->db, l->opt->db, &l->old);
	hash_copy(l);
	db_limits(&l->db, cache);
	db_limits(&l->old, cache);
	sqlite3_progress_handler(l->db.handle, TICK_STEPS, load_phase_tick, &l->phase);
	db_exec(&l->db, "BEGIN");
	db_exec(&l->db, db_schema_stats);
	for (size_t i = 0; i < db_schema_index_count; i++)
		db_exec(&l->db, db_schema_indexes[i]);
	db_exec(&l->db, "COMMIT");
	db_begin_pages(&l->db, &l->pages);
	l->piece = shared->memory / 128 < PIECE_ENOUGH ? shared->memory / 128 : PIECE_ENOUGH;
}

static void expect_name(void *names, bool group, uint32_t id)
{
	db_names_expect(names, group ? NAME_GROUP : NAME_USER, id);
}

/*
 * Shares of -S: a quarter each for the sorter and for keys of indexes, an eighth for rows of open
 * directories, an eighth for links if there are any, a sixteenth for each connection of SQLite, a
 * 128th for each table's pages. When all directories are closed, keys get a second quarter; when
 * their indexes are written, links get as much more, or before if they need no more than what the
 * rows of open directories had.
 */
static void load(struct loader *l)
{
	const struct opts *shared = &l->opt->shared;
	struct extsort_config sorting = { .memory = shared->memory / 4, .threads = shared->threads,
					  .temp_dir = shared->temp_dir, .quiet = shared->quiet };
	const struct extsort_config link_sorting = { .memory = shared->memory / 8,
						     .threads = 1, .temp_dir = shared->temp_dir,
						     .quiet = true };
	const struct dir_stats_config stats = { .db = &l->db, .pages = &l->pages, .piece = l->piece,
						.memory = shared->memory / 2,
						.temp_dir = shared->temp_dir, .quiet = true };

	/* A thread may be reading it when another one dies; its lock ends with the process. */
	die_forget(&l->old);
	load_sort_init(&l->sorted, &sorting);
	l->join = (struct tree_join){ .old = &l->old, .in = &l->in, .sorted = &l->sorted,
				      .links = &l->links, .progress = &l->phase.progress };
	link_load_init(&l->links, &link_sorting);
	tree_join_init(&l->join, &stats, shared->memory / 8, shared->temp_dir,
		       threads_of(l));
	if (!l->opt->no_names) {
		l->join.summaries.seen = expect_name;
		l->join.summaries.seen_arg = &l->names;
	}
	load_phase_begin(&l->phase, "loading", "directories", (uint64_t)l->dir_state.directories,
			 &l->join.directories);
	tree_join_run(&l->join, (uint64_t)l->dir_state.directories);
	check_facts(l);
	check_copy(l);
	write_sorted(l);
	db_pages_finish(&l->pages);
}

static void report(const struct loader *l)
{
	struct extsort_stats sorted = extsort_stats(l->sorted.sorter);

	warn("%" PRId64 " directories (%" PRIu64 " written late), %" PRIu64
	     " rows of usage_nr, %" PRIu64 " of usage_r, %" PRId64 " linked inodes, %" PRIu64
	     " bytes spilled",
	     l->dir_state.directories, l->join.sums.late_rows, l->join.out.usage_nr.count,
	     l->trees.usage_r_rows, l->links.totals.inodes,
	     l->links.spilled + sorted.spill_written + l->join.fold.spilled + l->join.sums.spilled);
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
	if (l->opt->no_names)
		return;
	load_phase_begin(&l->phase, "names", "steps", 0, NULL);
	add_unknown(l);
	if (!db_names_store(&l->names, &l->db) && !l->opt->shared.quiet)
		warn("%s: the name service did not name everybody within %d s; --passwd-file "
		     "and --group-file help",
		     l->opt->db, NAMES_SECONDS);
}

/* What SQLite does, in one transaction: nobody sees the file until it is complete. */
static void write_small_tables(struct loader *l, struct path_maps *maps)
{
	struct scan_facts facts;

	db_exec(&l->db, "BEGIN");
	link_load_finish(&l->links, &l->db);
	facts = facts_of(l);
	load_phase_begin(&l->phase, "summaries", "steps", 0, NULL);
	summaries_write(&l->sorted, &l->db, l->join.root_id, &l->links.tables);
	load_sort_release(&l->sorted);
	scan_facts_store(&l->db, &facts);
	path_maps_store(&l->db, maps, &l->join.root_path, l->opt->shared.quiet);
	load_phase_begin(&l->phase, "check", "steps", 0, NULL);
	check_counts(l);
	add_names(l);
	scan_facts_seal(&l->db, &facts);
	db_exec(&l->db, "COMMIT");
}

int main(int argc, char **argv)
{
	struct options opt = { 0 };
	struct loader l = { .opt = &opt };
	struct path_maps maps = { 0 };
	struct db_found found;

	tool_begin(argv, "stats-load");
	parse_args(&opt, argc, argv);
	db_setup(opt.shared.temp_dir);
	db_look(opt.db, &found);
	require_directories(opt.db, &found);
	name_files_open(&opt.names);
	path_maps_read(&maps, opt.maps, opt.map_count, opt.map_file);
	l.phase.verbose = opt.shared.verbose;
	progress_init(&l.phase.progress, opt.shared.progress, opt.shared.progress_file);

	open_both(&l);
	if (!opt.no_names)
		db_names_begin(&l.names, &opt.names);
	begin_copy(&l);
	load(&l);
	if (opt.shared.verbose)
		report(&l);
	write_small_tables(&l, &maps);
	load_phase_begin(&l.phase, "sync", "steps", 0, NULL);
	db_publish(&l.db);
	db_close(&l.old);
	load_phase_begin(&l.phase, NULL, NULL, 0, NULL);
	progress_end(&l.phase.progress);

	tree_in_close(&l.in);
	scan_state_release(&l.dir_state);
	tree_join_release(&l.join);
	link_load_release(&l.links);
	path_maps_release(&maps);
	free(opt.maps);
	return EXIT_OK;
}
