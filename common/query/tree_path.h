/* SPDX-License-Identifier: MIT */
/*
 * tree_path - paths in tree order as an outline: each below the nearest one above it that was shown.
 *
 *     /gpfs/fs1
 *       home
 *         ada/work
 */
#ifndef TREETALLY_TREE_PATH_H
#define TREETALLY_TREE_PATH_H

#include "common/base/buf.h"

/* Zeroed is empty. */
struct tree_path {
	struct buf before;      /* the last path */
	size_t *ends;           /* where those end that it lies in, and itself */
	size_t count, cap;
	struct buf text;
};

/* What is shown of the next path; valid until the next call. */
const struct buf *tree_path_next(struct tree_path *t, const char *path, size_t len);
void tree_path_release(struct tree_path *t);

#endif
