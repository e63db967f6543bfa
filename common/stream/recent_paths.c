/* SPDX-License-Identifier: MIT */
#include "common/stream/recent_paths.h"

/* A path may lie in any of the slots of its set; a new one pushes out the oldest. */
#define WAYS 4

void recent_paths_init(struct recent_paths *set)
{
	set->slots = xcalloc(FPSET_SLOTS, sizeof(*set->slots));
	hash_draw(&set->key);
}

bool recent_paths_seen(struct recent_paths *set, const void *path, size_t len)
{
	XXH128_hash_t fingerprint = XXH3_128bits_withSecret(path, len, set->key.secret,
							    sizeof(set->key.secret));
	XXH128_hash_t *ways = set->slots + XXH3_64bits(path, len) % (FPSET_SLOTS / WAYS) * WAYS;
	int way = 0;

	while (way < WAYS - 1 && !XXH128_isEqual(ways[way], fingerprint))
		way++;
	if (XXH128_isEqual(ways[way], fingerprint)) {
		memmove(ways + 1, ways, (size_t)way * sizeof(*ways));
		ways[0] = fingerprint;
		return true;
	}
	memmove(ways + 1, ways, (WAYS - 1) * sizeof(*ways));
	ways[0] = fingerprint;
	return false;
}

void recent_paths_release(struct recent_paths *set)
{
	free(set->slots);
	set->slots = NULL;
}
