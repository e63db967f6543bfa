/* SPDX-License-Identifier: MIT */
/*
 * load_sort - what stats-load can only write in another order than it comes.
 *
 * Directories close children first, but usage_r stands in the order of dir_id; and owners come in
 * any order. So both go through one external sorter, which adds up what has the same key:
 *
 *     usage_r   dir_id, uid, gid, age, size  ->  files, allocated bytes, file lengths
 *     uids      uid                          ->  directories with files of it, directories it owns
 *     gids      gid                          ->  the same; where a directory has too many groups to
 *                                                tell them apart, (gid, dir_id) for each row of it
 *
 * They come out in that order, each by its key.
 */
#ifndef TREETALLY_LOAD_SORT_H
#define TREETALLY_LOAD_SORT_H

#include "common/sort/extsort.h"
#include "common/stream/record.h"

enum load_part { PART_USAGE_R = 1, PART_UIDS, PART_GIDS };

struct load_item {
	enum load_part part;
	int64_t dir_id;        /* usage_r; gids: 0, or a directory that holds a file of it */
	struct usage_key key;  /* usage_r */
	struct sums sums; /* usage_r */
	uint32_t id;           /* uids, gids */
	uint64_t directories;  /* that directly hold a file of it */
	uint64_t owned;        /* whose line names it */
};

struct load_sort {
	struct extsort *sorter;
	struct load_item next; /* of the sorter */
	bool have_next;
};

void load_sort_init(struct load_sort *s, const struct extsort_config *config);

/* In any order; what has the same part and key is added up. */
void load_sort_add(struct load_sort *s, const struct load_item *item);

/* No more input; then read part by part, in their order. */
void load_sort_end_input(struct load_sort *s);
/*
 * The next item of the part that comes; false: it has no more, the next part follows. Of an id
 * there is one item.
 */
bool load_sort_next(struct load_sort *s, enum load_part part, struct load_item *item);

void load_sort_release(struct load_sort *s);

#endif
