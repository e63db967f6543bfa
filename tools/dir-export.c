/* SPDX-License-Identifier: MIT */
/*
 * dir-export - a finished database for other viewers: ncdu's export format.
 *
 * Directories come in the order of dir_id, each right before its subtree, so one read of a range of
 * two tables is the whole export; kept are the open directories, from the first one down to the
 * current. Each begins with what has to come out below it. What its shown directories take away from
 * that, and its own files, leave what was folded: known when it ends, without a sum over anything
 * that is not shown.
 *
 *     /gpfs/fs1       1.5 TiB                       [{"name":"/gpfs/fs1"},
 *       4 files       0.1 TiB  shown as one entry     {"name":"<4 files>",...},
 *       a             1.3 TiB  above --min-size       [{"name":"a"},...],
 *       x             1.0 GiB  has several links      {"name":"x","hlnkc":true,...},
 *       b, c          the rest, folded                {"name":"<2 directories below 1.0 GiB>",...}]
 *
 * Paths of files with several links come from a table of their own, in the same order. Each is an
 * entry of the shown directory that it is in or below, and not part of the other entries; so ncdu can
 * count it once wherever it looks. Where they are too many for that, each counts as a file where its
 * first path is, and the others nowhere.
 */
#include "common/base/human.h"
#include "common/db/db_column.h"
#include "common/query/link_files.h"
#include "common/query/ncdu_out.h"
#include "common/base/opts.h"
#include "common/db/db_schema.h"
#include "common/base/progress.h"
#include "common/query/scope.h"

/* Entries of an export whose --min-size was not given are fewer. Keep dir-export(1) in step. */
#define ENTRIES_WANTED 1000000
/* A directory is at most so many entries: itself, its files, what is folded in it. */
#define ENTRIES_EACH 3
/* Of these so many may be paths of files with several links. */
#define LINKS_WANTED (ENTRIES_WANTED / 4)

struct options {
	struct opts shared;
	bool ncdu, count_links;
	struct scope_options where;
	bool min_size_given;
	uint64_t min_size;
	const char *output; /* NULL: standard output */
};

static void parse_args(struct options *opt, int argc, char **argv)
{
	struct opt rows[] = {
		OPT_FLAG(0, "ncdu", "the export format of ncdu (JSON)", &opt->ncdu),
		OPT_LIST('P', "path-prefix", "PATH", "only PATH and all below it [scan root]",
			 &opt->where.prefixes, &opt->where.prefix_count),
		OPT_SIZE(0, "min-size", "SIZE",
			 "fold directories of fewer allocated bytes; 0 folds none [what gives "
			 "fewer than 1,000,000 entries]", &opt->min_size),
		OPT_FLAG('l', "count-links", "count each link to a file, as du -l",
			 &opt->count_links),
		OPT_TEXT('o', "output", "FILE", "write to FILE, which appears when it is complete",
			 &opt->output),
		OPTS_RESOURCES(&opt->shared),
		OPTS_PROGRESS(&opt->shared),
		OPTS_COMMON(&opt->shared),
		OPT_END,
	};
	const struct opts_program program = {
		.synopsis = "--ncdu [options] DB",
		.operand = "DB",
		.purpose = "Export the directories of a database, so that ncdu can browse them.",
		.footer = DB_READER_HELP,
		.rows = rows,
		.operands_min = 1,
		.operands_max = 1,
		.about = { db_schema_about },
	};

	*opt = (struct options){ 0 };
	opts_init(&opt->shared);
	opts_parse(&program, argc, argv);
	opt->min_size_given = opts_given(rows, "min-size");
	if (!opt->ncdu)
		opts_die("say which format: --ncdu is the only one so far");
	if (opt->where.prefix_count > 1)
		opts_die("--path-prefix: one export begins at one directory");
}

/* ---- how much is folded ---- */

static uint64_t round_up(uint64_t size)
{
	uint64_t power = 1;

	while (power < size && power < (uint64_t)1 << 62)
		power *= 2;
	return power < size ? size : power;
}

/*
 * The least size of which few enough directories are, rounded up to a power of two. A directory is
 * never smaller than what is in it, each link counted, so those that are shown make a tree.
 */
static uint64_t choose_min_size(struct db_reader_db *a, const struct scope_prefix *p, int64_t links)
{
	const int64_t wanted = (ENTRIES_WANTED - links) / ENTRIES_EACH;
	sqlite3_stmt *select;
	uint64_t size;

	if (p->last - p->dir_id < wanted)
		return 0;
	select = db_prepare(
		&a->db,
		"SELECT total_size_r FROM directory_stats INDEXED BY stats_by_size"
		" WHERE dir_id BETWEEN ? AND ? ORDER BY total_size_r DESC LIMIT 1 OFFSET ?");
	db_bind(&a->db, select, 1, p->dir_id);
	db_bind(&a->db, select, 2, p->last);
	db_bind(&a->db, select, 3, wanted);
	size = db_step(&a->db, select) ? (uint64_t)db_column(&a->db, select, 0, DB_SIZE) + 1 : 0;
	db_reader_finalize(a, select);
	return round_up(size);
}

/* ---- the tree ---- */

/* An open directory, and what below it has not come out yet. */
struct open_dir {
	int64_t last; /* its subtree ends with this id */
	int64_t directories;
	struct sums folded;
};

struct exporter {
	const struct options *opt;
	struct db_reader_db *a;
	struct ncdu_out out;
	uint64_t min_size;
	struct open_dir *open;
	size_t depth, cap;
	uint64_t shown;
	bool once, fold_links; /* links count once; paths are no entries */
	struct link_files links;
	struct progress progress;
};

enum {
	COL_ID,
	COL_NAME,
	COL_FILES,
	COL_SIZE,
	COL_APPARENT,
	COL_DIRS_BELOW,
	COL_FILES_BELOW,
	COL_SIZE_BELOW,
	COL_APPARENT_BELOW,
};

/* Only rows that are shown are looked up in `directories`; the `+` keeps SQLite to the range. */
static const char tree_sql[] =
	"SELECT s.dir_id, d.name, s.file_count_nr, s.total_size_nr, s.apparent_size_nr,"
	" s.dir_count_r, s.file_count_r, s.total_size_r, s.apparent_size_r"
	" FROM directory_stats AS s CROSS JOIN directories AS d ON d.dir_id = s.dir_id"
	" WHERE s.dir_id BETWEEN ?1 AND ?2 AND (+s.total_size_r >= ?3 OR +s.dir_id = ?1) ORDER BY "
	"s.dir_id";

static NORETURN void die_smaller(const struct exporter *e)
{
	die(EXIT_INPUT, "%s: is damaged: a directory has less than what is below it", e->a->db.name);
}

/* What is left of an apparent size that may stand for "2^63-1 or more". */
static int64_t left_of(int64_t whole, int64_t part)
{
	return part < whole ? whole - part : 0;
}

/*
 * The current path of a file with several links leaves the sums that it is in, unless it is folded and
 * the first.
 */
static void take_link(struct exporter *e, struct sums *from)
{
	struct link_files *f = &e->links;
	const struct ncdu_link entry = { f->name, f->name_len, f->sums.apparent, f->sums.allocated,
					 f->link, f->links };
	struct sums gone = f->seen;

	if (e->fold_links && f->first)
		sums_subtract(&gone, &f->sums);
	if (from->files < gone.files || from->allocated < gone.allocated)
		die_smaller(e);
	from->files -= gone.files;
	from->allocated -= gone.allocated;
	from->apparent = left_of(from->apparent, gone.apparent);
	if (!e->fold_links)
		ncdu_out_link(&e->out, &entry);
	link_files_next(f);
}

/* Paths below the last open directory that are in none that is shown, up to that directory. */
static void take_folded_links(struct exporter *e, int64_t last)
{
	struct open_dir *dir = &e->open[e->depth - 1];

	while (e->once && e->links.more && e->links.dir_id <= last)
		take_link(e, &dir->folded);
}

static void close_directory(struct exporter *e)
{
	const struct open_dir *dir = &e->open[e->depth - 1];
	char name[100], size[HUMAN_TEXT_SIZE], count[HUMAN_TEXT_SIZE];

	take_folded_links(e, dir->last);
	if (dir->directories) {
		snprintf(name, sizeof(name), "<%s director%s below %s>",
			 human_count(count, dir->directories), dir->directories == 1 ? "y" : "ies",
			 human_bytes(size, (int64_t)e->min_size));
		ncdu_out_file(&e->out, name, dir->folded.apparent, dir->folded.allocated);
	}
	ncdu_out_end(&e->out);
	e->depth--;
}

/* The directory is shown, so it is not folded in its parent. */
static void take_from_parent(struct exporter *e, const struct open_dir *dir)
{
	struct open_dir *parent;

	if (!e->depth)
		return;
	parent = &e->open[e->depth - 1];
	if (parent->directories <= dir->directories || parent->folded.files < dir->folded.files ||
	    parent->folded.allocated < dir->folded.allocated)
		die_smaller(e);
	parent->directories -= dir->directories + 1;
	parent->folded.files -= dir->folded.files;
	parent->folded.allocated -= dir->folded.allocated;
	parent->folded.apparent = left_of(parent->folded.apparent, dir->folded.apparent);
}

static void add_name(struct exporter *e, sqlite3_stmt *s)
{
	struct buf path = { 0 };

	if (e->depth) {
		struct db_text name = db_column_text(&e->a->db, s, COL_NAME, DB_NAME_BYTES);

		ncdu_out_begin(&e->out, name.bytes, name.len);
		return;
	}
	scope_shown_path(e->a, db_column(&e->a->db, s, COL_ID, DB_ID), &path);
	ncdu_out_begin(&e->out, path.data, path.len);
	buf_release(&path);
}

static void take_own(struct exporter *e, struct open_dir *dir, const struct sums *own)
{
	if (dir->folded.files < own->files || dir->folded.allocated < own->allocated)
		die_smaller(e);
	dir->folded.files -= own->files;
	dir->folded.allocated -= own->allocated;
	dir->folded.apparent = left_of(dir->folded.apparent, own->apparent);
}

static void open_directory(struct exporter *e, sqlite3_stmt *s)
{
	struct db *db = &e->a->db;
	int64_t id = db_column(db, s, COL_ID, DB_ID);
	struct sums own = { db_column(db, s, COL_FILES, DB_COUNT),
			    db_column(db, s, COL_SIZE, DB_SIZE),
			    db_column(db, s, COL_APPARENT, DB_SIZE) };
	struct open_dir dir = {
		.directories = db_column(db, s, COL_DIRS_BELOW, DB_DIRECTORY_COUNT),
		.folded = { db_column(db, s, COL_FILES_BELOW, DB_COUNT),
			    db_column(db, s, COL_SIZE_BELOW, DB_SIZE),
			    db_column(db, s, COL_APPARENT_BELOW, DB_SIZE) },
	};
	char name[64], count[HUMAN_TEXT_SIZE];

	dir.last = id + dir.directories;
	take_from_parent(e, &dir);
	add_name(e, s);
	take_own(e, &dir, &own);
	while (e->once && e->links.more && e->links.dir_id == id)
		take_link(e, &own);
	if (own.files) {
		snprintf(name, sizeof(name), "<%s file%s>", human_count(count, own.files),
			 own.files == 1 ? "" : "s");
		ncdu_out_file(&e->out, name, own.apparent, own.allocated);
	}
	GROW(e->open, e->cap, e->depth + 1);
	e->open[e->depth++] = dir;
}

static void export_tree(struct exporter *e, const struct scope_prefix *p)
{
	sqlite3_stmt *select = db_prepare(&e->a->db, tree_sql);

	progress_phase(&e->progress, "writing", "directories", (uint64_t)(p->last - p->dir_id + 1));
	db_bind(&e->a->db, select, 1, p->dir_id);
	db_bind(&e->a->db, select, 2, p->last);
	db_bind(&e->a->db, select, 3, (int64_t)e->min_size);
	if (e->once)
		link_files_open(&e->links, e->a, p->dir_id, p->last, e->fold_links);
	while (db_step(&e->a->db, select)) {
		int64_t id = db_column(&e->a->db, select, COL_ID, DB_ID);

		while (e->depth && e->open[e->depth - 1].last < id)
			close_directory(e);
		if (e->depth)
			take_folded_links(e, id - 1);
		open_directory(e, select);
		if (++e->shown % 4096 == 0)
			progress_update(&e->progress, (uint64_t)(id - p->dir_id), 0);
	}
	while (e->depth)
		close_directory(e);
	if (e->once)
		link_files_close(&e->links);
	db_reader_finalize(e->a, select);
}

/* What is shown of directories, and of files with several links. */
static void choose(struct exporter *e, const struct scope_prefix *p)
{
	int64_t links = 0;

	e->once = e->a->linked && !e->opt->count_links;
	e->min_size = e->opt->min_size;
	if (e->opt->min_size_given && !e->min_size)
		return;
	if (e->once)
		links = link_files_count(e->a, p->dir_id, p->last, LINKS_WANTED + 1);
	e->fold_links = links > LINKS_WANTED;
	if (!e->opt->min_size_given)
		e->min_size = choose_min_size(e->a, p, e->fold_links ? 0 : links);
}

static void say_what_was_chosen(const struct exporter *e, int64_t directories)
{
	char size[HUMAN_TEXT_SIZE], all[HUMAN_TEXT_SIZE];

	if (e->opt->shared.quiet)
		return;
	if (e->fold_links)
		warn("%s: files with several links count where their first path is; --min-size 0"
		     " shows all paths", e->a->operand);
	if (e->opt->min_size_given)
		return;
	human_count(all, directories);
	if (e->min_size)
		warn("%s: directories below %s are folded; --min-size 0 shows all %s",
		     e->a->operand, human_bytes(size, (int64_t)e->min_size), all);
	else if (e->opt->shared.verbose)
		warn("%s: nothing is folded: there are %s directories", e->a->operand, all);
}

int main(int argc, char **argv)
{
	struct options opt;
	struct db_reader_set set = { 0 };
	struct exporter e = { .opt = &opt };
	const struct scope_prefix *prefix;
	struct scope *scope;

	tool_begin(argv, "dir-export");
	parse_args(&opt, argc, argv);
	db_reader_temp_dir(opt.shared.temp_dir);
	db_reader_open(&set, argv + 1, 1, opt.shared.quiet, opt.shared.verbose);
	scope = scope_resolve(&set, &opt.where);
	prefix = scope->prefixes;
	e.a = &set.dbs[0];
	progress_init(&e.progress, opt.shared.progress, opt.shared.progress_file);
	choose(&e, prefix);
	say_what_was_chosen(&e, prefix->last - prefix->dir_id + 1);
	ncdu_out_open(&e.out, opt.output, e.a->scan_day * SECONDS_PER_DAY);
	export_tree(&e, prefix);
	ncdu_out_close(&e.out);
	progress_end(&e.progress);
	if (opt.shared.verbose) {
		warn("%" PRIu64 " entries, %" PRIu64 " directories", e.out.entries,
		     e.shown);
		db_reader_report_cost(&set);
	}
	scope_free(scope, 1);
	db_reader_close(&set);
	free(e.open);
	free(opt.where.prefixes);
	return EXIT_OK;
}
