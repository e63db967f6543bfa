/* SPDX-License-Identifier: MIT */
/*
 * keysort - sort records in memory by path in tree order, then by key bytes.
 *
 * A record is one run of bytes: u32 path length (host order), tail, path. The first `key_len`
 * bytes of the tail belong to the key and compare by memcmp after the path. By level, what follows an
 * empty component in a path does not count for its depth (record_key.h).
 *
 * Paths of a file system share long beginnings, so comparing whole paths looks at the same bytes
 * over and over. This is a multikey quicksort (Bentley and Sedgewick 1997) that looks at seven
 * bytes at a time, kept beside the reference: a group of records with equal bytes so far is
 * split three ways by the next seven; what all of a group share is skipped in one pass.
 * In place, with no memory but the stack: one level for seven bytes of path, at worst about 2 MiB.
 *
 * What comes first is sorted first, and as far as it is asked for, so that a consumer need not wait
 * for the rest; further threads sort what comes behind meanwhile. The first reference costs two or
 * three passes over all of them:
 *
 *     sort = keysort_start(refs, count, &shape, threads);
 *     while (sorted < count)
 *             for (sorted = keysort_more(sort, sorted); at < sorted; at++)
 *                     use(refs[at]);
 *     keysort_end(sort);
 */
#ifndef TREETALLY_KEYSORT_H
#define TREETALLY_KEYSORT_H

#include "common/base/path.h"

struct keyref {
	uint64_t cache;             /* private to keysort.c */
	const unsigned char *record;
};

struct key_shape {
	size_t tail_len, key_len; /* bytes */
	bool by_level;            /* depth of the path comes before all else */
};

/* Views of a record. */
static inline size_t record_path_len(const unsigned char *record)
{
	uint32_t len;

	memcpy(&len, record, sizeof(len));
	return len;
}
static inline const unsigned char *record_tail(const unsigned char *record)
{
	return record + sizeof(uint32_t);
}
static inline const char *record_path(const unsigned char *record, size_t tail_len)
{
	return (const char *)record + sizeof(uint32_t) + tail_len;
}

/* Bytes of a record; and write one at `to`, which has that much room. */
static inline size_t record_size(size_t tail_len, size_t path_len)
{
	return sizeof(uint32_t) + tail_len + path_len;
}
void record_write(unsigned char *to, const char *path, size_t len, const unsigned char *tail,
		  size_t tail_len);

struct keysort;

/* The references belong to the sorter until they are in their places. Dies (4) without threads. */
struct keysort *keysort_start(struct keyref *refs, size_t count, const struct key_shape *shape,
			      unsigned threads);

/* How many, from the first one on, are in their places: more than `sorted`, if there are more. */
size_t keysort_more(struct keysort *s, size_t sorted);

/* At any time; what is not yet sorted stays so. NULL is fine. */
void keysort_end(struct keysort *s);

/* The order itself, for whoever merges. */
int key_compare(const struct key_shape *shape, const char *path_a, size_t len_a,
		const unsigned char *tail_a, const char *path_b, size_t len_b,
		const unsigned char *tail_b);

#endif
