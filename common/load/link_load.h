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
 * The tables and their indexes are written as pages (db_pages.h), but for rows of link_usage_r below
 * the scan root, which SQLite adds when it can read the others.
 *
 * Lines that repeat a path are neighbours in one directory. An inode number of 0 is none: such a
 * file is no link of any other.
 *
 *     init -> add* -> write -> finish -> release
 *
 * Memory: that of each sorter, of which there are four at a time at most, one until write, and none
 * before the first add; and link_tree.h.
 */
#ifndef TREETALLY_LINK_LOAD_H
#define TREETALLY_LINK_LOAD_H

#include "common/db/db_scan.h"
#include "common/load/link_tables.h"

/* Lines that repeat a path and are named when that is asked for. */
#define LINKS_NAMED 100

struct link_load {
	struct extsort_config sorting; /* of each sorter */
	struct extsort *lines;         /* NULL: there are none */
	struct link_tree tree;
	int64_t dir_id;                /* whose link rows are coming, and what they are so far: */
	struct sums dir;
	struct sums counted;           /* of all lines whose link count is known: those of the ledger */
	uint64_t alone;                /* rows without an inode number */
	uint64_t bytes;                /* that rows so far need in all sorters, about */
	struct buf head;               /* of a line, for the sorter */
	struct link_totals totals;     /* complete when written */
	struct link_tables tables;
	uint64_t links_count;          /* rows of links */
	uint64_t hash;                 /* of all names and identities, in the order of links */
	uint64_t spilled;              /* bytes, when written */
};

/* `sorting` gives memory for each sorter, threads, temp_dir and quiet. */
void link_load_init(struct link_load *l, const struct extsort_config *sorting);

/*
 * A link row of the directory that is the last of these: dies (3), naming `stream`, when its links
 * come to more than its usage rows.
 */
void link_load_add(struct link_load *l, const char *stream, const struct dir_totals *open,
		   size_t depth, const struct link_row *row, const char *name, size_t name_len);

/*
 * Fill the tables in their turn, which SQLite has made, empty. `db` can be read; its pages are being written.
 * `directories` is a database with that table: then paths that came twice are named; else NULL.
 */
void link_load_write(struct link_load *l, const struct link_files *files, struct db *directories);

/* SQLite sees the pages, usage_r and directory_stats among them: the rest, in a transaction. */
void link_load_finish(struct link_load *l, struct db *db);

void link_load_release(struct link_load *l);

#endif
