/*
 * usage_rank - the rows of a totals in the order in which they are shown, and which of them.
 *
 * The order goes key by key, from the first: the largest owner comes first, with all its rows, and
 * among them its largest group, and so on. Where sums are equal, and for keys that are shown in
 * their natural order, the smaller key comes first.
 */
#ifndef TREETALLY_USAGE_RANK_H
#define TREETALLY_USAGE_RANK_H

#include "common/sort/totals.h"

enum usage_sort { SORT_SIZE, SORT_APPARENT, SORT_FILES, SORT_KEY };

struct usage_rank {
	enum usage_sort sort;
	size_t parts;              /* of a key */
	bool natural[TOTALS_PARTS]; /* this part is in the order of its keys in any case */
	int64_t min_size;          /* rows of less are left out */
	uint64_t top;              /* so many rows are kept, the largest: of each first key, or, with
	                              one part, of all; 0: all of them */
};

/* Sort the rows of the totals and drop those that are not wanted. No totals_at afterwards. */
void usage_rank(const struct usage_rank *rank, struct totals *totals);

#endif
