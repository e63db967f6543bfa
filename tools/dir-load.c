/* SPDX-License-Identifier: MIT */
/*
 * dir-load - make a database of a stream of directories: the table `directories` and its index.
 *
 * The stream is in tree order: a directory comes right before its subtree. So its parent, and every
 * ancestor that the stream does not have, is found with a stack of the directories that are open,
 * and dir_id is a counter:
 *
 *     /gpfs/fs1/a      makes 1 `/`, 2 `gpfs`, 3 `fs1` (implied: not in the stream), then 4 `a`
 *     /gpfs/fs1/a/b    5, below 4
 *     /gpfs/fs1/c      closes 5 and 4; 6, below 3
 *
 * Rows come in the order of the table and go into its pages (db_tree.h). The keys of the index, by
 * parent, wait in a sorter. SQLite makes the empty tables before, and reads and writes all that is
 * small.
 *
 * Memory does not grow with the stream; the stack needs 16 bytes a level.
 */
#include <inttypes.h>
#include <limits.h>
#include <unistd.h>

#include "common/db/db_file.h"
#include "common/db/db_record.h"
#include "common/db/db_scan.h"
#include "common/db/db_schema.h"
#include "common/db/db_tree.h"
#include "common/base/path.h"
#include "common/base/progress.h"
#include "common/base/utf8.h"
#include "common/sort/word_sort.h"
#include "common/stream/account.h"
#include "common/stream/stream_opts.h"
#include "common/stream/tree_in.h"

/* What SQLite has to do here is little (bytes). */
#define CACHE_ENOUGH (2u << 20)
/* Pages are written in pieces of at most this (bytes). */
#define PIECE_ENOUGH (4u << 20)

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
	struct db_pages pages;
	struct db_tree rows;
	struct word_sort parents; /* parent, dir_id: keys of the index */
	size_t piece;            /* bytes of pages that are written at a time */
	unsigned char *record;   /* room for any row */
	struct buf path;      /* the directory that was loaded last */
	struct level *levels; /* it and its ancestors, the root first */
	size_t depth, levels_cap;
	uint64_t directories, implied;
	struct account account;
};

/* ---- rows and keys ---- */

static void add_row(struct loader *l, int64_t parent, const char *name, size_t len, bool text,
		    const struct inode_line *line)
{
	struct db_record r;

	db_record_begin(&r, l->record, DIRECTORIES_COLUMNS, len);
	db_record_null(&r); /* dir_id is the rowid */
	db_record_nullable(&r, parent);
	db_record_name(&r, name, len, text);
	db_record_integer(&r, (int64_t)l->depth);
	if (line) {
		db_record_integer(&r, (int64_t)line->inode);
		db_record_integer(&r, (int64_t)line->generation);
		db_record_integer(&r, line->uid);
		db_record_integer(&r, line->gid);
		db_record_integer(&r, line->mode);
		db_record_integer(&r, (int64_t)line->allocated);
	} else {
		for (int i = 0; i < 6; i++)
			db_record_null(&r);
	}
	db_tree_add_row(&l->rows, (int64_t)l->directories, l->record, db_record_end(&r));
}

/* 0 stands for NULL, which comes before all numbers. */
static void add_key(struct loader *l, int64_t parent)
{
	const struct word_item item = {
		.word = { parent == DB_NULL ? 0 : (uint64_t)parent, l->directories }
	};

	word_sort_add(&l->parents, &item);
}

static void write_index(struct loader *l, struct progress *progress)
{
	struct word_item item;
	struct db_tree index;
	struct db_record r;

	word_sort_end_input(&l->parents);
	db_tree_begin(&index, &l->pages, db_root_page(&l->db, "directories_by_parent"), false,
		      l->piece);
	while (word_sort_next(&l->parents, &item)) {
		db_record_begin(&r, l->record, 2, 0);
		db_record_nullable(&r, item.word[0] ? (int64_t)item.word[0] : DB_NULL);
		db_record_integer(&r, (int64_t)item.word[1]);
		db_tree_add_key(&index, l->record, db_record_end(&r));
		if (index.count % 4096 == 0)
			progress_update(progress, index.count, 0);
	}
	db_tree_end(&index);
	word_sort_release(&l->parents);
}

/* ---- directories ---- */

/* The next row: a child of the lowest open directory, or the root. `line` NULL: implied. */
static void open_directory(struct loader *l, const char *path, size_t len,
			   const struct inode_line *line)
{
	size_t name_at = l->depth ? l->levels[l->depth - 1].len + 1 : 0;
	const char *name = l->depth ? path + name_at : "/";
	size_t name_len = l->depth ? len - name_at : 1;
	int64_t parent = l->depth ? l->levels[l->depth - 1].dir_id : DB_NULL;
	bool text = utf8_valid(name, name_len);

	l->directories++;
	add_row(l, parent, name, name_len, text, line);
	add_key(l, parent);
	l->implied += !line;

	GROW(l->levels, l->levels_cap, l->depth + 1);
	l->levels[l->depth++] = (struct level){ len, (int64_t)l->directories };
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
	db_tree_end(&l->rows);
	progress_phase(&progress, "index", "directories", l->directories);
	write_index(l, &progress);
	db_pages_finish(&l->pages);
	progress_end(&progress);
}

static void store_state(struct loader *l)
{
	struct scan_state state = { .head = l->in.stream.head,
				    .ledger = l->in.stream.ledger,
				    .directories = (int64_t)l->directories,
				    .implied = (int64_t)l->implied,
				    .pages = l->pages.count };

	db_pages_hash(&l->pages, l->pages.count, db_root_page(&l->db, "load_state"),
		      state.pages_hash);
	db_exec(&l->db, "BEGIN");
	scan_state_store(&l->db, &state);
	db_exec(&l->db, "COMMIT");
}

/* SQLite must find what was written, in the table and in the index. */
static void check_counts(struct loader *l)
{
	db_check_count(&l->db, "directories", NULL, l->directories);
	db_check_count(&l->db, "directories", "directories_by_parent", l->directories);
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

/* Empty tables, and pages behind them. */
static void begin_pages(struct loader *l, const struct opts *shared)
{
	const struct word_sort_config sorting = {
		.words = 2, .unsorted = 1, .memory = shared->memory / 2,
		.temp_dir = shared->temp_dir, .quiet = shared->quiet,
	};

	db_exec(&l->db, "BEGIN");
	db_exec(&l->db, db_schema_directories);
	db_exec(&l->db, "COMMIT");
	db_begin_pages(&l->db, &l->pages);
	l->piece = shared->memory / 16 < PIECE_ENOUGH ? shared->memory / 16 : PIECE_ENOUGH;
	db_tree_begin(&l->rows, &l->pages, db_root_page(&l->db, "directories"), true,
		      l->piece);
	word_sort_init(&l->parents, &sorting);
	l->record = xmalloc(DB_RECORD_MAX + PATH_BYTES_MAX);
}

static void make_database(struct loader *l, const struct options *opt)
{
	uint64_t memory = opt->shared.memory / 8;

	tree_in_open(&l->in, opt->stream, &opt->streams.in);
	db_create(&l->db, opt->db);
	if (opt->mode != MODE_NONE)
		outfile_exact_mode(&l->db.file, opt->mode);
	db_limits(&l->db, memory < CACHE_ENOUGH ? memory : CACHE_ENOUGH);
	begin_pages(l, &opt->shared);
	load_stream(l, &opt->shared);
	account_check(&l->account, KIND_DIR, &l->in.stream.ledger, l->in.stream.name);
	header_add_program(&l->in.stream.head, program_invocation_short_name);
	store_state(l);
	check_counts(l);
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
	free(l->record);
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
