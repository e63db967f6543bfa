/* SPDX-License-Identifier: MIT */
#include "common/sort/totals.h"

#define FIRST_SLOTS 256

static size_t slot_of(const struct totals *t, const int64_t *key)
{
	return (size_t)hash_bytes(&t->key, key, TOTALS_PARTS * sizeof(*key)) & t->mask;
}

static bool same(const int64_t *a, const int64_t *b)
{
	return memcmp(a, b, TOTALS_PARTS * sizeof(*a)) == 0;
}

/* At most half full. */
static void grow(struct totals *t)
{
	size_t slots = t->mask ? 2 * (t->mask + 1) : FIRST_SLOTS;

	if (slots > UINT32_MAX / 2)
		die(EXIT_SYSTEM, "the answer has more than %zu rows: ask for fewer keys or levels",
		    t->count);
	if (!t->mask)
		hash_draw(&t->key);
	free(t->slots);
	t->slots = xcalloc(slots, sizeof(*t->slots));
	t->mask = slots - 1;
	t->cap = slots / 2;
	t->rows = xrealloc_array(t->rows, t->cap, sizeof(*t->rows));
	for (size_t i = 0; i < t->count; i++) {
		size_t slot = slot_of(t, t->rows[i].key);

		while (t->slots[slot])
			slot = (slot + 1) & t->mask;
		t->slots[slot] = (uint32_t)i + 1;
	}
}

struct sums *totals_at(struct totals *t, const int64_t key[TOTALS_PARTS])
{
	size_t slot;

	if (t->last < t->count && same(t->rows[t->last].key, key))
		return &t->rows[t->last].sums;
	if (t->count == t->cap)
		grow(t);
	for (slot = slot_of(t, key); t->slots[slot]; slot = (slot + 1) & t->mask) {
		t->last = t->slots[slot] - 1;
		if (same(t->rows[t->last].key, key))
			return &t->rows[t->last].sums;
	}
	t->last = t->count++;
	t->slots[slot] = (uint32_t)t->count;
	t->rows[t->last] = (struct totals_row){ 0 };
	memcpy(t->rows[t->last].key, key, sizeof(t->rows[t->last].key));
	return &t->rows[t->last].sums;
}

void totals_add(struct totals *t, const int64_t key[TOTALS_PARTS], const struct sums *more)
{
	struct sums *sums = totals_at(t, key);

	sums_add(sums, more);
	t->saturated |= sums->apparent == INT64_MAX;
}

void totals_subtract(struct totals *t, const int64_t key[TOTALS_PARTS],
		     const struct sums *less)
{
	sums_subtract(totals_at(t, key), less);
}

void totals_drop_empty(struct totals *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->count; i++) {
		if (t->rows[i].sums.files)
			t->rows[kept++] = t->rows[i];
	}
	t->count = kept;
}

void totals_release(struct totals *t)
{
	free(t->rows);
	free(t->slots);
	*t = (struct totals){ 0 };
}
