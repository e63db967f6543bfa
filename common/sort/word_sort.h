/* SPDX-License-Identifier: MIT */
/*
 * word_sort - items of a few 64-bit words, and maybe bytes, in the order of the words.
 *
 * For the keys of indexes: millions of numbers that come in the order of another column. Items are
 * compared by their words, the first one first, and no two have all words equal. They often come in
 * the order of their last words, so that only the first `unsorted` ones need sorting: in memory that
 * is a radix sort, 11 bits at a time, which does not look at two items together. Memory that is
 * full becomes a run of an extsort, which merges.
 *
 *     init -> add* -> end_input -> next until false -> release
 *
 * Memory: as given; at least 1 MiB is taken, and of what was never used nothing. Disk: as extsort.
 */
#ifndef TREETALLY_WORD_SORT_H
#define TREETALLY_WORD_SORT_H

#include "common/sort/extsort.h"

#define WORD_SORT_WORDS 4

struct word_item {
	uint64_t word[WORD_SORT_WORDS];
	const char *bytes; /* from word_sort_next: valid until the next call */
	size_t len;        /* at most PATH_BYTES_MAX */
};

struct word_sort_config {
	unsigned words;    /* of an item, at most WORD_SORT_WORDS */
	unsigned unsorted; /* where these are equal, items come in the order of the others */
	bool with_bytes;
	size_t memory;     /* bytes */
	const char *temp_dir;
	bool quiet;        /* as in extsort.h */
};

struct word_sort {
	struct word_sort_config config;
	unsigned stride;       /* words of an item in memory: with bytes, one more tells where */
	uint64_t *items;       /* one block of memory: items, room to sort them, at its end bytes */
	size_t count, room;    /* items; bytes of the block */
	size_t bytes;          /* of the block's end that are in use */
	uint64_t *sorted;      /* one of both */
	size_t next;
	uint64_t last;         /* first word of the latest item */
	struct extsort *runs;  /* NULL: all items are in memory */
	uint64_t spilled;      /* bytes; known at the end */
};

void word_sort_init(struct word_sort *s, const struct word_sort_config *config);
void word_sort_add(struct word_sort *s, const struct word_item *item);
void word_sort_end_input(struct word_sort *s);
bool word_sort_next(struct word_sort *s, struct word_item *item);
void word_sort_release(struct word_sort *s);

#endif
