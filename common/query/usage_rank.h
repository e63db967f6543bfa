/* SPDX-License-Identifier: MIT */
/*
 * usage_rank - which rows of a usage answer are shown, and in which order.
 *
 * The order goes key by key, from the first: the largest owner comes first, with all its rows, and
 * among them its largest group, and so on. Where sums are equal, and for keys that are shown in
 * their natural order, the smaller key comes first.
 */
#ifndef TREETALLY_USAGE_RANK_H
#define TREETALLY_USAGE_RANK_H

#include "common/query/usage_query.h"

enum usage_sort {
	USAGE_SORT_SIZE, USAGE_SORT_APPARENT, USAGE_SORT_FILES, USAGE_SORT_MATCHING,
	USAGE_SORT_MATCHING_FILES, USAGE_SORT_KEY
};

struct usage_rank {
	enum usage_sort sort;
	size_t parts;              /* of a key */
	bool natural[TOTALS_PARTS]; /* this part is in the order of its keys in any case */
	int64_t min_size;          /* rows of less are left out */
	bool matching;             /* rows without matching files are left out */
	bool inodes;               /* directories and inodes are shown */
	bool links;                /* files as seen, and freed, are shown */
	bool reverse, total;       /* total: a last line in every format, not in tables only */
	uint64_t limit;            /* at most this many rows in all; 0 = all */
	uint64_t top;              /* at most this many rows are kept, the largest ones for each value of
	                              the first key, or of all if there is one key; 0 = all */
};

/* What was found, by the same keys. */
struct usage_found {
	struct totals all, matching; /* files */
	struct totals dirs;          /* directories, as `files`; for rank.inodes */
	struct totals seen, freed;   /* files, each link or no link counted; for rank.links */
	/*
	 * By the same keys but USAGE_DIR: what rows of directories are in all, which do not add up when
	 * files have links in several. NULL: their sum will do.
	 */
	struct usage_found *whole;
};
void usage_found_release(struct usage_found *found);

int64_t usage_rank_measure(const struct usage_rank *rank, const struct sums *sums,
			   const struct sums *matching);

/* The rows of found->all become those that are shown, in order. */
void usage_rank_apply(const struct usage_rank *rank, struct usage_found *found);

#endif
