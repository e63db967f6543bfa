/* SPDX-License-Identifier: MIT */
/*
 * link_tree - the directories that hold linked files, and those above them.
 *
 * They are noted while all directories are loaded, and then gone through again, in the order of
 * dir_id: those from `/` to the current one are a stack. As a directory stands right before its
 * subtree, of two directories a <= b the lowest that holds both is the last one from `/` to b that
 * is not behind a.
 *
 *     init -> note* -> (rewind -> enter*)* -> release
 *
 * Memory: 16 bytes for each of LINK_TREE_NODES directories, and a level; the rest is spilled.
 */
#ifndef TREETALLY_LINK_TREE_H
#define TREETALLY_LINK_TREE_H

#include "common/base/buf.h"
#include "common/base/spill.h"
#include "common/load/dir_stats.h"

#define LINK_TREE_NODES 4096

struct link_node {
	int64_t dir_id, depth;
};

struct link_tree {
	int64_t *open; /* open[0] is 1, `/`; rising */
	size_t depth, cap;
	/* private */
	struct link_node *nodes;
	size_t count, next; /* of those in memory; the next to be read */
	uint64_t spilled, at; /* bytes; where reading goes on */
	struct spill spill;
};

void link_tree_init(struct link_tree *t, const char *temp_dir);
/* The current directory is the last of these. */
void link_tree_note(struct link_tree *t, const struct dir_totals *open, size_t depth);

/* No more directories; begin at the first. */
void link_tree_rewind(struct link_tree *t);
/*
 * Go to `dir_id`, which was noted, not before the one before. Returns how many of the open
 * directories stay open all the time.
 */
size_t link_tree_enter(struct link_tree *t, int64_t dir_id);
/* The lowest directory that holds the current one and `dir_id`, which is not behind it. */
int64_t link_tree_common(const struct link_tree *t, int64_t dir_id);

void link_tree_release(struct link_tree *t);

#endif
