/* SPDX-License-Identifier: MIT */
/*
 * sorted_trees - what stats-load writes when all directories are loaded, from sorters: the indexes of
 * directory_stats, usage_r with usage_by and group_owners, and the tables of links.
 *
 * Threads fill several trees at a time. Each has its turn to take pages (db_tree.h), so that they
 * lie in the file as if one had been written after the other; until its turn comes, a tree goes as
 * far as `piece` reaches.
 *
 *     turn 0  stats_by_size      the caller's thread
 *     1, 2    stats_by_owner, stats_by_group
 *     3       usage_r, usage_by, group_owners
 *     4       links
 *
 * With one thread they are written in this order. So they are, but for links, where the keys of
 * stats_by_size do not find room in memory; and links wait for the others where their sorters would
 * not find room beside them.
 */
#ifndef TREETALLY_SORTED_TREES_H
#define TREETALLY_SORTED_TREES_H

#include "common/load/dir_stats.h"
#include "common/load/link_load.h"
#include "common/load/load_phase.h"
#include "common/load/load_sort.h"

struct sorted_trees {
	/* These are the caller's. */
	struct db *db;           /* what is written; it can be read */
	struct db *directories;  /* NULL, or for names (link_load_write) */
	struct db_pages *pages;
	size_t piece, memory;    /* bytes: of each tree; `memory` for all */
	unsigned threads;
	const char *temp_dir;
	struct load_phase *phase;
	struct dir_stats *sums;  /* ended */
	struct load_sort *sorted; /* all items are in; it stands behind those of usage_r in the end */
	struct link_load *links;
	int64_t root_id;         /* the scan root */
	uint64_t directories_count;

	uint64_t usage_r_rows;
	/* private */
	struct db_tree usage_r, usage_by, group_owners;
	uint64_t keys;
};

void sorted_trees_write(struct sorted_trees *t);

/* SQLite must find all of it: a mistake in a page would show only when somebody asks. */
void sorted_trees_check(struct sorted_trees *t);

#endif
