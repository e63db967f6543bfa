/* SPDX-License-Identifier: MIT */
/*
 * usage_by - the table usage_by: what usage_r says of a directory, by owner, by group, by age, by
 * size.
 *
 * The rows of usage_r are made in the order of their key, one directory after the other, and pass
 * through here on their way. Sums by owner are complete one after the other, ages and sizes are
 * few; groups are kept up to GROUPS_KEPT_BY, and where there are more a sorter takes them.
 *
 * Memory: 1 MiB, and 1 MiB for that sorter.
 */
#ifndef TREETALLY_USAGE_BY_H
#define TREETALLY_USAGE_BY_H

#include "common/stream/buckets.h"
#include "common/db/db_tree.h"
#include "common/db/db_schema.h"
#include "common/sort/extsort.h"
#include "common/sort/totals.h"
#include "common/stream/record.h"

#define GROUPS_KEPT_BY 8192

struct usage_by {
	struct db_tree *table;   /* the caller's; begun */
	const char *temp_dir;
	int64_t dir_id;          /* whose rows are coming; 0: none yet */
	uint32_t uid;
	struct sums owner, ages[BUCKETS], sizes[BUCKETS];
	struct totals groups;
	struct extsort *sorter;  /* of the groups before those; NULL: there are none */
};

void usage_by_init(struct usage_by *u, struct db_tree *table, const char *temp_dir);
/* The next row of usage_r. */
void usage_by_add(struct usage_by *u, int64_t dir_id, const struct usage_key *key,
		  const struct sums *sums);
/* Write what is left, and free. */
void usage_by_release(struct usage_by *u);

#endif
