/* SPDX-License-Identifier: MIT */
#include "common/audit/audit_fingerprint.h"

#include <xxhash.h>

#include "common/base/hash.h"

#define PRIME ((UINT64_C(1) << 61) - 1)

static uint64_t times(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)(product % PRIME);
}

void audit_factors_draw(struct audit_factors *f)
{
	hash_random(f, sizeof(*f));
	for (int i = 0; i < 3; i++)
		f->weight[i].prime %= PRIME;
}

struct audit_fingerprint audit_fingerprint_weigh(const struct audit_factors *f,
						 const struct sums *sums)
{
	const int64_t values[] = { sums->files, sums->allocated, sums->apparent };
	struct audit_fingerprint sum = { 0, 0 };

	for (int i = 0; i < 3; i++) {
		sum.prime += times(f->weight[i].prime, (uint64_t)values[i] % PRIME);
		sum.wrap += f->weight[i].wrap * (uint64_t)values[i];
	}
	sum.prime %= PRIME;
	return sum;
}

void audit_fingerprint_add(struct audit_fingerprint *to, const struct audit_factors *f, int what,
			   uint64_t key, uint64_t key2, struct audit_fingerprint weighed)
{
	const uint64_t words[] = { (uint64_t)what, key, key2 };
	XXH128_hash_t factor = XXH3_128bits_withSeed(words, sizeof(words), f->seed);

	to->prime = (to->prime + times(factor.low64 % PRIME, weighed.prime)) % PRIME;
	to->wrap += factor.high64 * weighed.wrap;
}

struct audit_fingerprint audit_fingerprint_between(struct audit_fingerprint before,
						   struct audit_fingerprint after)
{
	return (struct audit_fingerprint){ (after.prime + PRIME - before.prime) % PRIME,
				    after.wrap - before.wrap };
}

bool audit_fingerprint_equal(struct audit_fingerprint a, struct audit_fingerprint b)
{
	return a.prime == b.prime && a.wrap == b.wrap;
}
