/* SPDX-License-Identifier: MIT */
/*
 * hash - hashes for tables whose keys strangers choose: names of files, above all.
 *
 * XXH3 with a secret that is drawn for this run: nobody can prepare names that collide in a table,
 * where looking them up would take time that grows with the square of their number. What a program
 * writes must not depend on such a hash.
 */
#ifndef TREETALLY_HASH_H
#define TREETALLY_HASH_H

#include <xxhash.h>

#include "common/base/die.h"

struct hash_key {
	unsigned char secret[XXH3_SECRET_SIZE_MIN];
	uint64_t salt; /* for those who mix a few integers on their own */
};

/* Dies (4) if the system has no random bytes to give. */
void hash_draw(struct hash_key *k);

/* Random bytes that nobody can guess. Dies (4) as hash_draw does. */
void hash_random(void *bytes, size_t len);

static inline uint64_t hash_bytes(const struct hash_key *k, const void *data, size_t len)
{
	return XXH3_64bits_withSecret(data, len, k->secret, sizeof(k->secret));
}

#endif
