/*
 * Sorted by keys, rows with a common beginning of the key are neighbours; each row then learns the
 * sum of its group at every level, and one comparison of these sums and keys, level by level, puts
 * groups and rows in their places.
 */
#include "common/query/usage_rank.h"

struct ranked {
	struct totals_row row;
	int64_t weight[TOTALS_PARTS]; /* of the group that shares parts 0..i with it */
};

static int64_t measure(const struct usage_rank *rank, const struct totals_sums *sums)
{
	switch (rank->sort) {
	case SORT_APPARENT: return sums->apparent_size;
	case SORT_FILES: return sums->file_count;
	default: return sums->total_size;
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

static int compare_places(const void *left, const void *right, void *arg)
{
	const struct ranked *a = left, *b = right;
	const struct usage_rank *rank = arg;

	for (size_t i = 0; i < rank->parts; i++) {
		if (!rank->natural[i] && a->weight[i] != b->weight[i])
			return a->weight[i] > b->weight[i] ? -1 : 1;
		if (a->row.key[i] != b->row.key[i])
			return a->row.key[i] < b->row.key[i] ? -1 : 1;
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
		return a->weight[last] > b->weight[last] ? -1 : 1;
	return compare_keys(left, right, arg);
}

/* Rows are in the order of their keys. */
static void weigh(const struct usage_rank *rank, struct ranked *rows, size_t n)
{
	for (size_t part = 0; part < rank->parts; part++) {
		for (size_t first = 0, end; first < n; first = end) {
			struct totals_sums sums = { 0 };

			for (end = first; end < n && !memcmp(rows[end].row.key, rows[first].row.key,
							     (part + 1) * sizeof(int64_t)); end++)
				totals_sum(&sums, &rows[end].row.sums);
			for (size_t i = first; i < end; i++)
				rows[i].weight[part] = measure(rank, &sums);
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

void usage_rank(const struct usage_rank *rank, struct totals *totals)
{
	struct ranked *rows = xcalloc(totals->count + 1, sizeof(*rows));
	size_t n = 0;

	for (size_t i = 0; i < totals->count; i++)
		rows[i].row = totals->rows[i];
	qsort_r(rows, totals->count, sizeof(*rows), compare_keys, (void *)rank);
	weigh(rank, rows, totals->count);
	for (size_t i = 0; i < totals->count; i++) {
		if (rows[i].row.sums.total_size >= rank->min_size)
			rows[n++] = rows[i];
	}
	n = keep_top(rank, rows, n);
	qsort_r(rows, n, sizeof(*rows), compare_places, (void *)rank);
	for (size_t i = 0; i < n; i++)
		totals->rows[i] = rows[i].row;
	totals->count = n;
	free(rows);
}
