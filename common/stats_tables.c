#include "common/stats_tables.h"

#include <assert.h>

#include "common/db_schema.h"
#include "common/usage_by.h"

static_assert(TIME_NONE == DB_NULL, "a time that is missing becomes NULL");

void stats_tables_init(struct stats_tables *t, struct db *db, struct stats_sort *sorted)
{
	*t = (struct stats_tables){ .db = db, .sorted = sorted };
	db_batch_init(&t->window, db, "directory_stats", DIRECTORY_STATS_COLUMNS, DB_BATCH_NO_NAME,
		      STATS_WINDOW);
	db_exec(db, db_schema_stage);
	db_batch_init(&t->usage_nr, db, "staged_usage", USAGE_COLUMNS, DB_BATCH_NO_NAME,
		      DB_BATCH_ROWS);
	t->late = db_prepare(
		db,
		"UPDATE directory_stats SET file_count_nr = ?2, total_size_nr = ?3,"
		" apparent_size_nr = ?4, dir_count_nr = ?5, max_atime_nr = ?6, max_mtime_nr = ?7,"
		" file_count_r = ?8, total_size_r = ?9, apparent_size_r = ?10, dir_count_r = ?11,"
		" max_atime_r = ?12, max_mtime_r = ?13, owner_uid = ?14, owner_gid = ?15"
		" WHERE dir_id = ?1");
}

void stats_tables_open_dir(struct stats_tables *t, int64_t dir_id)
{
	int64_t *row = db_batch_add(&t->window);

	if (t->window.count == 1)
		t->window_from = dir_id;
	row[0] = dir_id;
	/* Should the window be inserted before this row is complete, it has the room that it can need. */
	for (int i = 1; i < DIRECTORY_STATS_COLUMNS; i++)
		row[i] = INT64_MAX;
}

static void fill_half(int64_t *row, const struct usage_sums *sums, uint64_t dirs)
{
	row[0] = (int64_t)sums->file_count;
	row[1] = (int64_t)sums->total_size;
	row[2] = (int64_t)sums->apparent_size;
	row[3] = (int64_t)dirs;
	row[4] = sums->max_atime;
	row[5] = sums->max_mtime;
}

void stats_tables_put_totals(struct stats_tables *t, const struct dir_totals *d)
{
	int64_t late[DIRECTORY_STATS_COLUMNS], *row = late;

	if (d->dir_id >= t->window_from)
		row = t->window.values + (d->dir_id - t->window_from) * DIRECTORY_STATS_COLUMNS;
	row[0] = d->dir_id;
	fill_half(row + 1, &d->own, d->own_dirs);
	fill_half(row + 7, &d->whole, d->whole_dirs);
	row[13] = d->uid == OWNER_SEVERAL ? DB_NULL : d->uid;
	row[14] = d->gid == OWNER_SEVERAL ? DB_NULL : d->gid;
	if (row != late)
		return;
	for (int i = 0; i < DIRECTORY_STATS_COLUMNS; i++)
		db_bind(t->db, t->late, i + 1, late[i]);
	db_step(t->db, t->late);
	t->late_rows++;
}

static void fill_usage(int64_t *row, int64_t dir_id, const struct usage_key *key,
		       const struct usage_sums *sums)
{
	row[0] = dir_id;
	row[1] = key->uid;
	row[2] = key->gid;
	row[3] = key->age_bucket;
	row[4] = key->size_bucket;
	row[5] = (int64_t)sums->file_count;
	row[6] = (int64_t)sums->total_size;
	row[7] = (int64_t)sums->apparent_size;
}

static void note_group(struct stats_tables *t, uint32_t gid)
{
	/* The last one first: it mostly is that. */
	for (size_t i = t->group_count; i-- > 0;) {
		if (t->groups[i] == gid)
			return;
	}
	if (t->group_count < GROUPS_KEPT)
		t->groups[t->group_count] = gid;
	t->group_count++;
}

/* Each group of the directory whose rows are in has one directory more. */
static void count_groups(struct stats_tables *t)
{
	sqlite3_stmt *select;

	if (t->group_count <= GROUPS_KEPT) {
		for (size_t i = 0; i < t->group_count; i++)
			stats_sort_add_owner(t->sorted, PART_GIDS, t->groups[i], 1, 0);
		return;
	}
	db_batch_flush(&t->usage_nr);
	select = db_prepare(t->db, "SELECT DISTINCT gid FROM staged_usage WHERE dir_id = ?");
	db_bind(t->db, select, 1, t->usage_dir);
	while (db_step(t->db, select))
		stats_sort_add_owner(t->sorted, PART_GIDS,
				     (uint32_t)sqlite3_column_int64(select, 0), 1, 0);
	sqlite3_finalize(select);
}

void stats_tables_put_usage(struct stats_tables *t, int64_t dir_id, const struct usage_key *key,
			    const struct usage_sums *sums)
{
	bool next_dir = dir_id != t->usage_dir;

	if (next_dir) {
		count_groups(t);
		t->usage_dir = dir_id;
		t->group_count = 0;
	}
	if (next_dir || key->uid != t->last_uid)
		stats_sort_add_owner(t->sorted, PART_UIDS, key->uid, 1, 0);
	t->last_uid = key->uid;
	if (t->group_count <= GROUPS_KEPT)
		note_group(t, key->gid);
	fill_usage(db_batch_add(&t->usage_nr), dir_id, key, sums);
	t->usage_nr_rows++;
}

void stats_tables_finish(struct stats_tables *t)
{
	count_groups(t);
	db_batch_flush(&t->window);
	db_batch_flush(&t->usage_nr);
	db_exec(t->db, db_schema_unstage);
}

/* A scan root without children holds all files there are, and was not folded (usage_fold.h). */
static void copy_usage(struct stats_tables *t, struct usage_by *by)
{
	sqlite3_stmt *select;

	db_exec(t->db, "INSERT INTO usage_r SELECT * FROM usage_nr");
	t->usage_r_rows = t->usage_nr_rows;
	select = db_prepare(
		t->db, "SELECT dir_id, uid, gid, age_bucket, size_bucket, file_count, total_size,"
		       " apparent_size FROM usage_r ORDER BY dir_id, uid");
	while (db_step(t->db, select)) {
		const struct usage_key key = {
			(uint32_t)sqlite3_column_int64(select, 1),
			(uint32_t)sqlite3_column_int64(select, 2),
			(uint8_t)sqlite3_column_int(select, 3),
			(uint8_t)sqlite3_column_int(select, 4),
		};
		const struct usage_sums sums = {
			(uint64_t)sqlite3_column_int64(select, 5),
			(uint64_t)sqlite3_column_int64(select, 6),
			(uint64_t)sqlite3_column_int64(select, 7),
			TIME_NONE,
			TIME_NONE,
		};

		usage_by_add(by, sqlite3_column_int64(select, 0), &key, &sums);
	}
	sqlite3_finalize(select);
}

void stats_tables_write_usage_r(struct stats_tables *t, int64_t root_id, bool root_has_child,
				struct stats_item *next)
{
	struct usage_by by;
	struct db_batch rows;

	db_batch_init(&rows, t->db, "usage_r", USAGE_COLUMNS, DB_BATCH_NO_NAME, DB_BATCH_ROWS);
	usage_by_init(&by, t->db, &rows);
	for (stats_sort_next(t->sorted, next); next->part == PART_USAGE_R;
	     stats_sort_next(t->sorted, next)) {
		if (next->dir_id < root_id)
			continue;
		fill_usage(db_batch_add(&rows), next->dir_id, &next->key, &next->sums);
		usage_by_add(&by, next->dir_id, &next->key, &next->sums);
		t->usage_r_rows++;
	}
	db_batch_flush(&rows);
	if (!root_has_child)
		copy_usage(t, &by);
	usage_by_finish(&by);
	db_batch_release(&rows);
}

/* The sums of one owner, whose rows come next in `usage`: id and three sums, by id. */
static void add_owner(struct db *db, sqlite3_stmt *usage, bool *more, uint32_t id,
		      struct usage_sums *sums)
{
	while (*more && sqlite3_column_int64(usage, 0) == id) {
		const struct usage_sums row = {
			(uint64_t)sqlite3_column_int64(usage, 1),
			(uint64_t)sqlite3_column_int64(usage, 2),
			(uint64_t)sqlite3_column_int64(usage, 3),
			TIME_NONE,
			TIME_NONE,
		};

		if (!usage_add(sums, &row))
			die(EXIT_INPUT, "the files or bytes of an owner exceed 2^63-1");
		*more = db_step(db, usage);
	}
}

/*
 * Everybody with a file has a count of directories, so the counts say which rows there are; the sums
 * are those of the scan root. SQL's sum() would fail where file lengths stop at 2^63-1.
 */
static void write_summary(struct stats_tables *t, const char *table, const char *usage_by_id,
			  int64_t root_id, struct stats_item *next)
{
	sqlite3_stmt *usage = db_prepare(t->db, usage_by_id);
	enum stats_part part = next->part;
	struct db_batch rows;
	bool more;

	db_batch_init(&rows, t->db, table, SUMMARY_COLUMNS, DB_BATCH_NO_NAME, DB_BATCH_ROWS);
	db_bind(t->db, usage, 1, root_id);
	more = db_step(t->db, usage);
	for (; next->part == part; stats_sort_next(t->sorted, next)) {
		struct usage_sums sums = { 0, 0, 0, TIME_NONE, TIME_NONE };
		int64_t *row = db_batch_add(&rows);

		add_owner(t->db, usage, &more, next->id, &sums);
		row[0] = next->id;
		row[1] = (int64_t)sums.total_size;
		row[2] = (int64_t)sums.apparent_size;
		row[3] = (int64_t)sums.file_count;
		row[4] = (int64_t)next->directories;
		row[5] = (int64_t)next->owned;
	}
	assert(!more);
	sqlite3_finalize(usage);
	db_batch_release(&rows);
}

static void write_histogram(struct stats_tables *t, const char *insert, int64_t root_id)
{
	sqlite3_stmt *statement = db_prepare(t->db, insert);

	db_bind(t->db, statement, 1, root_id);
	db_step(t->db, statement);
	sqlite3_finalize(statement);
}

void stats_tables_write_summaries(struct stats_tables *t, int64_t root_id, struct stats_item *next)
{
	if (next->part == PART_UIDS)
		write_summary(t, "owner_summary",
			      "SELECT uid, file_count, total_size, apparent_size"
			      " FROM usage_r WHERE dir_id = ? ORDER BY uid",
			      root_id, next);
	if (next->part == PART_GIDS)
		write_summary(t, "group_summary",
			      "SELECT gid, file_count, total_size, apparent_size"
			      " FROM usage_r WHERE dir_id = ? ORDER BY gid",
			      root_id, next);
	write_histogram(t, "INSERT INTO access_histogram"
			   " SELECT uid, age_bucket, sum(file_count), sum(total_size) FROM usage_r"
			   " WHERE dir_id = ? GROUP BY uid, age_bucket", root_id);
	write_histogram(t, "INSERT INTO size_histogram"
			   " SELECT uid, size_bucket, sum(file_count), sum(total_size) FROM usage_r"
			   " WHERE dir_id = ? GROUP BY uid, size_bucket", root_id);
}

void stats_tables_release(struct stats_tables *t)
{
	db_batch_release(&t->window);
	db_batch_release(&t->usage_nr);
	sqlite3_finalize(t->late);
	*t = (struct stats_tables){ 0 };
}
