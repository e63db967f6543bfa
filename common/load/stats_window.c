#include "common/load/stats_window.h"

#include <assert.h>

#include "common/db/db_schema.h"

static_assert(TIME_NONE == DB_NULL, "a time that is missing becomes NULL");

/* A row that was inserted before it was complete gets its values. */
static sqlite3_stmt *prepare_late(struct db *db)
{
#define SET(name) ", " #name " = ?"
	static const char columns[] = DIRECTORY_STATS(SET, SET, SET);
	char *sql = xasprintf("UPDATE directory_stats SET %s WHERE dir_id = ?", columns + 2);
	sqlite3_stmt *late = db_prepare(db, sql);

	free(sql);
	return late;
}

void stats_window_init(struct stats_window *w, struct db *db)
{
	*w = (struct stats_window){ .db = db };
	db_batch_init(&w->rows, db, "directory_stats", DIRECTORY_STATS_COLUMNS, DB_BATCH_NO_NAME,
		      STATS_WINDOW);
	w->late = prepare_late(db);
}

void stats_window_open_dir(struct stats_window *w, int64_t dir_id)
{
	int64_t *row = db_batch_add(&w->rows);

	if (w->rows.count == 1)
		w->from = dir_id;
	row[STATS_dir_id] = dir_id;
	/* Should the window be inserted before this row is complete, it has the room that it can need. */
	for (int i = 1; i < DIRECTORY_STATS_COLUMNS; i++)
		row[i] = INT64_MAX;
}

#define FILL(row, suffix, sums, dirs) \
	((row)[STATS_file_count_##suffix] = (int64_t)(sums)->file_count, \
	 (row)[STATS_total_size_##suffix] = (int64_t)(sums)->total_size, \
	 (row)[STATS_apparent_size_##suffix] = (int64_t)(sums)->apparent_size, \
	 (row)[STATS_dir_count_##suffix] = (int64_t)(dirs), \
	 (row)[STATS_max_atime_##suffix] = (sums)->max_atime, \
	 (row)[STATS_max_mtime_##suffix] = (sums)->max_mtime)

void stats_window_put_totals(struct stats_window *w, const struct dir_totals *d)
{
	int64_t late[DIRECTORY_STATS_COLUMNS], *row = late;

	if (d->dir_id >= w->from)
		row = w->rows.values + (d->dir_id - w->from) * DIRECTORY_STATS_COLUMNS;
	row[STATS_dir_id] = d->dir_id;
	FILL(row, nr, &d->own, d->own_dirs);
	FILL(row, r, &d->whole, d->whole_dirs);
	row[STATS_owner_uid] = d->uid == OWNER_SEVERAL ? DB_NULL : d->uid;
	row[STATS_owner_gid] = d->gid == OWNER_SEVERAL ? DB_NULL : d->gid;
	if (row != late)
		return;
	/* dir_id, which is the first column, is the last parameter. */
	for (int i = 1; i < DIRECTORY_STATS_COLUMNS; i++)
		db_bind(w->db, w->late, i, late[i]);
	db_bind(w->db, w->late, DIRECTORY_STATS_COLUMNS, d->dir_id);
	db_step(w->db, w->late);
	w->late_rows++;
}

void stats_window_finish(struct stats_window *w)
{
	db_batch_release(&w->rows);
	sqlite3_finalize(w->late);
	w->late = NULL;
}
