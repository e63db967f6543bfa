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
 * directories; when the next one does not fit, all go to their pages (tree_out.h), in the order of
 * dir_id. Those that are not complete belong to open directories, few however large the tree is;
 * they are written with as many bytes as they can come to need, and again in the end.
 *
 * The keys of the table's indexes wait in a sorter, and are written when the table is.
 *
 *     init -> (open | add | close)* -> end -> replace -> sort -> write_* -> release
 *
 * Memory: what is given for the sorter, and 120 bytes a level: for the deepest path, of
 * PATH_BYTES_MAX / 2 levels, 4 MiB. Disk: what is sorted, and the rows that come late.
 */
#ifndef TREETALLY_DIR_STATS_H
#define TREETALLY_DIR_STATS_H

#include "common/base/spill.h"
#include "common/load/tree_out.h"
#include "common/sort/word_sort.h"
#include "common/stream/record.h"

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

/* What it reads and writes with. Bytes. */
struct dir_stats_config {
	struct db *db;          /* has the table and its indexes, empty */
	struct db_pages *pages; /* of the same file */
	struct tree_out *out;   /* takes rows of the table; begun */
	size_t piece;           /* for each tree */
	size_t memory;          /* for sorting */
	const char *temp_dir;
	bool quiet;
};

struct dir_stats {
	struct dir_stats_config config;
	struct dir_totals *open; /* open[0] is the root, open[depth - 1] the current directory */
	size_t depth, cap;
	stats_row *rows;         /* the window */
	size_t count;            /* of these */
	int64_t from;            /* the directory of rows[0] */
	uint32_t roots[4];       /* pages where the table and its indexes begin */
	struct buf late;         /* rows that are written again: the last ones, */
	struct spill late_spill; /* and those before */
	uint64_t late_rows;
	struct word_sort by_size, by_owner, by_group;
	bool at_a_time;          /* the others are made of by_size, which is in memory */
	uint64_t of_several;     /* keys of stats_by_group */
	uint64_t spilled;        /* bytes; known in the end */
};

void dir_stats_init(struct dir_stats *s, const struct dir_stats_config *config);

/* The next directory: a child of the current one, or the root. */
void dir_stats_open(struct dir_stats *s, int64_t dir_id);

/* Files directly in the current directory. Dies (3) when a sum passes 2^63-1. */
void dir_stats_add(struct dir_stats *s, const struct usage_key *key, const struct usage *usage);

/*
 * Close the current directory; `next_id` is the next one's dir_id (or one more than the last). Its
 * totals are complete; they are valid until the next dir_stats_open.
 */
const struct dir_totals *dir_stats_close(struct dir_stats *s, int64_t next_id);

/* All are closed: the last rows go to their pages. */
void dir_stats_end(struct dir_stats *s);

/* The table is written (tree_out_end): write again what came late. */
void dir_stats_replace(struct dir_stats *s);

/*
 * Then the indexes: stats_by_size in turn 0 of the pages, stats_by_owner and stats_by_group in turns 1
 * and 2. If `dir_stats_sort` says so, all three can be written at a time, by three threads;
 * else stats_by_size goes before the others. *done counts its keys.
 */
#define DIR_STATS_TURNS 3
bool dir_stats_sort(struct dir_stats *s) WARN_UNUSED;
void dir_stats_write_by_size(struct dir_stats *s, struct progress *progress, uint64_t *done);
void dir_stats_write_by_owner(struct dir_stats *s);
void dir_stats_write_by_group(struct dir_stats *s);
void dir_stats_release(struct dir_stats *s);

#endif
