/*
 * usage_answer - the answer to a usage question: totals, put in order and rendered.
 *
 * The order goes key by key, from the first: the largest owner comes first, with all its rows, and
 * among them its largest group, and so on. Where sums are equal, and for keys that are shown in
 * their natural order, the smaller key comes first.
 */
#ifndef TREETALLY_USAGE_ANSWER_H
#define TREETALLY_USAGE_ANSWER_H

#include "common/query/render.h"
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
	uint64_t top;              /* at most this many rows are kept, the largest ones for each value of
	                              the first key, or of all if there is one key; 0 = all */
};

/*
 * `where` is for the title of a table; the rows of `totals` end up in the order of the answer. The sums
 * of `matching`, under the same keys, are shown beside them if the rank says so.
 */
void usage_answer_print(const struct usage_query *ask, const struct usage_rank *rank,
		 const struct render_options *options, const struct scope_options *where,
		 struct db_reader_set *set, struct totals *totals, struct totals *matching);

#endif
