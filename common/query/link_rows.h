/* SPDX-License-Identifier: MIT */
/*
 * link_rows - files with several links, path by path, and what they take away from sums.
 *
 * Usage rows count each path of a file (seen). What is to be taken from them, so that links count
 * in another way, adds up like them over a subtree: link_usage, which usage_rows reads. Directories
 * that are no subtree - several prefixes in one sum, a subtree less what is excluded, one directory
 * without those below it - are answered here from the table `links`: in such a set a file counts
 * with its first path there.
 */
#ifndef TREETALLY_LINK_ROWS_H
#define TREETALLY_LINK_ROWS_H

#include "common/query/usage_rows.h"

/* A part of a set of directories. */
struct link_part {
	int64_t first, last; /* dir_id, both included */
	int64_t set;         /* which one */
};

/* Disjoint and ascending; all parts of a set stand together. Zeroed is empty. */
struct link_parts {
	struct link_part *parts;
	size_t count, cap;
};

/* Behind all that is there. 24 bytes, unless it goes on where the last one ended. */
void link_parts_add(struct link_parts *p, int64_t first, int64_t last, int64_t set);
void link_parts_release(struct link_parts *p);

/*
 * Add up what sums of these sets lose (rows->loss); part `set_part` of a key is the set, if it is not
 * -1. One pass over the table, or over what it has for these directories if they are few.
 */
void link_rows_take(struct usage_rows *rows, const struct link_parts *sets, int set_part);
/* The same of files directly in one directory. */
void link_rows_own(struct usage_rows *rows, int64_t dir_id);

/*
 * What is left of files that were seen. A length of INT64_MAX, which means that or more, stays.
 * Dies (3) when more is lost than there was.
 */
void link_rows_lose(struct db_reader_db *a, struct sums *seen, const struct sums *lost);
/* The same, key by key. */
void link_rows_lose_totals(struct db_reader_db *a, struct totals *seen, const struct totals *lost);

#endif
