/* SPDX-License-Identifier: MIT */
#include "common/stream/recent_paths.h"

/* A path may lie in any of the slots of its set; a new one pushes out the oldest. */
#define WAYS 4

/* Of longer paths, so many bytes of the end choose the set: a longer hash takes three times as long. */
#define PATH_END 128

void recent_paths_init(struct recent_paths *set)
{
	set->slots = xcalloc(FPSET_SLOTS, sizeof(*set->slots));
	hash_draw(&set->key);
}

struct path_print recent_paths_print(const struct recent_paths *set, const char *path, size_t len)
{
	size_t end = len < PATH_END ? len : PATH_END;
	uint64_t hash = XXH3_64bits(path + (len - end), end);
	struct path_print p = { .slot = (uint32_t)(hash % (FPSET_SLOTS / WAYS)) * WAYS };

	__builtin_prefetch(set->slots + p.slot, 1);
	p.print = XXH3_128bits_withSecret(path, len, set->key.secret, sizeof(set->key.secret));
	return p;
}

bool recent_paths_seen(struct recent_paths *set, const struct path_print *path)
{
	XXH128_hash_t *ways = set->slots + path->slot;
	int way = 0;

	while (way < WAYS - 1 && !XXH128_isEqual(ways[way], path->print))
		way++;
	if (XXH128_isEqual(ways[way], path->print)) {
		memmove(ways + 1, ways, (size_t)way * sizeof(*ways));
		ways[0] = path->print;
		return true;
	}
	memmove(ways + 1, ways, (WAYS - 1) * sizeof(*ways));
	ways[0] = path->print;
	return false;
}

void recent_paths_release(struct recent_paths *set)
{
	free(set->slots);
	set->slots = NULL;
}
