/* SPDX-License-Identifier: MIT */
#include "common/load/usage_keys.h"

#define SLOTS (2 * USAGE_KEYS_MOST)

struct key_seen {
	uint64_t owner; /* uid, gid */
	uint64_t where; /* dir_id * 256 + age * 16 + size; 0: a free slot */
};

void usage_keys_init(struct usage_keys *k)
{
	*k = (struct usage_keys){ .count = 0 };
	k->young = xcalloc(SLOTS, sizeof(*k->young));
	k->old = xcalloc(SLOTS, sizeof(*k->old));
	hash_draw(&k->hash);
}

/* The slot of a key, or the free one where it belongs. */
static struct key_seen *find(struct key_seen *slots, const struct key_seen *key, uint64_t hash)
{
	uint64_t at = hash & (SLOTS - 1);

	while (slots[at].where &&
	       (slots[at].owner != key->owner || (uint8_t)slots[at].where != (uint8_t)key->where))
		at = (at + 1) & (SLOTS - 1);
	return &slots[at];
}

int64_t usage_keys_see(struct usage_keys *k, const struct usage_key *key, int64_t dir_id)
{
	const struct key_seen seen = {
		(uint64_t)key->uid << 32 | key->gid,
		(uint64_t)dir_id << 8 | (uint64_t)key->age_bucket << 4 | key->size_bucket,
	};
	uint64_t hash = usage_keys_hash(&k->hash, seen.owner, (uint8_t)seen.where);
	struct key_seen *slot = find(k->young, &seen, hash), *emptied;
	uint64_t before = slot->where;

	if (!before) {
		before = find(k->old, &seen, hash)->where;
		k->count++;
	}
	*slot = seen;
	if (k->count == USAGE_KEYS_MOST) {
		emptied = k->old;
		k->old = k->young;
		k->young = emptied;
		memset(emptied, 0, SLOTS * sizeof(*emptied));
		k->count = 0;
	}
	return (int64_t)(before >> 8);
}

void usage_keys_release(struct usage_keys *k)
{
	free(k->young);
	free(k->old);
	*k = (struct usage_keys){ .count = 0 };
}
