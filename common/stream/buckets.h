/* SPDX-License-Identifier: MIT */
/*
 * buckets - the ten classes of age and the ten of size that every histogram uses.
 *
 * The one place that knows their limits and labels. Age is in whole days before the scan date
 * (negative: later, which is bucket 0), size in allocated bytes. Not in record.h, because the query
 * programs need the classes and no records.
 */
#ifndef TREETALLY_BUCKETS_H
#define TREETALLY_BUCKETS_H

#include "common/base/die.h"

#define BUCKETS 10

struct bucket {
	const char *label;
	int64_t upper; /* first value that is not in it; INT64_MAX in the last: open */
};

extern const struct bucket age_buckets[BUCKETS];
extern const struct bucket size_buckets[BUCKETS];

/* 0 to 9. */
unsigned bucket_of(const struct bucket buckets[BUCKETS], int64_t value);

#endif
