/* SPDX-License-Identifier: MIT */
#include "common/sort/word_sort.h"

#include "common/base/wire.h"

#define DIGIT_BITS 11
#define DIGITS (1u << DIGIT_BITS)
#define DIGITS_OF_WORD 6
#define MEMORY_LEAST (1u << 20)
#define MERGING_ENOUGH (4u << 20)

void word_sort_init(struct word_sort *s, const struct word_sort_config *config)
{
	size_t memory = config->memory < MEMORY_LEAST ? MEMORY_LEAST : config->memory;

	*s = (struct word_sort){ .config = *config };
	s->merging = memory / 4 < MERGING_ENOUGH ? memory / 4 : MERGING_ENOUGH;
	s->capacity = (memory - s->merging) / (2 * config->words * sizeof(*s->items));
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

/* A stride that the compiler knows is copied without a call. */
static void sort_by_known_stride(const struct word_sort *s, uint64_t *to, unsigned word,
				 unsigned shift, size_t *ends)
{
	switch (s->config.words) {
	case 2: sort_by_digit(s, s->sorted, to, word, shift, ends, 2); break;
	case 3: sort_by_digit(s, s->sorted, to, word, shift, ends, 3); break;
	case 4: sort_by_digit(s, s->sorted, to, word, shift, ends, 4); break;
	case 7: sort_by_digit(s, s->sorted, to, word, shift, ends, 7); break;
	case 10: sort_by_digit(s, s->sorted, to, word, shift, ends, 10); break;
	default: sort_by_digit(s, s->sorted, to, word, shift, ends, s->config.words);
	}
}

static void sort_by_word(struct word_sort *s, unsigned word, size_t (*counts)[DIGITS])
{
	memset(counts, 0, DIGITS_OF_WORD * sizeof(*counts));
	for (size_t i = 0; i < s->count; i++) {
		uint64_t v = s->sorted[i * s->config.words + word];

		for (unsigned d = 0; d < DIGITS_OF_WORD; d++)
			counts[d][v >> (DIGIT_BITS * d) & (DIGITS - 1)]++;
	}
	for (unsigned d = 0; d < DIGITS_OF_WORD; d++) {
		uint64_t *other = s->sorted == s->items ? s->items + s->count * s->config.words : s->items;
		unsigned shift = DIGIT_BITS * d;

		if (counts[d][s->sorted[word] >> shift & (DIGITS - 1)] == s->count)
			continue;
		sort_by_known_stride(s, other, word, shift, counts[d]);
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

/* ---- as a run: behind its words an item has a number, so that no two are equal ---- */

#define NUMBER_LEN 8

static bool never_equal(unsigned char *into, const unsigned char *from)
{
	(void)into, (void)from;
	bug("two items with one number");
}

static void make_runs(struct word_sort *s)
{
	const struct extsort_config config = {
		.tail_len = NUMBER_LEN, .key_len = NUMBER_LEN, .combine = never_equal, .memory = s->merging, .threads = 1,
		.temp_dir = s->config.temp_dir, .quiet = s->config.quiet,
	};

	s->runs = extsort_new(&config);
}

static void spill_items(struct word_sort *s)
{
	unsigned char key[WORD_SORT_WORDS * 8], number[NUMBER_LEN];
	const uint64_t *word;

	if (!s->runs)
		make_runs(s);
	sort_items(s);
	extsort_begin_run(s->runs);
	word = s->sorted;
	for (size_t i = 0; i < s->count; i++) {
		for (unsigned w = 0; w < s->config.words; w++)
			put_be64(key + 8 * (size_t)w, *word++);
		put_be64(number, s->spilled_items++);
		extsort_put_run(s->runs, (char *)key, 8 * (size_t)s->config.words, number);
	}
	extsort_end_run(s->runs);
	s->count = 0;
}

/* ---- in, out ---- */

void word_sort_add(struct word_sort *s, const struct word_item *item)
{
	const size_t size = s->config.words * sizeof(*s->items);

	if (!s->items)
		s->items = xmalloc_large(2 * s->capacity * size);
	if (s->count == s->capacity)
		spill_items(s);
	memcpy(s->items + s->count++ * s->config.words, item->word, size);
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
	for (unsigned w = 0; w < s->config.words; w++)
		item->word[w] = get_be64(sorted.path + 8 * (size_t)w);
	return true;
}

bool word_sort_next(struct word_sort *s, struct word_item *item)
{
	if (s->runs ? !next_of_runs(s, item) : s->next == s->count)
		return false;
	if (!s->runs)
		memcpy(item->word, s->sorted + s->next++ * s->config.words,
		       s->config.words * sizeof(*s->sorted));
	/* An index in a wrong order answers wrongly and without a word. */
	if (item->word[0] < s->last)
		bug("sorted items are out of order");
	s->last = item->word[0];
	return true;
}

const uint64_t *word_sort_all(const struct word_sort *s)
{
	return s->runs ? NULL : s->sorted;
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
