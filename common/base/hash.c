#include "common/base/hash.h"

#include <sys/random.h>

void hash_draw(struct hash_key *k)
{
	if (getrandom(k, sizeof(*k), 0) != (ssize_t)sizeof(*k))
		die_errno("cannot get random bytes");
}
