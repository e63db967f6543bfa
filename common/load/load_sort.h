/*
 * load_sort - what stats-load can only write in another order than it comes.
 *
 * Directories close children first, but usage_r stands in the order of dir_id; and owners come in
 * any order. So both go through one external sorter, which adds up what has the same key:
 *
 *     usage_r   dir_id, uid, gid, age, size  ->  files, allocated bytes, file lengths
 *     uids      uid                          ->  directories with files of it, directories it owns
 *     gids      gid                          ->  the same
 *
 * They come out in that order, each by its key. Counts of owners are first added up in a small
 * table of fixed size, since most directories have the owner of the one before.
 */
#ifndef TREETALLY_LOAD_SORT_H
#define TREETALLY_LOAD_SORT_H

#include "common/sort/extsort.h"
#include "common/stream/record.h"

enum stats_part { PART_USAGE_R = 1, PART_UIDS, PART_GIDS, PART_END };

struct stats_item {
	enum stats_part part; /* PART_END: there is no more */
	int64_t dir_id;        /* usage_r */
	struct usage_key key;  /* usage_r */
	struct usage_sums sums; /* usage_r */
	uint32_t id;           /* uids, gids */
	uint64_t directories;  /* that directly hold a file of it */
	uint64_t owned;        /* whose line names it */
};

#define OWNER_SLOTS 4096

struct load_sort {
	struct extsort *sorter;
	struct stats_item *owners; /* OWNER_SLOTS of them; part 0: free */
};

void load_sort_init(struct load_sort *s, const struct extsort_config *config);

void load_sort_add_usage(struct load_sort *s, int64_t dir_id, const struct usage_key *key,
			  const struct usage_sums *sums);
void load_sort_add_owner(struct load_sort *s, enum stats_part part, uint32_t id,
			  uint64_t directories, uint64_t owned);

/* No more input; then read until PART_END. */
void load_sort_finish(struct load_sort *s);
void load_sort_next(struct load_sort *s, struct stats_item *item);

void load_sort_release(struct load_sort *s);

#endif
