/* SPDX-License-Identifier: MIT */
/*
 * usage_cross - a usage answer with the classes of its last key, of age or size, as columns.
 */
#ifndef TREETALLY_USAGE_CROSS_H
#define TREETALLY_USAGE_CROSS_H

#include "common/query/render.h"
#include "common/query/usage_keys.h"
#include "common/query/usage_rank.h"

/* Is there a key for the columns, and one at least for the rows? */
bool usage_cross_can(const struct usage_query *ask);

/* rank->limit is about the rows that are made. Rows of `found` are in their order. */
void usage_cross_print(const struct usage_query *ask, const struct usage_rank *rank,
		       const struct render_options *options, struct db_reader_set *set,
		       struct usage_found *found);

#endif
