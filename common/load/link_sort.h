/* SPDX-License-Identifier: MIT */
/*
 * link_sort - sums that belong to one or two directories and a usage key, in order, in bounded memory.
 *
 * Pairs come out in the order of their first directory; others in that of directory, key and kind.
 * Items that are equal so far are not added up, and are neighbours.
 */
#ifndef TREETALLY_LINK_SORT_H
#define TREETALLY_LINK_SORT_H

#include "common/sort/word_sort.h"
#include "common/stream/record.h"

/* What a sum is, of the paths of linked files (link_load.h). */
enum link_kind {
	LINK_REPEATED_HERE, /* behind another path of the inode in the same directory */
	LINK_REPEATED,      /* behind another path of it in the subtree */
	LINK_PATHS,         /* all there are */
	LINK_COMPLETE,      /* one for each inode that has no path elsewhere */
	LINK_KINDS,
	/* Of items alone: repeated and complete, as most are that have two links. */
	LINK_BOTH_HERE = LINK_KINDS, LINK_BOTH
};

struct link_item {
	int64_t first, second; /* dir_ids; second 0: there is only one */
	struct usage_key key;
	enum link_kind kind;
	struct sums sums;
};

struct link_sort {
	struct word_sort items;
};

/* `config` gives memory, temp_dir and quiet. */
void link_sort_init(struct link_sort *s, const struct extsort_config *config, bool pairs);
void link_sort_add(struct link_sort *s, const struct link_item *item);
void link_sort_end_input(struct link_sort *s);
bool link_sort_next(struct link_sort *s, struct link_item *item);
/* Frees; returns the bytes that were spilled. */
uint64_t link_sort_release(struct link_sort *s);

#endif
