#include "common/audit/audit_code.h"

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

struct audit_code audit_weigh(const struct audit_factors *f, const struct audit_sums *sums)
{
	const int64_t values[] = { sums->files, sums->total_size, sums->apparent_size };
	struct audit_code sum = { 0, 0 };

	for (int i = 0; i < 3; i++) {
		sum.prime += times(f->weight[i].prime, (uint64_t)values[i] % PRIME);
		sum.wrap += f->weight[i].wrap * (uint64_t)values[i];
	}
	sum.prime %= PRIME;
	return sum;
}

void audit_code_add(struct audit_code *code, const struct audit_factors *f, int what, uint64_t key,
		    uint64_t key2, struct audit_code weighed)
{
	const uint64_t words[] = { (uint64_t)what, key, key2 };
	XXH128_hash_t factor = XXH3_128bits_withSeed(words, sizeof(words), f->seed);

	code->prime = (code->prime + times(factor.low64 % PRIME, weighed.prime)) % PRIME;
	code->wrap += factor.high64 * weighed.wrap;
}

struct audit_code audit_code_between(struct audit_code before, struct audit_code after)
{
	return (struct audit_code){ (after.prime + PRIME - before.prime) % PRIME,
				    after.wrap - before.wrap };
}

bool audit_code_equal(struct audit_code a, struct audit_code b)
{
	return a.prime == b.prime && a.wrap == b.wrap;
}
