/*
 * usage_tables - how stats-load fills the tables of usage: usage_nr, usage_r, and what is derived
 * from them.
 *
 * Rows of usage_nr are collected while directories are loaded, by a thread of their own
 * (usage_stage.h). The others are written when that is over.
 */
#ifndef TREETALLY_USAGE_TABLES_H
#define TREETALLY_USAGE_TABLES_H

#include "common/load/load_sort.h"
#include "common/load/usage_stage.h"

/* Groups of one directory that are told apart in memory; when it has more, SQLite does it. */
#define GROUPS_KEPT 256

struct usage_tables {
	struct db *db;
	struct load_sort *sorted;
	struct usage_stage stage; /* of usage_nr */
	int64_t usage_dir;        /* whose usage rows are coming; 0: none yet */
	uint32_t last_uid;
	uint32_t groups[GROUPS_KEPT];
	size_t group_count;       /* GROUPS_KEPT + 1: there are more */
	uint64_t usage_nr_rows, usage_r_rows;
};

/*
 * Nobody has a lock on the database yet; another connection may work with it until
 * usage_tables_move. `sorted` takes the counts of owners, and belongs to the caller.
 */
void usage_tables_init(struct usage_tables *t, struct db *db, struct load_sort *sorted,
		       bool threaded);

/* A row of usage_nr, in the order of that table: a directory's by uid, then gid. */
void usage_tables_put_usage(struct usage_tables *t, int64_t dir_id, const struct usage_key *key,
			    const struct usage_sums *sums);

/* The end of the thread. */
void usage_tables_end_usage(struct usage_tables *t);

/* Fill usage_nr, which exists and is empty. */
void usage_tables_move(struct usage_tables *t);

/*
 * Write usage_r from what was sorted, usage_by and the histograms. `root_id` is the scan root, to which what
 * the sorter has for USAGE_WHOLE belongs. *next is then the first item behind usage_r.
 */
void usage_tables_write_usage_r(struct usage_tables *t, int64_t root_id,
				struct stats_item *next);

/* Write the summaries, from usage_by and the items from *next on. */
void usage_tables_write_summaries(struct usage_tables *t, int64_t root_id, struct stats_item *next);

#endif
