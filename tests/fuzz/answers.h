/* SPDX-License-Identifier: MIT */
/*
 * answers - rows of anybody's bytes in every format of the query programs, read back.
 */
#ifndef TREETALLY_ANSWERS_H
#define TREETALLY_ANSWERS_H

#include "common/base/die.h"

struct answers {
	const uint8_t *data;
	size_t len;
};

/* Render rows made of the bytes and check what came out. For fuzz_try, which it must survive. */
void answers_render(void *answers);

#endif
