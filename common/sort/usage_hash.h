/* SPDX-License-Identifier: MIT */
/*
 * usage_hash - sums files by (directory, uid, gid, age bucket, size bucket) in bounded memory.
 *
 * Two hash tables in one block of memory that never grows: directories by path, and usage rows by
 * directory number and key. When either is full, everything goes out in order as one sorted run
 * of an extsort and the table starts empty; the extsort adds equal rows of different runs up.
 *
 * Hashes only choose slots; bytes decide. They are keyed (hash.h), as users choose the paths.
 */
#ifndef TREETALLY_USAGE_HASH_H
#define TREETALLY_USAGE_HASH_H

#include "common/base/hash.h"
#include "common/sort/keysort.h"
#include "common/stream/record.h"

/* Bytes: least memory that holds one directory of the longest path. */
#define USAGE_HASH_MEMORY_MIN (1u << 20)

struct hash_row {
	struct usage_key key;
	uint32_t dir;
	uint32_t next; /* row + 1 of the same directory, 0: last */
	struct usage usage;
};

struct usage_hash {
	unsigned char *paths;      /* keysort records: tail is the number of the first row + 1 */
	size_t paths_used, paths_cap;
	struct keyref *dirs;       /* record of each directory */
	uint32_t dir_count, dir_cap;
	struct hash_row *rows;
	uint32_t row_count, row_cap;
	struct hash_key key;
	uint32_t *dir_slots, *row_slots; /* number + 1, 0: free */
	uint32_t dir_mask, row_mask;
};

/* Takes `memory` bytes, at least USAGE_HASH_MEMORY_MIN. */
void usage_hash_init(struct usage_hash *t, size_t memory);

#define USAGE_HASH_FULL UINT32_MAX
/*
 * The number of a directory, added if new; USAGE_HASH_FULL: empty the table and ask again. `hash`
 * is from usage_hash_seek_dir. The table is large, and what a question needs of it lies in three
 * places that lead to each other: with many questions, call each of these for all of them before
 * the next.
 */
uint64_t usage_hash_seek_dir(const struct usage_hash *t, const char *path, size_t len);
void usage_hash_fetch_dir(const struct usage_hash *t, uint64_t hash);
void usage_hash_fetch_path(const struct usage_hash *t, uint64_t hash);
uint32_t usage_hash_dir(struct usage_hash *t, const char *path, size_t len, uint64_t hash);

/* Files to be added. */
struct usage_file {
	uint32_t dir;
	struct usage_key key;
	struct usage usage;
	uint64_t hash; /* usage_hash_seek */
};

/* Rows lie anywhere, too: let many seek, then fetch, then add; `dir` and `key` are set. */
void usage_hash_seek(const struct usage_hash *t, struct usage_file *file);
void usage_hash_fetch(const struct usage_hash *t, const struct usage_file *file);

enum usage_result { USAGE_ADDED, USAGE_FULL, USAGE_OVERFLOW };
/*
 * Add a file that did seek. USAGE_FULL: nothing was added; directory numbers are void after
 * emptying.
 */
enum usage_result usage_hash_add(struct usage_hash *t, const struct usage_file *file) WARN_UNUSED;

/*
 * Hand every row to `put` in tree order, then in key order. What can follow is _empty or _release.
 */
typedef void usage_put(void *arg, const char *path, size_t len, const struct usage_key *key,
		       const struct usage *usage);
void usage_hash_drain(struct usage_hash *t, usage_put *put, void *arg);

/* Start anew. It touches all slots, some percent of the memory, however few were used. */
void usage_hash_empty(struct usage_hash *t);

void usage_hash_release(struct usage_hash *t);

#endif
