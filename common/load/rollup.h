/*
 * rollup - the totals of directories, summed up over their subtrees.
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
 * Memory: 120 bytes a level: for the deepest path, of PATH_BYTES_MAX / 2 levels, 4 MiB.
 */
#ifndef TREETALLY_ROLLUP_H
#define TREETALLY_ROLLUP_H

#include "common/stream/record.h"

/* Instead of a uid or gid: nobody owns a file there, or several do. */
#define OWNER_NONE (-1)
#define OWNER_SEVERAL (-2)

struct dir_totals {
	int64_t dir_id;
	struct usage_sums own;   /* files directly in it */
	struct usage_sums whole; /* files in it and below */
	uint64_t own_dirs;       /* child directories */
	uint64_t whole_dirs;     /* all directories below; known when it closes */
	int64_t uid, gid;        /* of all files below: the only one, OWNER_NONE or OWNER_SEVERAL */
};

struct rollup {
	struct dir_totals *open; /* open[0] is the root, open[depth - 1] the current directory */
	size_t depth, cap;
};

/* The next directory: a child of the current one, or the root. */
void rollup_open(struct rollup *r, int64_t dir_id);

/* Files directly in the current directory. Dies (3) when a sum passes 2^63-1. */
void rollup_add(struct rollup *r, const struct usage_key *key, const struct usage_sums *sums);

/*
 * Close the current directory; `next_id` is the next one's dir_id (or one more than the last). Its
 * totals are complete; they are valid until the next rollup_open.
 */
const struct dir_totals *rollup_close(struct rollup *r, int64_t next_id);

void rollup_release(struct rollup *r);

#endif
