/* SPDX-License-Identifier: MIT */
/*
 * dir_total - what the directories of a list have together.
 */
#ifndef TREETALLY_DIR_TOTAL_H
#define TREETALLY_DIR_TOTAL_H

#include "common/stream/record.h"

/* Sums in which each directory counts once, be it listed itself or below one that is. */
struct dir_total {
	struct usage usage;   /* its times are TIME_NONE when there is no directory with files */
	struct sums seen, freed; /* each link counted, and what removal would free */
	struct sums matching; /* files and allocated bytes */
	uint64_t dirs;
};
#define DIR_TOTAL_NONE \
	(struct dir_total){ .usage = { .max_atime = TIME_NONE, .max_mtime = TIME_NONE } }

/* Sums of several databases can reach 2^63-1, and stop there. */
static inline void dir_total_add(struct dir_total *to, const struct dir_total *more)
{
	usage_add(&to->usage, &more->usage);
	sums_add(&to->seen, &more->seen);
	sums_add(&to->freed, &more->freed);
	sums_add(&to->matching, &more->matching);
	to->dirs = add_saturating(to->dirs, more->dirs);
}

#endif
