/*
 * stats_tables - how stats-load fills the tables of numbers.
 *
 * Rows of directory_stats become complete out of order, children first. They wait in a window of
 * STATS_WINDOW directories; when the next one does not fit, all are inserted in one go, in the order
 * of dir_id. Those that are not complete belong to open directories, few however large the tree is;
 * they are inserted with as many bytes as they can come to need, and updated when they are complete.
 */
#ifndef TREETALLY_STATS_TABLES_H
#define TREETALLY_STATS_TABLES_H

#include "common/db_batch.h"
#include "common/rollup.h"
#include "common/stats_sort.h"

#define STATS_WINDOW 8192

/* Groups of one directory that are told apart in memory; when it has more, SQLite does it. */
#define GROUPS_KEPT 256

struct stats_tables {
	struct db *db;
	struct stats_sort *sorted;
	struct db_batch window;   /* directory_stats; row 0 is for directory `window_from` */
	int64_t window_from;
	sqlite3_stmt *late;       /* updates one row of directory_stats */
	struct db_batch usage_nr; /* into staged_usage (db_schema.h) */
	int64_t usage_dir;        /* whose usage rows are coming; 0: none yet */
	uint32_t last_uid;
	uint32_t groups[GROUPS_KEPT];
	size_t group_count;       /* GROUPS_KEPT + 1: there are more */
	uint64_t late_rows, usage_nr_rows, usage_r_rows;
};

/* The tables exist and are empty; `sorted` takes the counts of owners, and belongs to the caller. */
void stats_tables_init(struct stats_tables *t, struct db *db, struct stats_sort *sorted);

/* The next directory, in the order of dir_id: makes room for its totals, which come later. */
void stats_tables_open_dir(struct stats_tables *t, int64_t dir_id);
void stats_tables_put_totals(struct stats_tables *t, const struct dir_totals *d);

/* A row of usage_nr, in the order of that table: a directory's by uid, then gid. */
void stats_tables_put_usage(struct stats_tables *t, int64_t dir_id, const struct usage_key *key,
			    const struct usage_sums *sums);

/* That was all: the rows of directory_stats and usage_nr are in their tables now. */
void stats_tables_finish(struct stats_tables *t);

/*
 * Write usage_r from what was sorted, usage_by and the histograms. `root_id` is the scan root: what the sorter has for directories
 * above it is left out. *next is then the first item behind usage_r.
 */
void stats_tables_write_usage_r(struct stats_tables *t, int64_t root_id, bool root_has_child,
				struct stats_item *next);

/* Write the summaries, from usage_by and the items from *next on. */
void stats_tables_write_summaries(struct stats_tables *t, int64_t root_id, struct stats_item *next);

void stats_tables_release(struct stats_tables *t);

#endif
