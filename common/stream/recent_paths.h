/* SPDX-License-Identifier: MIT */
/*
 * recent_paths - remembers which paths went by lately, in a table of fixed size.
 *
 * A hit is certain: two paths are held equal only when their 128-bit XXH3 fingerprints are, keyed
 * with a secret drawn for this run, so that nobody can prepare names that collide. A miss may be a
 * path that was pushed out again: the caller then writes a repeat, which sorting removes.
 *
 * Which paths are pushed out depends on the order of paths alone (slots are chosen by an unkeyed
 * hash of their ends), so equal input gives equal answers in every run. Memory: 2 MiB, always.
 */
#ifndef TREETALLY_RECENT_PATHS_H
#define TREETALLY_RECENT_PATHS_H

#include "common/base/hash.h"

#define FPSET_SLOTS (1u << 17)

struct recent_paths {
	XXH128_hash_t *slots;
	struct hash_key key;
};

/* Dies (4) if the system has no random bytes to give. */
void recent_paths_init(struct recent_paths *set);

/* What the table knows of a path. */
struct path_print {
	XXH128_hash_t print;
	uint32_t slot; /* the first where it may lie */
};

/* Ask for the prints of several paths first: what they need of the table comes near meanwhile. */
struct path_print recent_paths_print(const struct recent_paths *set, const char *path, size_t len);

/* Was this path here before? Remembers it in any case. */
bool recent_paths_seen(struct recent_paths *set, const struct path_print *path);

void recent_paths_release(struct recent_paths *set);

#endif
