/* SPDX-License-Identifier: MIT */
/*
 * dir_heap - directories by rank, of which the first (or the last) can be taken out.
 */
#ifndef TREETALLY_DIR_HEAP_H
#define TREETALLY_DIR_HEAP_H

#include "common/query/dir_match.h"

/* Less `rank` comes first, then what is only a bound, then less dir_id. */
struct dir_hit {
	int64_t dir_id, rank;
	bool is_bound;              /* the rank may be greater in truth */
	struct sums matching; /* where the question asks for it */
};

/* Zeroed is empty; `hits` is allocated and to be freed. */
struct dir_heap {
	struct dir_hit *hits;
	size_t count, capacity;
	bool last_on_top; /* what comes last is on top */
};

bool dir_hit_before(const struct dir_hit *a, const struct dir_hit *b);
void dir_heap_push(struct dir_heap *heap, struct dir_hit hit);
struct dir_hit dir_heap_pop(struct dir_heap *heap);

#endif
