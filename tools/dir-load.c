/* SPDX-License-Identifier: MIT */
/*
 * dir-load - make a database of a stream of directories: the table `directories`.
 *
 * The stream is in tree order: a directory comes right before its subtree. So its parent, and every
 * ancestor that the stream does not have, is found with a stack of the directories that are open,
 * and dir_id is a counter:
 *
 *     /gpfs/fs1/a      makes 1 `/`, 2 `gpfs`, 3 `fs1` (implied: not in the stream), then 4 `a`
 *     /gpfs/fs1/a/b    5, below 4
 *     /gpfs/fs1/c      closes 5 and 4; 6, below 3
 *
 * Memory does not grow with the stream; the stack needs 16 bytes a level.
 */
#include <inttypes.h>
#include <limits.h>
#include <unistd.h>

#include "common/db/db_batch.h"
#include "common/db/db_file.h"
#include "common/db/db_scan.h"
#include "common/db/db_schema.h"
#include "common/base/path.h"
#include "common/base/progress.h"
#include "common/stream/account.h"
#include "common/stream/stream_opts.h"
#include "common/stream/tree_in.h"

/* SQLite only appends here; more cache than this would only put off writing (bytes). */
#define CACHE_ENOUGH (32u << 20)

struct options {
	struct opts shared;
	struct stream_opts streams;
	bool replace;
	mode_t mode; /* MODE_NONE: 0640 less the umask */
	const char *db, *stream;
};

/* SQLite's journal stands beside the database, and its name must not be too long either. */
static void check_name(const char *name)
{
	const char *slash = strrchr(name, '/');
	const size_t most = NAME_MAX - strlen("-journal");

	if (strlen(slash ? slash + 1 : name) > most)
		opts_die("'%s': the name of a database has at most %zu bytes", name, most);
}

static void parse_args(struct options *opt, int argc, char **argv)
{
	struct opt rows[] = {
		OPT_FLAG(0, "replace", "replace DB if it is a treetally database [refuse]",
			 &opt->replace),
		OPT_MODE(0, "mode", "MODE", "mode of a new DB, octal [0640 less the umask]",
			 &opt->mode),
		STREAM_OPTS_READ(&opt->streams.in),
		OPTS_RESOURCES(&opt->shared),
		OPTS_PROGRESS(&opt->shared),
		OPTS_COMMON(&opt->shared),
		OPT_END,
	};
	const struct opts_program program = {
		.synopsis = "[options] DB [STREAM]",
		.operand = "DB",
		.purpose = "Make the database DB of a dir stream in tree order, as depth-sort writes "
			   "it.",
		.rows = rows,
		.operands_min = 1,
		.operands_max = 2,
		.stdin_below = 2,
		.about = { stream_opts_about, db_schema_about },
	};

	*opt = (struct options){ .streams.in.kind = KIND_DIR, .mode = MODE_NONE };
	opts_init(&opt->shared);
	opts_parse(&program, argc, argv);
	opt->db = argv[1];
	opt->stream = argv[2];
	if (strcmp(opt->db, "-") == 0)
		opts_die("a database cannot be standard output");
	check_name(opt->db);
}

struct level {
	size_t len; /* of its path */
	int64_t dir_id;
};

struct loader {
	struct db db;
	struct tree_in in;
	struct db_batch rows;
	struct buf path;      /* the directory that was loaded last */
	struct level *levels; /* it and its ancestors, the root first */
	size_t depth, levels_cap;
	uint64_t directories, implied;
	struct account account;
};

/* The next row: a child of the lowest open directory, or the root. `line` NULL: implied. */
static void open_directory(struct loader *l, const char *path, size_t len,
			   const struct inode_line *line)
{
	size_t name_at = l->depth ? l->levels[l->depth - 1].len + 1 : 0;
	int64_t *row = db_batch_add(&l->rows);

	l->directories++;
	row[0] = (int64_t)l->directories;
	row[1] = l->depth ? l->levels[l->depth - 1].dir_id : DB_NULL;
	if (l->depth)
		db_batch_set_name(&l->rows, row, path + name_at, len - name_at);
	else
		db_batch_set_name(&l->rows, row, "/", 1);
	row[3] = (int64_t)l->depth;
	row[4] = line ? (int64_t)line->inode : DB_NULL;
	row[5] = line ? (int64_t)line->generation : DB_NULL;
	row[6] = line ? line->uid : DB_NULL;
	row[7] = line ? line->gid : DB_NULL;
	row[8] = line ? line->mode : DB_NULL;
	row[9] = line ? (int64_t)line->allocated : DB_NULL;
	l->implied += !line;

	GROW(l->levels, l->levels_cap, l->depth + 1);
	l->levels[l->depth++] = (struct level){ len, row[0] };
}

/*
 * Is the lowest open directory an ancestor of `path`, which shares `common` bytes with the last
 * one?
 */
static bool is_above(const struct loader *l, const char *path, size_t len, size_t common)
{
	size_t level_len = l->levels[l->depth - 1].len;

	return level_len <= common && level_len < len && path[level_len] == '\0';
}

static void load_directory(struct loader *l, const char *path, size_t len,
			   const struct inode_line *line)
{
	size_t common = path_common(l->path.data, l->path.len, path, len);

	while (l->depth && !is_above(l, path, len, common))
		l->depth--;
	if (!l->depth)
		open_directory(l, path, 0, len ? NULL : line);
	while (l->levels[l->depth - 1].len < len) {
		size_t at = l->levels[l->depth - 1].len + 1;
		const char *end = memchr(path + at, '\0', len - at);
		size_t end_at = end ? (size_t)(end - path) : len;

		open_directory(l, path, end_at, end ? NULL : line);
	}
	account_dir(&l->account, line != NULL);
	l->path.len = 0;
	buf_add(&l->path, path, len);
}

static void load_stream(struct loader *l, const struct opts *shared)
{
	struct progress progress;

	progress_init(&progress, shared->progress, shared->progress_file);
	progress_phase(&progress, "loading", "directories", 0);
	while (tree_in_next(&l->in)) {
		load_directory(l, (char *)l->in.path.data, l->in.path.len, l->in.line);
		if (l->in.records % 4096 == 0)
			progress_update(&progress, l->directories, 0);
	}
	if (!l->directories)
		die(EXIT_INPUT, "%s: has no directory", l->in.stream.name);
	db_batch_flush(&l->rows);
	progress_end(&progress);
}

static void store_state(struct loader *l)
{
	struct scan_state state = { .head = l->in.stream.head,
				    .ledger = l->in.stream.ledger,
				    .directories = (int64_t)l->directories,
				    .implied = (int64_t)l->implied };

	scan_state_store(&l->db, &state);
}

/*
 * The lock keeps a stats-load that works on the old file from leaving its journal beside the new
 * one, which SQLite would take for the new one's own; and it makes SQLite clear up after one
 * that was killed. It is held until the old file's name is the new one's.
 */
static enum db_state lock_old(struct db *old, const struct options *opt)
{
	struct db_found found;

	db_open(old, opt->db, &found);
	/* What is too old to be read can be replaced. */
	if (found.state != DB_OLDER)
		db_require(opt->db, &found);
	db_found_release(&found);
	if (found.state == DB_ABSENT)
		return found.state;
	if (!opt->replace)
		die(EXIT_USAGE, "%s: is there already, %s; --replace replaces it", opt->db,
		    found.state == DB_OLDER	? "made by an older version" :
		    found.state == DB_COMPLETE ? "complete with statistics" :
						 "with directories, without statistics");
	db_exec(old, "BEGIN IMMEDIATE");
	return found.state;
}

static void make_database(struct loader *l, const struct options *opt)
{
	uint64_t memory = opt->shared.memory / 2;

	tree_in_open(&l->in, opt->stream, &opt->streams.in);
	db_create(&l->db, opt->db);
	if (opt->mode != MODE_NONE)
		outfile_exact_mode(&l->db.file, opt->mode);
	db_limits(&l->db, memory < CACHE_ENOUGH ? memory : CACHE_ENOUGH, 1);
	db_exec(&l->db, "BEGIN");
	db_exec(&l->db, db_schema_directories);
	db_batch_init(&l->rows, &l->db, "directories", DIRECTORIES_COLUMNS, DIRECTORIES_NAME,
		      DB_BATCH_ROWS);
	db_batch_whole_columns(&l->rows, 1u << 4 | 1u << 5, 9); /* inode, generation; allocated */
	load_stream(l, &opt->shared);
	account_check(&l->account, KIND_DIR, &l->in.stream.ledger, l->in.stream.name);
	header_add_program(&l->in.stream.head, program_invocation_short_name);
	store_state(l);
	db_exec(&l->db, "COMMIT");
	db_batch_release(&l->rows);
	if (opt->shared.verbose)
		warn("%" PRIu64 " directories, %" PRIu64 " of them implied, database of %" PRId64
		     " bytes",
		     l->directories, l->implied,
		     DB_PAGE_SIZE * db_integer(&l->db, "PRAGMA page_count"));
}

static void loader_release(struct loader *l)
{
	tree_in_close(&l->in);
	buf_release(&l->path);
	free(l->levels);
}

int main(int argc, char **argv)
{
	struct options opt = { 0 };
	struct loader loader = { 0 };
	struct db old;
	enum db_state state;

	tool_begin(argv, "dir-load");
	parse_args(&opt, argc, argv);
	db_setup(opt.shared.temp_dir);
	state = lock_old(&old, &opt);
	make_database(&loader, &opt);
	if (state == DB_ABSENT) {
		if (access(opt.db, F_OK) == 0)
			die(EXIT_USAGE, "%s: was made by another program meanwhile", opt.db);
		db_clear_name(&loader.db);
	}
	db_publish(&loader.db);
	db_close(&old);
	loader_release(&loader);
	return EXIT_OK;
}
