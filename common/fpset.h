/*
 * fpset - remembers which paths went by lately, in a table of fixed size.
 *
 * A hit is certain: two paths are held equal only when their 128-bit XXH3 fingerprints are, keyed
 * with a secret drawn for this run, so that nobody can prepare names that collide. A miss may be a
 * path that was pushed out again: the caller then writes a repeat, which sorting removes.
 *
 * Which paths are pushed out depends on the order of paths alone (slots are chosen by an unkeyed
 * hash), so equal input gives equal answers in every run. Memory: 2 MiB, always.
 */
#ifndef TREETALLY_FPSET_H
#define TREETALLY_FPSET_H

#include "common/keyed.h"

#define FPSET_SLOTS (1u << 17)

struct fpset {
	XXH128_hash_t *slots;
	struct keyed key;
};

/* Dies (4) if the system has no random bytes to give. */
void fpset_init(struct fpset *set);

/* Was this path here before? Remembers it in any case. */
bool fpset_seen(struct fpset *set, const void *path, size_t len);

void fpset_release(struct fpset *set);

#endif
