/*
 * tree_join - where directories and their usage rows meet: totals, and the scan root.
 *
 * Both come in tree order: the directories from the database, where their paths are put together
 * again with a stack, and usage rows as a stream. A directory's totals are known when its subtree is
 * over (dir_stats.h). What comes of it:
 *
 *     directory_stats   rows wait in a window of fixed size (dir_stats.h)
 *     usage_nr          comes in the order of the table (usage_nr.h)
 *     usage_r, owners   are folded upward (usage_fold.h), and sorted later (load_sort.h)
 *
 * Rows without a directory, and a table that has lost some, end the program (3).
 */
#ifndef TREETALLY_TREE_JOIN_H
#define TREETALLY_TREE_JOIN_H

#include "common/load/dir_stats.h"
#include "common/stream/tree_in.h"
#include "common/load/tree_rows.h"
#include "common/load/usage_fold.h"
#include "common/load/summaries.h"

struct tree_join {
	struct db *db;              /* these four are the caller's */
	struct tree_in *in;
	struct load_sort *sorted;
	struct usage_nr *usage_nr;

	struct tree_rows dirs;
	bool have_usage;            /* in->path, in->key and in->usage are a row to come */
	uint64_t directories;       /* so far */
	struct dir_stats sums;
	struct usage_fold fold;
	struct summaries summaries;

	/*
	 * The scan root is the deepest directory that is or contains every entry, so it is still open
	 * at the end. What is known of its depth so far; INT64_MAX before the first entry.
	 */
	int64_t root_depth;
	int64_t root_id;            /* 0: not known yet */
	struct buf root_path;       /* memory form */
	struct dir_totals total;    /* of `/` */
};

/* `memory` in bytes, for the usage rows of open directories; `temp_dir` as in spill.h. */
void tree_join_init(struct tree_join *j, struct db *db, struct tree_in *in,
		    struct load_sort *sorted, struct usage_nr *usage_nr, uint64_t memory,
		    const char *temp_dir);
/* All of both; there must be as many `directories`. Then the root and the total are known. */
void tree_join_run(struct tree_join *j, uint64_t directories);
void tree_join_release(struct tree_join *j);

#endif
