/* SPDX-License-Identifier: MIT */
/*
 * link_tree - the directories above those that linked files are in, looked up in `directories`.
 *
 * Directories are visited in the order of dir_id; those from `/` to the current one are a stack. As
 * a directory stands right before its subtree, each is looked up once at most, and of two directories
 * a < b the lowest that holds both is the last one above b that is not behind a.
 *
 * Memory: 8 bytes a level.
 */
#ifndef TREETALLY_LINK_TREE_H
#define TREETALLY_LINK_TREE_H

#include "common/base/buf.h"
#include "common/db/db.h"

struct link_tree {
	struct db *db;
	sqlite3_stmt *parent;
	int64_t *open; /* open[0] is 1, `/`; rising */
	size_t depth, cap;
	int64_t *above; /* of the directory that is entered, its own number first */
	size_t above_count, above_cap;
};

void link_tree_init(struct link_tree *t, struct db *db);

/*
 * Visit `dir_id`, not below the one before. Returns how many of the open directories stay open;
 * those above it are then on the stack, itself last. Dies (3) when `directories` is no tree.
 */
size_t link_tree_enter(struct link_tree *t, int64_t dir_id);

/* The lowest directory that holds the current one and `dir_id`, which is not behind it. */
int64_t link_tree_common(const struct link_tree *t, int64_t dir_id);

/* The path of any directory, as text, escaped (path.h); nothing is changed. */
void link_tree_add_path(struct link_tree *t, struct buf *out, int64_t dir_id);

void link_tree_release(struct link_tree *t);

#endif
