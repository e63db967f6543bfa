/* SPDX-License-Identifier: MIT */
/*
 * totals - sums of files by any choice of keys: what a usage question adds up.
 *
 * A key is a few integers, their number and meaning the caller's. Rows stay in the order in which
 * their keys were first seen; memory grows with the number of rows.
 */
#ifndef TREETALLY_TOTALS_H
#define TREETALLY_TOTALS_H

#include "common/base/hash.h"
#include "common/stream/sums.h"

#define TOTALS_PARTS 7

struct totals_row {
	struct sums sums;
	int64_t key[TOTALS_PARTS]; /* parts that are not used are 0 */
};

struct totals {
	struct totals_row *rows;
	size_t count, cap;
	uint32_t *slots; /* row + 1, 0: free */
	size_t mask;     /* 0: no slots, and no key either */
	struct hash_key key;
	size_t last;     /* the row that was hit last: neighbours are often alike */
	bool saturated;  /* a length that was added had reached INT64_MAX */
};

/* The sums of a key, zero if it is new; valid until the next call. */
struct sums *totals_at(struct totals *t, const int64_t key[TOTALS_PARTS]);
void totals_add(struct totals *t, const int64_t key[TOTALS_PARTS], const struct sums *more);
/* What was added as part of something larger. Lengths are wrong then if `saturated`. */
void totals_subtract(struct totals *t, const int64_t key[TOTALS_PARTS],
		     const struct sums *less);

/* Forget rows without files, which subtracting leaves. No totals_at afterwards. */
void totals_drop_empty(struct totals *t);
void totals_release(struct totals *t);

#endif
