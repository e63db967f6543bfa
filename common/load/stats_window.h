/*
 * stats_window - rows of directory_stats on their way into the table.
 *
 * They become complete out of order, children first. They wait in a window of STATS_WINDOW
 * directories; when the next one does not fit, all are inserted in one go, in the order of dir_id.
 * Those that are not complete belong to open directories, few however large the tree is; they are
 * inserted with as many bytes as they can come to need, and updated when they are complete.
 */
#ifndef TREETALLY_STATS_WINDOW_H
#define TREETALLY_STATS_WINDOW_H

#include "common/db/db_batch.h"
#include "common/load/rollup.h"

#define STATS_WINDOW 8192

struct stats_window {
	struct db *db;
	struct db_batch rows;
	int64_t from;         /* the directory of row 0 */
	sqlite3_stmt *late;   /* updates one row of directory_stats */
	uint64_t late_rows;
};

/* The table exists and is empty. */
void stats_window_init(struct stats_window *w, struct db *db);

/* The next directory, in the order of dir_id: makes room for its totals, which come later. */
void stats_window_open_dir(struct stats_window *w, int64_t dir_id);
void stats_window_put_totals(struct stats_window *w, const struct dir_totals *d);

/* That was all: insert what waits, and free. */
void stats_window_finish(struct stats_window *w);

#endif
