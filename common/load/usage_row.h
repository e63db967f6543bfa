/* SPDX-License-Identifier: MIT */
/*
 * usage_row - rows of usage_nr and usage_r, which have the same columns, on their way into the
 * pages of their tables. Both come in the order of the table: by directory, uid, gid, age, size.
 */
#ifndef TREETALLY_USAGE_ROW_H
#define TREETALLY_USAGE_ROW_H

#include "common/db/db_tree.h"
#include "common/stream/record.h"

void usage_row_add(struct db_tree *table, int64_t dir_id, const struct usage_key *key,
		   const struct sums *sums);

#endif
