/*
 * stats_tables - how stats-load fills the tables of numbers.
 *
 * Rows of directory_stats become complete out of order, children first. They wait in a window of
 * STATS_WINDOW directories; when the next one does not fit, those that are complete are inserted in
 * one go, in the order of dir_id. The others belong to open directories, few however large the
 * tree is, and are inserted singly when they are complete.
 */
#ifndef TREETALLY_STATS_TABLES_H
#define TREETALLY_STATS_TABLES_H

#include "common/db_batch.h"
#include "common/rollup.h"
#include "common/stats_sort.h"

#define STATS_WINDOW 8192

struct stats_tables {
	struct db *db;
	struct db_batch window;   /* directory_stats; row 0 is for directory `window_from` */
	int64_t window_from;
	sqlite3_stmt *late;       /* inserts one row of directory_stats */
	struct db_batch usage_nr;
	uint64_t late_rows, usage_nr_rows, usage_r_rows;
};

/* The tables exist and are empty. */
void stats_tables_init(struct stats_tables *t, struct db *db);

/* The next directory, in the order of dir_id: makes room for its totals, which come later. */
void stats_tables_open_dir(struct stats_tables *t, int64_t dir_id);
void stats_tables_put_totals(struct stats_tables *t, const struct dir_totals *d);
void stats_tables_put_usage(struct stats_tables *t, int64_t dir_id, const struct usage_key *key,
			    const struct usage_sums *sums);

/* All rows of directory_stats and usage_nr are in their tables now. */
void stats_tables_flush(struct stats_tables *t);

/*
 * Write usage_r, the summaries and the histograms from what was sorted. What the sorter has for
 * directories above `root_id`, the scan root, is left out. `progress` may be NULL.
 */
void stats_tables_write_usage_r(struct stats_tables *t, struct stats_sort *sorted, int64_t root_id,
				struct stats_item *first_owner);
void stats_tables_write_summaries(struct stats_tables *t, struct stats_sort *sorted, int64_t root_id,
				  struct stats_item *first_owner);

void stats_tables_release(struct stats_tables *t);

#endif
