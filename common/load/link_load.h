/* SPDX-License-Identifier: MIT */
/*
 * link_load - files with several links: the tables links, link_usage, link_usage_r and link_stats.
 *
 * An inode is known by snapshot, inode and generation. Let its paths be p1 .. pk in tree order, in
 * directories d1 <= .. <= dk, and let LCA(a, b) be the lowest directory that holds both. All sums of
 * the other tables count each path. To be taken away from them, in any subtree, are
 *
 *     repeated   of each two neighbours pi, pi+1 the second one, at LCA(di, di+1): what is left counts
 *                the inode once, with the first path that is in the subtree
 *     kept       each pi at di, less p1 at LCA(d1, dk) if no link is elsewhere: what is left counts
 *                the inode if removing the subtree removes it
 *
 *     /a/x  /a/y/x  /b/x     repeated: /a/y/x at /a, /b/x at /      (one inode of three links)
 *                            kept: x at /a, x at /a/y, x at /b, less x at /
 *
 * Both add up over subtrees like usage rows. They take three passes over external sorters:
 *
 *     lines by identity, then path -> `links`; what belongs to one directory -> sums,
 *                                     and what belongs to the LCA of two -> pairs
 *     pairs by the second directory -> link_tree finds each LCA -> sums
 *     sums by directory, then key   -> link_usage, and summed upward (link_tables.h)
 *
 * Lines that repeat a path are neighbours in one directory. An inode number of 0 is none: such a
 * file is no link of any other.
 *
 *     init -> add* -> write -> release
 *
 * Memory: an eighth of -S for each sorter that is in use, of which there are three at a time, and
 * nothing before the first add.
 */
#ifndef TREETALLY_LINK_LOAD_H
#define TREETALLY_LINK_LOAD_H

#include "common/db/db_scan.h"
#include "common/load/link_sort.h"

/* Lines that repeat a path and are named when that is asked for. */
#define LINKS_NAMED 100

struct link_load {
	struct extsort_config sorting; /* of each sorter */
	struct extsort *lines;         /* NULL: there are none */
	int64_t dir_id;                /* whose link rows are coming, and what they are so far: */
	struct sums dir;
	uint64_t alone;                /* rows without an inode number */
	struct link_totals totals;     /* complete when written */
	uint64_t spilled;              /* bytes, when written */
};

/* `sorting` gives memory for each sorter, threads, temp_dir and quiet. */
void link_load_init(struct link_load *l, const struct extsort_config *sorting);

/*
 * A link row of directory `dir_id`, whose usage rows come to `own`: dies (3), naming `stream`, when
 * its links come to more.
 */
void link_load_add(struct link_load *l, const char *stream, int64_t dir_id, const struct sums *own,
		   const struct link_row *row, const char *name, size_t name_len);

/*
 * Fill the tables, which are there and empty, in the caller's transaction, and make their indexes;
 * usage_r and directory_stats are complete.
 * `name_repeated`: say which paths came twice.
 */
void link_load_write(struct link_load *l, struct db *db, int64_t root_id, bool name_repeated);

void link_load_release(struct link_load *l);

#endif
