/* SPDX-License-Identifier: MIT */
/*
 * word_sort - items of a few 64-bit words, in the order of the words.
 *
 * For the keys of indexes: millions of numbers that come in the order of another column. Items are
 * compared by their words, the first one first. They often come in the order of their last words, or
 * that does not matter, so that only the first `unsorted` ones need sorting: in memory
 * that is a radix sort, 11 bits at a time, which does not look at two items together. Memory that
 * is full becomes a run of an extsort, which merges.
 *
 *     init -> add* -> end_input -> next until false -> release
 *
 * Memory: as given; at least 1 MiB is taken, and of what was never used nothing. Disk: as extsort.
 */
#ifndef TREETALLY_WORD_SORT_H
#define TREETALLY_WORD_SORT_H

#include "common/sort/extsort.h"

#define WORD_SORT_WORDS 10

struct word_item {
	uint64_t word[WORD_SORT_WORDS];
};

struct word_sort_config {
	unsigned words;    /* of an item, from 2 to WORD_SORT_WORDS */
	unsigned unsorted; /* where these are equal, items come in the order of the others, or any */
	size_t memory;     /* bytes */
	const char *temp_dir;
	bool quiet;        /* as in extsort.h */
};

struct word_sort {
	struct word_sort_config config;
	uint64_t *items;       /* twice the capacity: half of it is for sorting */
	size_t count, capacity;
	size_t merging;        /* bytes, for buffers of runs */
	uint64_t *sorted;      /* one of both */
	size_t next;
	uint64_t last;         /* first word of the latest item */
	struct extsort *runs;  /* NULL: all items are in memory */
	uint64_t spilled_items;
	uint64_t spilled;      /* bytes; known at the end */
};

void word_sort_init(struct word_sort *s, const struct word_sort_config *config);
void word_sort_add(struct word_sort *s, const struct word_item *item);
void word_sort_end_input(struct word_sort *s);
bool word_sort_next(struct word_sort *s, struct word_item *item);
/* After end_input: all `count` items, one after the other, if they are in memory; else NULL. */
const uint64_t *word_sort_all(const struct word_sort *s);
void word_sort_release(struct word_sort *s);

#endif
