/* SPDX-License-Identifier: MIT */
#include "common/stream/buckets.h"

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

const struct bucket age_buckets[BUCKETS] = {
	{ "< 1 Month", 30 },
	{ "1-3 Months", 90 },
	{ "3-6 Months", 180 },
	{ "6-12 Months", 365 },
	{ "1-2 Years", 730 },
	{ "2-3 Years", 1095 },
	{ "3-4 Years", 1460 },
	{ "4-6 Years", 2190 },
	{ "6-7 Years", 2555 },
	{ "7+ Years", INT64_MAX },
};

const struct bucket size_buckets[BUCKETS] = {
	{ "0 - 1 KiB", KIB },
	{ "1 KiB - 10 KiB", 10 * KIB },
	{ "10 KiB - 100 KiB", 100 * KIB },
	{ "100 KiB - 1 MiB", MIB },
	{ "1 MiB - 10 MiB", 10 * MIB },
	{ "10 MiB - 100 MiB", 100 * MIB },
	{ "100 MiB - 1 GiB", GIB },
	{ "1 GiB - 10 GiB", 10 * GIB },
	{ "10 GiB - 100 GiB", 100 * GIB },
	{ "100 GiB+", INT64_MAX },
};

/* Without a branch: which class comes next, nothing tells. */
unsigned bucket_of(const struct bucket buckets[BUCKETS], int64_t value)
{
	unsigned passed = 0;

	for (int i = 0; i < BUCKETS - 1; i++)
		passed += value >= buckets[i].upper;
	return passed;
}
