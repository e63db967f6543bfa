/* SPDX-License-Identifier: MIT */
#include "common/query/usage_cross.h"

#include "common/query/render_scans.h"
#include "common/stream/buckets.h"

bool usage_cross_can(const struct usage_query *ask)
{
	enum usage_by last = ask->by_count > 1 ? ask->by[ask->by_count - 1] : USAGE_OWNER;

	return last == USAGE_AGE || last == USAGE_SIZE;
}

struct cross {
	const struct usage_rank *rank;
	struct usage_found *found;
	struct usage_keys keys;
	struct render render;
	size_t key_columns;
	int64_t total[BUCKETS + 1]; /* of each class, and of all */
};

/* The classes, and what all of them have. */
static size_t make_columns(struct cross *c, struct render_column *columns)
{
	const struct usage_query *ask = c->keys.ask;
	bool by_age = ask->by[ask->by_count - 1] == USAGE_AGE;
	bool count = c->rank->sort == USAGE_SORT_FILES || c->rank->sort == USAGE_SORT_MATCHING_FILES;
	enum render_type type = count ? RENDER_COUNT : RENDER_BYTES;
	size_t n = usage_keys_columns(&c->keys, columns);

	c->key_columns = n;
	for (int i = 0; i < BUCKETS; i++) {
		const char *label = (by_age ? age_buckets : size_buckets)[i].label;

		columns[n++] = (struct render_column){ label, label, type, 0, 0 };
	}
	columns[n++] = (struct render_column){ "total", "Total", type, 0, 0 };
	return n;
}

static int64_t value_of(struct cross *c, struct usage_found *found, const struct totals_row *row)
{
	struct sums matching = { 0 };

	if (c->rank->matching)
		matching = *totals_at(&found->matching, row->key);
	return usage_rank_measure(c->rank, &row->sums, &matching);
}

static void put_values(const struct cross *c, const int64_t *values, struct render_cell *cells)
{
	for (int i = 0; i <= BUCKETS; i++)
		cells[c->key_columns + (size_t)i] = render_number(values[i]);
}

static bool is_same_row(const struct cross *c, const struct totals_row *a,
			const struct totals_row *b)
{
	return memcmp(a->key, b->key, c->keys.parts * sizeof(*a->key)) == 0;
}

/* A row from the rows that begin at `first`; returns where the next ones do. */
static size_t print_row(struct cross *c, size_t first)
{
	const struct totals_row *rows = c->found->all.rows;
	struct render_cell cells[USAGE_KEYS_COLUMNS + BUCKETS + 1];
	int64_t values[BUCKETS + 1] = { 0 };
	size_t end = first;

	for (; end < c->found->all.count && is_same_row(c, &rows[end], &rows[first]); end++) {
		int64_t value = value_of(c, c->found, &rows[end]), class = rows[end].key[c->keys.parts];
		int64_t *all[] = { &values[class], &values[BUCKETS], &c->total[class],
				   &c->total[BUCKETS] };

		for (size_t i = 0; i < (c->found->whole ? 2 : sizeof(all) / sizeof(all[0])); i++)
			*all[i] = (int64_t)add_saturating((uint64_t)*all[i], (uint64_t)value);
	}
	if (!c->rank->limit || c->render.rows < c->rank->limit) {
		usage_keys_cells(&c->keys, &rows[first], cells);
		put_values(c, values, cells);
		render_row(&c->render, cells);
	}
	return end;
}

/* Where rows do not add up; a key lacks the directory, and still ends with the class. */
static void add_whole(struct cross *c)
{
	struct totals *all = &c->found->whole->all;

	for (size_t i = 0; i < all->count; i++) {
		int64_t value = value_of(c, c->found->whole, &all->rows[i]);
		int64_t *totals[] = { &c->total[all->rows[i].key[c->keys.parts - 1]],
				      &c->total[BUCKETS] };

		for (size_t to = 0; to < 2; to++)
			*totals[to] = (int64_t)add_saturating((uint64_t)*totals[to],
							      (uint64_t)value);
	}
}

void usage_cross_print(const struct usage_query *ask, const struct usage_rank *rank,
		       const struct render_options *options, struct db_reader_set *set,
		       struct usage_found *found)
{
	struct cross c = { .rank = rank, .found = found,
			   .keys = { .set = set, .ask = ask, .parts = ask->by_count - 1 } };
	struct render_column columns[USAGE_KEYS_COLUMNS + BUCKETS + 1];
	struct render_cell cells[USAGE_KEYS_COLUMNS + BUCKETS + 1];

	render_open(&c.render, options, "usage-cross", columns, make_columns(&c, columns));
	for (size_t i = 0; i < found->all.count;)
		i = print_row(&c, i);
	if (found->whole)
		add_whole(&c);
	if (rank->total || render_format(options) == RENDER_TABLE) {
		usage_keys_total(columns, c.key_columns, cells);
		put_values(&c, c.total, cells);
		render_total(&c.render, cells);
	}
	render_note_links(&c.render, set, ask->links == LINKS_SEEN);
	render_close(&c.render);
	usage_keys_release(&c.keys);
}
