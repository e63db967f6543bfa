/* SPDX-License-Identifier: MIT */
/*
 * Sorted by keys, rows with a common beginning of the key are neighbours; each row then learns the
 * sum of its group at every level, and one comparison of these sums and keys, level by level, puts
 * groups and rows in their places.
 */
#include "common/query/usage_rank.h"

struct ranked {
	struct totals_row row;
	struct sums matching;  /* of the row */
	int64_t weight[TOTALS_PARTS]; /* of the group that shares parts 0..i with it */
};

int64_t usage_rank_measure(const struct usage_rank *rank, const struct sums *sums,
		       const struct sums *matching)
{
	switch (rank->sort) {
	case USAGE_SORT_MATCHING: return matching->allocated;
	case USAGE_SORT_MATCHING_FILES: return matching->files;
	case USAGE_SORT_APPARENT: return sums->apparent;
	case USAGE_SORT_FILES: return sums->files;
	default: return sums->allocated;
	}
}

static int compare_keys(const void *left, const void *right, void *arg)
{
	const struct ranked *a = left, *b = right;
	const struct usage_rank *rank = arg;

	for (size_t i = 0; i < rank->parts; i++) {
		if (a->row.key[i] != b->row.key[i])
			return a->row.key[i] < b->row.key[i] ? -1 : 1;
	}
	return 0;
}

/* -1 when the first weight comes first. */
static int compare_weights(const struct usage_rank *rank, int64_t a, int64_t b)
{
	return (a > b) != rank->reverse ? -1 : 1;
}

static int compare_places(const void *left, const void *right, void *arg)
{
	const struct ranked *a = left, *b = right;
	const struct usage_rank *rank = arg;

	for (size_t i = 0; i < rank->parts; i++) {
		if (!rank->natural[i] && a->weight[i] != b->weight[i])
			return compare_weights(rank, a->weight[i], b->weight[i]);
		if (a->row.key[i] != b->row.key[i])
			return (a->row.key[i] < b->row.key[i]) !=
			       (rank->natural[i] && rank->reverse) ? -1 : 1;
	}
	return 0;
}

/* By first key (when there are several), then the largest first. */
static int compare_tops(const void *left, const void *right, void *arg)
{
	const struct ranked *a = left, *b = right;
	const struct usage_rank *rank = arg;
	size_t last = rank->parts - 1;

	if (last && a->row.key[0] != b->row.key[0])
		return a->row.key[0] < b->row.key[0] ? -1 : 1;
	if (a->weight[last] != b->weight[last])
		return compare_weights(rank, a->weight[last], b->weight[last]);
	return compare_keys(left, right, arg);
}

/* Rows are in the order of their keys. */
static void weigh(const struct usage_rank *rank, struct ranked *rows, size_t n)
{
	for (size_t part = 0; part < rank->parts; part++) {
		for (size_t first = 0, end; first < n; first = end) {
			struct sums sums = { 0 }, matching = { 0 };

			for (end = first; end < n && !memcmp(rows[end].row.key, rows[first].row.key,
							     (part + 1) * sizeof(int64_t)); end++) {
				sums_add(&sums, &rows[end].row.sums);
				sums_add(&matching, &rows[end].matching);
			}
			for (size_t i = first; i < end; i++)
				rows[i].weight[part] = usage_rank_measure(rank, &sums, &matching);
		}
	}
}

static size_t keep_top(const struct usage_rank *rank, struct ranked *rows, size_t n)
{
	uint64_t seen = 0;
	size_t kept = 0;

	if (!rank->top || !rank->parts)
		return n;
	qsort_r(rows, n, sizeof(*rows), compare_tops, (void *)rank);
	for (size_t i = 0; i < n; i++) {
		if (i && rank->parts > 1 && rows[i].row.key[0] != rows[i - 1].row.key[0])
			seen = 0;
		if (seen++ < rank->top)
			rows[kept++] = rows[i];
	}
	return kept;
}

static bool is_wanted(const struct usage_rank *rank, const struct ranked *row)
{
	return row->row.sums.allocated >= rank->min_size &&
	       (!rank->matching || row->matching.files);
}

void usage_rank_apply(const struct usage_rank *rank, struct usage_found *found)
{
	struct totals *totals = &found->all;
	struct ranked *rows = xcalloc(totals->count + 1, sizeof(*rows));
	size_t n = 0;

	for (size_t i = 0; i < totals->count; i++) {
		rows[i].row = totals->rows[i];
		if (rank->matching)
			rows[i].matching = *totals_at(&found->matching, totals->rows[i].key);
	}
	qsort_r(rows, totals->count, sizeof(*rows), compare_keys, (void *)rank);
	weigh(rank, rows, totals->count);
	for (size_t i = 0; i < totals->count; i++) {
		if (is_wanted(rank, &rows[i]))
			rows[n++] = rows[i];
	}
	n = keep_top(rank, rows, n);
	qsort_r(rows, n, sizeof(*rows), compare_places, (void *)rank);
	if (rank->limit && n > rank->limit)
		n = rank->limit;
	for (size_t i = 0; i < n; i++)
		totals->rows[i] = rows[i].row;
	totals->count = n;
	free(rows);
}

void usage_found_release(struct usage_found *found)
{
	totals_release(&found->all);
	totals_release(&found->matching);
	totals_release(&found->dirs);
	totals_release(&found->seen);
	totals_release(&found->freed);
}
