/* SPDX-License-Identifier: MIT */
/*
 * tree_join - where directories and their usage rows meet: totals, and the scan root.
 *
 * Both come in tree order: the directories from the database, where their paths are put together
 * again with a stack, and usage rows as a stream. The totals of a directory are known when its
 * subtree is over. What comes of it:
 *
 *     directory_stats   rows wait in a window of fixed size (dir_stats.h), and go the same way
 *     usage_nr          comes in the order of the table (tree_out.h)
 *     usage_r, owners   are folded upward (usage_fold.h), and sorted later (load_sort.h)
 *
 * Rows without a directory, and a table that has lost rows, end the program (3).
 *
 * Who lives how long, and what holds meanwhile. This is the one place that says it:
 *
 *     databases   `old` has the directories, and is locked and read; what is written is the copy
 *                 of it that takes its place in the end. SQLite is idle in the copy while there
 *                 are trees that are not ended (db_tree.h): it knows nothing of their pages.
 *     levels      dir_stats.open[i] and usage_fold.levels[i] are the same directory, and both
 *                 stacks are as deep as the path of the current one. Exception: above the scan
 *                 root, known only at the end, usage_fold has been freed (usage_fold_close_root).
 *     rows        usage_fold has one stack of rows, of which the lower part may be on the disk:
 *
 *                     levels[0].start <= levels[1].start <= ... <= base + count
 *                     on the disk: rows 0 to base, in chunks of one size, unless handed out
 *                     in memory:   rows base to base + count, count <= capacity
 *                     levels below `wide` (the upper ones): their rows can only be the scan root's,
 *                     so the order and the beginnings of their rows do not matter any more
 *
 *                 Only the current directory gets rows, so only the upper end moves; make_room
 *                 may shorten each level in place, and moves the beginnings with it.
 */
#ifndef TREETALLY_TREE_JOIN_H
#define TREETALLY_TREE_JOIN_H

#include "common/load/dir_stats.h"
#include "common/load/tree_rows.h"
#include "common/load/usage_in.h"
#include "common/load/link_load.h"
#include "common/load/summaries.h"
#include "common/load/usage_fold.h"

struct tree_join {
	struct db *old;             /* these five are the caller's */
	struct tree_in *in;
	struct load_sort *sorted;
	struct link_load *links;
	struct progress *progress;

	struct tree_rows dirs;
	struct usage_in usage;      /* on the next row to come */
	struct tree_out out;
	uint64_t directories;       /* so far */
	struct dir_stats sums;
	struct usage_fold fold;
	struct summaries summaries;

	/*
	 * The scan root is the deepest directory that is or contains every entry, so it is still
	 * open at the end. What is known of its depth so far; INT64_MAX before the first entry.
	 */
	int64_t root_depth;
	int64_t root_id;            /* 0: not known yet */
	struct buf root_path;       /* memory form */
	struct dir_totals total;    /* of `/` */
};

/*
 * `old`, `in`, `sorted`, `links` and `progress` are set; `stats` but for `out`. `memory` in bytes, for
 * the usage rows of open directories; `temp_dir` as in spill.h. Of `threads`, the caller's included,
 * up to three read directories, write rows and read usage; the others of these wait their turn here.
 */
void tree_join_init(struct tree_join *j, const struct dir_stats_config *stats, uint64_t memory,
		    const char *temp_dir, unsigned threads);
/* All of both; there must be as many `directories`. Then the root and the total are known. */
void tree_join_run(struct tree_join *j, uint64_t directories);
void tree_join_release(struct tree_join *j);

#endif
