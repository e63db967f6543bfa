/* SPDX-License-Identifier: MIT */
/*
 * usage_fold - which directories get rows in usage_r, and these rows, while directories close.
 *
 * usage_r has the sums over the whole subtree of a directory X, so that a question about X need not
 * add up all its rows of usage_nr. The rows must cost less than they save. So let
 *
 *     keys(X)  be the number of different keys (uid, gid, age, size) in the subtree, which is the
 *              number of rows that X would get;
 *     cost(X)  be the number of rows that must be read for X while it has no rows in usage_r: its
 *              rows of usage_nr, and for each child its rows of usage_r if it has any, or its cost.
 *
 * X gets rows if it has a child directory, cost(X) is at least USAGE_LARGE and at least USAGE_SAVES
 * times keys(X), and keys(X) is at most USAGE_KEYS_MOST. The scan root always gets rows.
 *
 * It follows that
 *
 *   - usage_r is at most usage_nr and a third of it, whatever the shape of the tree: let N be the
 *     rows of usage_nr, and R those of usage_r without the scan root's. cost(X) counts rows of
 *     usage_nr and of usage_r, and none of them is counted for two directories that have rows: for
 *     what lies above X, X's own rows stand for all of it. So the costs of all X with rows add up
 *     to N + R at most, and R is a quarter of that at most: R <= (N + R) / 4, R <= N / 3. The scan
 *     root has N at most.
 *   - a question about X reads fewer than USAGE_LARGE rows or fewer than USAGE_SAVES times those of
 *     the finest answer, keys(X). (This is not promised above USAGE_KEYS_MOST keys.)
 *
 * How it is done: all open directories share one stack of rows. The rows of a directory begin at
 * `start` and run to the end, so those of its open children are among them; when a directory
 * closes, its rows are its parent's without being moved. Rows of equal key are made one when the
 * directory hands out its rows (then a quarter is left, which pays for it), and when memory is
 * full.
 *
 *     rows on disk |     rows in memory         |
 *     .............|.............|.......|......|
 *                  base          |       |      base + count
 *       / and /a, too many keys  /a/b    /a/b/c     each begins where the one above it ends
 *
 * A directory with too many keys is "wide", and so are all above it: their rows can only be those
 * of the scan root, and are handed out as such, in parts, when they are in the way. Rows of the
 * others wait on disk when there is no room, the upper part of the stack first.
 *
 * Memory: as given, 40 bytes a level, and usage_keys. Disk: the rows of one path of directories.
 */
#ifndef TREETALLY_USAGE_FOLD_H
#define TREETALLY_USAGE_FOLD_H

#include "common/base/spill.h"
#include "common/load/usage_keys.h"

/* Keep treetally-db(5) in step. */
#define USAGE_LARGE 4096
#define USAGE_SAVES 4

/* Instead of a dir_id: the scan root, which is known only in the end. */
#define USAGE_WHOLE 0

/*
 * Takes rows of the subtree of a directory, in no order. Those of USAGE_WHOLE come in parts, which
 * must be added up where keys are equal.
 */
typedef void usage_fold_give(void *arg, int64_t dir_id, const struct usage_key *key,
			     const struct sums *part);

struct usage_fold {
	struct fold_row *rows;
	uint32_t count, capacity; /* of rows in memory; capacity is a power of two */
	uint64_t base;            /* rows of the stack below them: the first one's place in it */
	uint32_t *slots;          /* a hash table for finding equal keys, twice the capacity */
	uint64_t *chunks;         /* rows on disk: offsets in the spill file, the lowest first */
	size_t chunk_count, chunk_cap;
	struct spill spill;
	struct usage_keys keys;
	struct fold_level *levels;
	size_t depth, levels_cap;
	size_t wide;              /* number of levels that are wide: the upper ones */
	usage_fold_give *give;
	void *arg;
	uint64_t spilled;         /* bytes, known after close_root */
};

/* `memory` is for rows, in bytes; at least 1.6 MiB are taken. Rows that wait go to `temp_dir`. */
void usage_fold_init(struct usage_fold *f, size_t memory, const char *temp_dir,
		     usage_fold_give *give, void *arg);

void usage_fold_open(struct usage_fold *f, int64_t dir_id, bool has_child);

/* A usage row of the current directory. */
void usage_fold_add(struct usage_fold *f, const struct usage_key *key,
		    const struct sums *sums);

/* Close the current directory, which is not the scan root nor above it. */
void usage_fold_close(struct usage_fold *f);

/* The current directory is the scan root: give its rows, and free. */
void usage_fold_close_root(struct usage_fold *f);

#endif
