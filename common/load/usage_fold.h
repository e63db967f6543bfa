/*
 * usage_fold - usage rows of whole subtrees, folded upward while directories close.
 *
 * The table usage_r answers questions about large subtrees: for those that hold at least
 * USAGE_LARGE rows of usage_nr (and a child directory, else usage_nr says it already) it has the
 * sums over the whole subtree. This module makes these rows, in bounded memory, in one pass over
 * directories and usage rows in tree order (rollup.h has the picture).
 *
 * All open directories share one array of rows. The rows of a directory begin at `start` and run to
 * the end, so those of its open children are among them; when a directory closes, its rows are its
 * parent's without being moved. Rows of equal key within a directory are made one when they
 * have piled up, and before a large directory hands out its own.
 *
 * When the array is full all the same, the large open directories (always the upper part of the
 * stack) hand out what they have so far. So the sums of one directory and key can come
 * out in several parts, and the receiver must add them up; the rows of open directories
 * that are not large stay, and are fewer than USAGE_LARGE, because ranges nest.
 */
#ifndef TREETALLY_USAGE_FOLD_H
#define TREETALLY_USAGE_FOLD_H

#include "common/base/hash.h"
#include "common/stream/record.h"

#define USAGE_LARGE 4096 /* rows of usage_nr; keep treetally-db(5) in step */

struct usage_fold {
	struct fold_row *rows;
	uint32_t count, capacity; /* of rows; a power of two */
	uint32_t *slots;          /* a hash table for finding equal keys, twice the capacity */
	struct hash_key key;
	struct fold_level *levels;
	size_t depth, levels_cap;
	uint64_t seen;            /* rows added so far */
	/* Takes sums of a subtree; a part of them, in no order. */
	void (*give)(void *arg, int64_t dir_id, const struct usage_key *key,
		     const struct usage_sums *part);
	void *arg;
};

/* `memory` is for rows, in bytes, at least USAGE_FOLD_MEMORY_MIN; levels take 32 bytes each. */
#define USAGE_FOLD_MEMORY_MIN (512u << 10)
void usage_fold_init(struct usage_fold *f, size_t memory,
		     void (*give)(void *, int64_t, const struct usage_key *,
				  const struct usage_sums *),
		     void *arg);

void usage_fold_open(struct usage_fold *f, int64_t dir_id, bool has_child);

/* A usage row of the current directory. */
void usage_fold_add(struct usage_fold *f, const struct usage_key *key,
		    const struct usage_sums *sums);

enum fold_give { GIVE_IF_LARGE, GIVE_ALWAYS, GIVE_NEVER };

/*
 * Close the current directory. Always: also when it is not large. A directory without children
 * gives nothing even then: its usage_nr rows are its sums.
 */
void usage_fold_close(struct usage_fold *f, enum fold_give which);

void usage_fold_release(struct usage_fold *f);

#endif
