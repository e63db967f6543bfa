/* SPDX-License-Identifier: MIT */
/*
 * link_tables - link_usage, link_stats and link_usage_r from sums of links by directory and key.
 *
 * The sums come in the order of link_usage. For link_stats they are added up over all directories
 * above, which are a stack (link_tree.h); for link_usage_r, first those of the scan root, by a sorter,
 * and when link_usage is there, those of each other directory that has rows in usage_r, the lower
 * ones first, which the upper ones can then use:
 *
 *     rows of X in link_usage_r =   link_usage from X up to A, the first below it that has some,
 *                                 + link_usage_r of A + link_usage from behind A's subtree up to B + ..
 *
 * So every row is read once. Such a directory has few keys (treetally-db(5)), which are kept.
 */
#ifndef TREETALLY_LINK_TABLES_H
#define TREETALLY_LINK_TABLES_H

#include "common/db/db.h"
#include "common/load/link_sort.h"

/*
 * All of `sums`, whose input has not ended. `sorting` is for the sorter of the scan root. *repeated
 * becomes what is to be taken from the sums of the whole scan.
 */
void link_tables_write(struct link_sort *sums, struct db *db, int64_t root_id,
		       const struct extsort_config *sorting, struct sums *repeated);

#endif
