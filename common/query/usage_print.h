/*
 * usage_print - the answer to a usage question: totals, put in order and rendered.
 */
#ifndef TREETALLY_USAGE_PRINT_H
#define TREETALLY_USAGE_PRINT_H

#include "common/query/render.h"
#include "common/query/usage_ask.h"
#include "common/query/usage_rank.h"

/* `where` is for the title of a table; the rows of `totals` end up in the order of the answer. */
void usage_print(const struct usage_ask *ask, const struct usage_rank *rank,
		 const struct render_options *options, const struct scope_options *where,
		 struct db_reader_set *set, struct totals *totals);

#endif
