/* SPDX-License-Identifier: MIT */
/*
 * dir_outer - of directories that hold matching files, those that lie in no other one.
 *
 * Mostly a directory holds matching files if one below it does. But lines of a file can disagree about
 * it, and it counts in a directory as its first path there: then there can be some below, and none
 * here. So directories wait until those around them are known. Memory: those that wait, which are
 * siblings in a directory that has taken away, by what its links repeat, more than has come so far.
 */
#ifndef TREETALLY_DIR_OUTER_H
#define TREETALLY_DIR_OUTER_H

#include "common/query/dir_match.h"

/* Zeroed is empty. */
struct dir_outer {
	/* private */
	struct match_dir *held; /* in tree order */
	size_t count, cap;
	size_t known, given;    /* the first ones that are outermost, and have been given */
};

/* The next one, as dir_match_next gives it. */
void dir_outer_add(struct dir_outer *o, const struct match_dir *dir);
/* There are no more. */
void dir_outer_end(struct dir_outer *o);
/* The next outermost one, in tree order; false if it is not known yet. */
bool dir_outer_next(struct dir_outer *o, struct match_dir *dir);
void dir_outer_release(struct dir_outer *o);

#endif
