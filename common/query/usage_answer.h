/* SPDX-License-Identifier: MIT */
/*
 * usage_answer - the answer to a usage question: totals, put in order (usage_rank.h) and rendered.
 */
#ifndef TREETALLY_USAGE_ANSWER_H
#define TREETALLY_USAGE_ANSWER_H

#include "common/query/render.h"
#include "common/query/usage_rank.h"

/*
 * `where` is for the title of a table; the rows of `found->all` end up in the order of the answer.
 * `cross`: the classes of the last key, of age or size, are columns of one sum, that of the order.
 */
void usage_answer_print(const struct usage_query *ask, const struct usage_rank *rank, bool cross,
			const struct render_options *options, const struct scope_options *where,
			struct db_reader_set *set, struct usage_found *found);

#endif
