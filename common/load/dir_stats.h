/* SPDX-License-Identifier: MIT */
/*
 * dir_stats - the table directory_stats: totals of directories, summed up over their subtrees.
 *
 * In tree order a directory stands right before its subtree. So the directories from the root to
 * the current one are a stack, "open"; a directory closes when the first one comes that is not
 * below it, and only then its sums are added to its parent's. Each directory is touched three
 * times, whatever its depth:
 *
 *     /gpfs            opens 1
 *     /gpfs/a          opens 2            stack: 1 2
 *     /gpfs/a/deep     opens 3            stack: 1 2 3
 *     /gpfs/b          closes 3, 2        2 += 3, 1 += 2; opens 4, stack: 1 4
 *
 * Rows become complete out of order, children first. They wait in a window of STATS_WINDOW
 * directories; when the next one does not fit, all are inserted in one go, in the order of dir_id.
 * Those that are not complete belong to open directories, few however large the tree is; they are
 * inserted with as many bytes as they can come to need, and updated when they are complete.
 *
 *     init -> (open | add | close)* -> release
 *
 * Memory: the window, and 120 bytes a level: for the deepest path, of PATH_BYTES_MAX / 2 levels, 4
 * MiB.
 */
#ifndef TREETALLY_DIR_STATS_H
#define TREETALLY_DIR_STATS_H

#include "common/db/db_batch.h"
#include "common/stream/record.h"

#define STATS_WINDOW 8192

/* Instead of a uid or gid: nobody owns a file there, or several do. */
#define OWNER_NONE (-1)
#define OWNER_SEVERAL (-2)

struct dir_totals {
	int64_t dir_id;
	struct usage own;   /* files directly in it */
	struct usage whole; /* files in it and below */
	uint64_t own_dirs;       /* child directories */
	uint64_t whole_dirs;     /* all directories below; known when it closes */
	int64_t uid, gid;        /* of all files below: the only one, OWNER_NONE or OWNER_SEVERAL */
};

struct dir_stats {
	struct db *db;
	struct dir_totals *open; /* open[0] is the root, open[depth - 1] the current directory */
	size_t depth, cap;
	struct db_batch rows;    /* the window */
	int64_t from;            /* the directory of its row 0 */
	sqlite3_stmt *late;      /* updates one row of directory_stats */
	uint64_t late_rows;
};

/* The table exists and is empty. */
void dir_stats_init(struct dir_stats *s, struct db *db);

/* The next directory: a child of the current one, or the root. */
void dir_stats_open(struct dir_stats *s, int64_t dir_id);

/* Files directly in the current directory. Dies (3) when a sum passes 2^63-1. */
void dir_stats_add(struct dir_stats *s, const struct usage_key *key, const struct usage *usage);

/*
 * Close the current directory; `next_id` is the next one's dir_id (or one more than the last). Its
 * totals are complete; they are valid until the next dir_stats_open.
 */
const struct dir_totals *dir_stats_close(struct dir_stats *s, int64_t next_id);

/* All are closed: insert what waits, and free. */
void dir_stats_release(struct dir_stats *s);

#endif
