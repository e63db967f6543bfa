/* SPDX-License-Identifier: MIT */
#include "common/base/hash.h"

#include <sys/random.h>

void hash_random(void *bytes, size_t len)
{
	/* Up to 256 bytes come whole or not at all (getrandom(2)). */
	for (size_t done = 0; done < len;) {
		size_t want = len - done < 256 ? len - done : 256;

		if (getrandom((char *)bytes + done, want, 0) != (ssize_t)want)
			die_errno("cannot get random bytes");
		done += want;
	}
}

void hash_draw(struct hash_key *k)
{
	hash_random(k, sizeof(*k));
}
