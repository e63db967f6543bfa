/* SPDX-License-Identifier: MIT */
#include "common/sort/word_sort.h"

#include <assert.h>

#include "common/base/wire.h"

#define DIGIT_BITS 11
#define DIGITS (1u << DIGIT_BITS)
#define DIGITS_OF_WORD 6
#define MEMORY_LEAST (1u << 20)

/* Where the bytes of an item are: their place, counted from the end of the block, and length. */
#define LEN_BITS 16
static_assert(PATH_BYTES_MAX < 1 << LEN_BITS, "a length fits");

void word_sort_init(struct word_sort *s, const struct word_sort_config *config)
{
	size_t memory = config->memory < MEMORY_LEAST ? MEMORY_LEAST : config->memory;

	*s = (struct word_sort){ .config = *config, .stride = config->words + config->with_bytes };
	s->config.memory = memory;
	/* The rest is for buffers, should runs be merged early. */
	s->room = (memory / 4 * 3) & ~(sizeof(*s->items) - 1);
}

/* ---- in memory ---- */

/* Items in the order of 11 bits of a word; where they are equal, as they were. */
static inline void sort_by_digit(const struct word_sort *s, const uint64_t *from, uint64_t *to,
				 unsigned word, unsigned shift, size_t *ends, unsigned stride)
{
	size_t start = 0;

	for (size_t d = 0; d < DIGITS; d++) {
		size_t here = ends[d];

		ends[d] = start;
		start += here;
	}
	for (size_t i = 0; i < s->count; i++, from += stride)
		memcpy(to + stride * ends[from[word] >> shift & (DIGITS - 1)]++, from,
		       stride * sizeof(*from));
}

static void sort_by_word(struct word_sort *s, unsigned word, size_t (*counts)[DIGITS])
{
	memset(counts, 0, DIGITS_OF_WORD * sizeof(*counts));
	for (size_t i = 0; i < s->count; i++) {
		uint64_t v = s->sorted[i * s->stride + word];

		for (unsigned d = 0; d < DIGITS_OF_WORD; d++)
			counts[d][v >> (DIGIT_BITS * d) & (DIGITS - 1)]++;
	}
	for (unsigned d = 0; d < DIGITS_OF_WORD; d++) {
		uint64_t *other = s->sorted == s->items ? s->items + s->count * s->stride : s->items;
		unsigned shift = DIGIT_BITS * d;

		if (counts[d][s->sorted[word] >> shift & (DIGITS - 1)] == s->count)
			continue;
		/* A stride that the compiler knows is copied without a call. */
		if (s->stride == 3)
			sort_by_digit(s, s->sorted, other, word, shift, counts[d], 3);
		else if (s->stride == 4)
			sort_by_digit(s, s->sorted, other, word, shift, counts[d], 4);
		else
			sort_by_digit(s, s->sorted, other, word, shift, counts[d], s->stride);
		s->sorted = other;
	}
}

static void sort_items(struct word_sort *s)
{
	size_t (*counts)[DIGITS] = xmalloc(DIGITS_OF_WORD * sizeof(*counts));

	s->sorted = s->items;
	for (unsigned word = s->config.unsorted; s->count && word-- > 0;)
		sort_by_word(s, word, counts);
	free(counts);
}

static void get_item(const struct word_sort *s, size_t i, struct word_item *item)
{
	const uint64_t *from = s->sorted + i * s->stride;
	uint64_t place;

	*item = (struct word_item){ .bytes = NULL };
	memcpy(item->word, from, s->config.words * sizeof(*from));
	if (!s->config.with_bytes)
		return;
	place = from[s->config.words];
	item->len = place & ((1u << LEN_BITS) - 1);
	item->bytes = (const char *)s->items + s->room - (place >> LEN_BITS);
}

/* ---- as a run ---- */

static bool never_equal(unsigned char *into, const unsigned char *from)
{
	(void)into, (void)from;
	bug("two items with equal words");
}

static void make_runs(struct word_sort *s)
{
	const struct extsort_config config = {
		.combine = never_equal, .memory = s->config.memory / 4, .threads = 1,
		.temp_dir = s->config.temp_dir, .quiet = s->config.quiet,
	};

	s->runs = extsort_new(&config);
}

static void spill_items(struct word_sort *s)
{
	struct buf path = { 0 };
	struct word_item item;

	if (!s->runs)
		make_runs(s);
	sort_items(s);
	extsort_begin_run(s->runs);
	for (size_t i = 0; i < s->count; i++) {
		get_item(s, i, &item);
		path.len = 0;
		buf_reserve(&path, sizeof(item.word) + item.len);
		for (unsigned w = 0; w < s->config.words; w++, path.len += 8)
			put_be64(path.data + path.len, item.word[w]);
		buf_add(&path, item.bytes, item.len);
		extsort_put_run(s->runs, (char *)path.data, path.len, path.data);
	}
	extsort_end_run(s->runs);
	buf_release(&path);
	s->count = s->bytes = 0;
}

/* ---- in, out ---- */

void word_sort_add(struct word_sort *s, const struct word_item *item)
{
	uint64_t *to;

	if (!s->items)
		s->items = xmalloc(s->room);
	/* Twice the items: as they are, and in another order. */
	if (2 * (s->count + 1) * s->stride * sizeof(*to) + s->bytes + item->len > s->room)
		spill_items(s);
	to = s->items + s->count++ * s->stride;
	memcpy(to, item->word, s->config.words * sizeof(*to));
	if (!s->config.with_bytes)
		return;
	s->bytes += item->len;
	memcpy((char *)s->items + s->room - s->bytes, item->bytes, item->len);
	to[s->config.words] = (uint64_t)s->bytes << LEN_BITS | item->len;
}

void word_sort_end_input(struct word_sort *s)
{
	if (!s->runs) {
		sort_items(s);
		return;
	}
	spill_items(s);
	free(s->items);
	s->items = NULL;
	extsort_end_input(s->runs);
}

static bool next_of_runs(struct word_sort *s, struct word_item *item)
{
	struct extsort_item sorted;

	if (!extsort_next(s->runs, &sorted))
		return false;
	*item = (struct word_item){ .len = sorted.len - 8 * (size_t)s->config.words };
	for (unsigned w = 0; w < s->config.words; w++)
		item->word[w] = get_be64(sorted.path + 8 * (size_t)w);
	item->bytes = sorted.path + 8 * (size_t)s->config.words;
	return true;
}

bool word_sort_next(struct word_sort *s, struct word_item *item)
{
	if (s->runs ? !next_of_runs(s, item) : s->next == s->count)
		return false;
	if (!s->runs)
		get_item(s, s->next++, item);
	/* An index in a wrong order answers wrongly and without a word. */
	if (item->word[0] < s->last)
		bug("sorted items are out of order");
	s->last = item->word[0];
	return true;
}

void word_sort_release(struct word_sort *s)
{
	if (s->runs) {
		s->spilled = extsort_stats(s->runs).spill_written;
		extsort_free(s->runs);
	}
	free(s->items);
	s->items = NULL;
	s->runs = NULL;
}
