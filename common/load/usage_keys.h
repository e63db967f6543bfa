/* SPDX-License-Identifier: MIT */
/*
 * usage_keys - how many different keys do the usage rows of a subtree have?
 *
 * Known for every directory when it closes, in one pass in tree order, without looking at any row
 * twice. Each row counts for its directory, and counts go up as directories close. When the
 * key of a row was seen before, both rows lie below some open directory, and the lowest of those
 * has counted one too many: it gets one off.
 *
 *     /a     row k   a: +1
 *     /a/b   row k   b: +1, a: -1      b closes: a has 1 + 1 - 1 = 1
 *     /c     row k   c: +1, /: -1      all close: / has 1 + 1 - 1 = 1
 *
 * So all that must be known of a key is the directory it was last seen in. Two tables keep that:
 * when the young one has USAGE_KEYS_MOST keys the other one is emptied and becomes the young one. A
 * key is forgotten only after at least USAGE_KEYS_MOST others have come, so
 *
 *     a count is right if it is at most USAGE_KEYS_MOST, and otherwise it is larger than that,
 *
 * whatever the order of the rows. Memory: 1 MiB. Time: a look into each table for each row.
 */
#ifndef TREETALLY_USAGE_KEYS_H
#define TREETALLY_USAGE_KEYS_H

#include "common/base/hash.h"
#include "common/stream/record.h"

/* A power of two; keep treetally-db(5) in step. */
#define USAGE_KEYS_MOST 16384

struct usage_keys {
	struct key_seen *young, *old; /* 2 * USAGE_KEYS_MOST slots each */
	uint32_t count;               /* of young */
	struct hash_key hash;
};

void usage_keys_init(struct usage_keys *k);
/* A row of directory `dir_id`; returns the directory that had the last row of its key, or 0. */
int64_t usage_keys_see(struct usage_keys *k, const struct usage_key *key, int64_t dir_id);
void usage_keys_release(struct usage_keys *k);

/* Of a key as it is packed in memory: uid and gid, both classes. */
static inline uint64_t usage_keys_hash(const struct hash_key *k, uint64_t owner, uint32_t classes)
{
	uint64_t h = owner ^ (uint64_t)classes << 40 ^ k->salt;

	h *= 0x9e3779b97f4a7c15u;
	h ^= h >> 32;
	return (h * 0xd6e8feb86659fd93u) >> 32;
}

#endif
