#include "common/load/stats_window.h"

#include <assert.h>

#include "common/db/db_schema.h"

static_assert(TIME_NONE == DB_NULL, "a time that is missing becomes NULL");

void stats_window_init(struct stats_window *w, struct db *db)
{
	*w = (struct stats_window){ .db = db };
	db_batch_init(&w->rows, db, "directory_stats", DIRECTORY_STATS_COLUMNS, DB_BATCH_NO_NAME,
		      STATS_WINDOW);
	w->late = db_prepare(
		db,
		"UPDATE directory_stats SET file_count_nr = ?2, total_size_nr = ?3,"
		" apparent_size_nr = ?4, dir_count_nr = ?5, max_atime_nr = ?6, max_mtime_nr = ?7,"
		" file_count_r = ?8, total_size_r = ?9, apparent_size_r = ?10, dir_count_r = ?11,"
		" max_atime_r = ?12, max_mtime_r = ?13, owner_uid = ?14, owner_gid = ?15"
		" WHERE dir_id = ?1");
}

void stats_window_open_dir(struct stats_window *w, int64_t dir_id)
{
	int64_t *row = db_batch_add(&w->rows);

	if (w->rows.count == 1)
		w->from = dir_id;
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

void stats_window_put_totals(struct stats_window *w, const struct dir_totals *d)
{
	int64_t late[DIRECTORY_STATS_COLUMNS], *row = late;

	if (d->dir_id >= w->from)
		row = w->rows.values + (d->dir_id - w->from) * DIRECTORY_STATS_COLUMNS;
	row[0] = d->dir_id;
	fill_half(row + 1, &d->own, d->own_dirs);
	fill_half(row + 7, &d->whole, d->whole_dirs);
	row[13] = d->uid == OWNER_SEVERAL ? DB_NULL : d->uid;
	row[14] = d->gid == OWNER_SEVERAL ? DB_NULL : d->gid;
	if (row != late)
		return;
	for (int i = 0; i < DIRECTORY_STATS_COLUMNS; i++)
		db_bind(w->db, w->late, i + 1, late[i]);
	db_step(w->db, w->late);
	w->late_rows++;
}

void stats_window_finish(struct stats_window *w)
{
	db_batch_release(&w->rows);
	sqlite3_finalize(w->late);
	w->late = NULL;
}
