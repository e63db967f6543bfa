#include "common/keyed.h"

#include <sys/random.h>

void keyed_draw(struct keyed *k)
{
	if (getrandom(k, sizeof(*k), 0) != (ssize_t)sizeof(*k))
		die_errno("cannot get random bytes");
}
