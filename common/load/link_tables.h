/* SPDX-License-Identifier: MIT */
/*
 * link_tables - link_usage, link_stats and link_usage_r from sums of links by directory and key.
 *
 * The sums come in the order of link_usage. For link_stats they are added up over all directories
 * above, which are a stack (link_tree.h), and sorted, as the lower ones are complete first; for
 * link_usage_r, first those of the scan root, by a sorter, and when SQLite can read link_usage, those
 * of each other directory that has rows in usage_r, the lower ones first, which the upper ones can
 * then use:
 *
 *     rows of X in link_usage_r =   link_usage from X up to A, the first below it that has some,
 *                                 + link_usage_r of A + link_usage from behind A's subtree up to B + ..
 *
 * So every row is read once. Such a directory has few keys (treetally-db(5)), which are kept.
 */
#ifndef TREETALLY_LINK_TABLES_H
#define TREETALLY_LINK_TABLES_H

#include "common/db/db.h"
#include "common/db/db_tree.h"
#include "common/load/link_sort.h"
#include "common/load/link_tree.h"

/* Where tables are written. */
struct link_files {
	struct db *db;           /* can be read, and has the tables, empty */
	struct db_pages *pages;
	size_t piece;            /* as in db_tree_begin */
	unsigned turn;           /* as in struct db_tree */
	int64_t root_id;         /* the scan root */
};
void link_files_begin(const struct link_files *files, struct db_tree *tree, const char *name,
		      bool of_rows);

struct link_tables {
	int64_t root_id;
	struct sums repeated;   /* to be taken from the sums of the whole scan */
	uint64_t usage, stats;  /* rows */
	uint64_t shared;        /* keys of link_stats_by_shared */
	/*
	 * What is repeated, by uid and by gid: in their order, to be read when written, items of id,
	 * files, allocated and apparent, one or more for each id. Empty where there are no links.
	 */
	struct word_sort owners, groups;
};

/* All of `sums`, whose input has not ended. `sorting` is for other sorters. */
void link_tables_write(struct link_tables *tables, const struct link_files *files,
		       struct link_sort *sums, struct link_tree *tree,
		       const struct extsort_config *sorting);
/* What needs SQLite: link_usage_r below the scan root. */
void link_tables_finish(const struct link_tables *tables, struct db *db);

#endif
