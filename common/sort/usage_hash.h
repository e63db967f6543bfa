/* SPDX-License-Identifier: MIT */
/*
 * usage_hash - sums files by (directory, uid, gid, age bucket, size bucket) in bounded memory.
 *
 * Two hash tables of a size that never grows: directories by path, and usage rows by directory
 * number and key. When either is full, everything goes out in order as one sorted run of an extsort
 * and the table starts empty; the extsort adds equal rows of different runs up.
 *
 * It consists of parts, each with a lock and with the directories of some hashes, so that several
 * threads can add at the same time. Sums do not depend on who adds first.
 *
 * Hashes only choose parts and slots; bytes decide. They are keyed (hash.h), as users choose the
 * paths.
 */
#ifndef TREETALLY_USAGE_HASH_H
#define TREETALLY_USAGE_HASH_H

#include <pthread.h>

#include "common/base/hash.h"
#include "common/sort/keysort.h"
#include "common/stream/record.h"

/* Bytes: least memory of a part: it holds one directory of the longest path. */
#define USAGE_HASH_PART_MIN (1u << 20)
#define USAGE_HASH_PARTS_MAX 32u
#define CACHE_LINE 64u /* bytes */

struct hash_row {
	struct usage_key key;
	uint32_t dir;
	uint32_t next; /* row + 1 of the same directory, 0: last */
	struct usage usage;
};

/* Part n has the nth piece of `caps` of every array. */
struct usage_part {
	pthread_mutex_t lock;
	size_t paths;
	uint32_t dirs, rows;
} __attribute__((aligned(CACHE_LINE)));

struct usage_hash {
	struct usage_part parts[USAGE_HASH_PARTS_MAX];
	uint32_t part_count;
	struct {
		size_t paths;
		uint32_t dirs, rows;
	} caps;                    /* of a part */
	unsigned char *paths;      /* keysort records: tail is the number of the first row + 1 */
	struct keyref *dirs;       /* record of each directory */
	unsigned char *row_memory;
	struct hash_row *rows;     /* each in one line of the cache */
	uint32_t *dir_slots, *row_slots; /* number + 1, 0: free */
	uint32_t dir_mask, row_mask;     /* of a part */
	struct hash_key key;
	uint64_t emptied;          /* how often; read it with a lock, any one */

	/* draining */
	struct keysort *sort;
	size_t dir_count, sorted, next; /* directories */
	uint32_t row;                   /* + 1, the next of the directory before `next`; 0: none */
};

/* Takes `memory` bytes, at least USAGE_HASH_PART_MIN, and makes of it at most so many parts. */
void usage_hash_init(struct usage_hash *t, size_t memory, uint32_t parts);

/* The part that a directory belongs to. */
uint32_t usage_hash_part(const struct usage_hash *t, uint64_t hash);
/* False: another thread has it, and we are not to `wait`. */
bool usage_hash_lock(struct usage_hash *t, uint32_t part, bool wait);
void usage_hash_unlock(struct usage_hash *t, uint32_t part);
void usage_hash_lock_all(struct usage_hash *t);
void usage_hash_unlock_all(struct usage_hash *t);

#define USAGE_HASH_FULL UINT32_MAX
/*
 * The number of a directory, added if new; USAGE_HASH_FULL: empty the table and ask again. `hash`
 * is from usage_hash_seek_dir. The table is large, and what a question needs of it lies in three
 * places that lead to each other: with many questions, call each of these for all of them before
 * the next. All but the first need the lock of the part, as do those for rows, and a number is good
 * until it is given back: then the table may be emptied.
 */
uint64_t usage_hash_seek_dir(const struct usage_hash *t, const char *path, size_t len);
void usage_hash_fetch_dir(const struct usage_hash *t, uint32_t part, uint64_t hash);
void usage_hash_fetch_path(const struct usage_hash *t, uint32_t part, uint64_t hash);
uint32_t usage_hash_dir(struct usage_hash *t, uint32_t part, const char *path, size_t len,
			uint64_t hash);

/* Files to be added. */
struct usage_file {
	uint32_t dir;
	struct usage_key key;
	struct usage usage;
	uint64_t hash; /* usage_hash_seek */
};

/* Rows lie anywhere, too: let many seek, then fetch, then add; `dir` and `key` are set. */
void usage_hash_seek(const struct usage_hash *t, uint32_t part, struct usage_file *file);
void usage_hash_fetch(const struct usage_hash *t, uint32_t part, const struct usage_file *file);

enum usage_result { USAGE_ADDED, USAGE_FULL, USAGE_OVERFLOW };
/* Add a file that did seek. USAGE_FULL: nothing was added. */
enum usage_result usage_hash_add(struct usage_hash *t, uint32_t part,
				 const struct usage_file *file) WARN_UNUSED;

/*
 * Rows in tree order, then in key order: start, then next until false. `threads` sort. What can
 * follow is _empty or _release. With all locks held, or none if no other thread is left.
 */
struct usage_hash_row {
	const char *path; /* of the same directory: the same pointer */
	size_t len;
	const struct usage_key *key;
	const struct usage *usage;
};
void usage_hash_drain(struct usage_hash *t, unsigned threads);
bool usage_hash_next(struct usage_hash *t, struct usage_hash_row *row);

/* Start anew. It touches all slots, some percent of the memory, however few were used. */
void usage_hash_empty(struct usage_hash *t);

void usage_hash_release(struct usage_hash *t);

#endif
