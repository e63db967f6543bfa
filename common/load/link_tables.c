/* SPDX-License-Identifier: MIT */
#include "common/load/link_tables.h"

#include "common/db/db_batch.h"
#include "common/db/db_schema.h"
#include "common/load/link_tree.h"
#include "common/sort/totals.h"

/* Sums of links by what they are; LINK_REPEATED_HERE is part of LINK_REPEATED too. */
struct link_sums {
	struct sums of[LINK_KINDS];
};

struct level {
	int64_t dir_id;
	struct link_sums whole;   /* of its subtree so far ... */
	struct sums repeated_own; /* ... and directly in it */
};

struct tables {
	struct db *db;
	int64_t root_id;
	struct db_batch usage, usage_r, stats;
	struct link_sort root; /* sums of the scan root, by key */
	struct link_tree tree;
	struct level *open;    /* as tree.open */
	size_t depth, cap;
};

static void add(struct sums *to, const struct sums *more)
{
	if (!sums_add(to, more))
		bug("links of more than all files");
}

/* What is kept can be less than nothing. */
static struct sums kept_of(const struct link_sums *s)
{
	struct sums kept = s->of[LINK_PATHS];

	sums_subtract(&kept, &s->of[LINK_COMPLETE]);
	return kept;
}

static bool is_zero(const struct sums *s)
{
	return !s->files && !s->allocated && !s->apparent;
}

static void fill_sums(int64_t *row, const struct sums *sums)
{
	row[0] = sums->files;
	row[1] = sums->allocated;
	row[2] = sums->apparent;
}

/* A row of link_usage or link_usage_r, unless it says nothing. */
static void put_usage(struct db_batch *rows, int64_t dir_id, const struct usage_key *key,
		      const struct sums *repeated, const struct sums *kept)
{
	int64_t *row;

	if (is_zero(repeated) && is_zero(kept))
		return;
	row = db_batch_add(rows);
	row[LINK_USAGE_dir_id] = dir_id;
	row[LINK_USAGE_uid] = key->uid;
	row[LINK_USAGE_gid] = key->gid;
	row[LINK_USAGE_age_bucket] = key->age_bucket;
	row[LINK_USAGE_size_bucket] = key->size_bucket;
	fill_sums(row + LINK_USAGE_repeated_files, repeated);
	fill_sums(row + LINK_USAGE_kept_files, kept);
}

/* ---- link_stats ---- */

static void close_level(struct tables *t)
{
	struct level *l = &t->open[--t->depth];
	struct sums kept = kept_of(&l->whole);
	const struct sums *repeated = &l->whole.of[LINK_REPEATED];
	int64_t *row;

	for (int kind = 0; t->depth && kind < LINK_KINDS; kind++)
		add(&t->open[t->depth - 1].whole.of[kind], &l->whole.of[kind]);
	if (is_zero(&l->repeated_own) && is_zero(repeated) && is_zero(&kept))
		return;
	row = db_batch_add(&t->stats);
	row[LINK_STATS_dir_id] = l->dir_id;
	fill_sums(row + LINK_STATS_repeated_files_nr, &l->repeated_own);
	fill_sums(row + LINK_STATS_repeated_files_r, repeated);
	fill_sums(row + LINK_STATS_kept_files_r, &kept);
}

static void enter(struct tables *t, int64_t dir_id)
{
	size_t kept = link_tree_enter(&t->tree, dir_id);

	while (t->depth > kept)
		close_level(t);
	GROW(t->open, t->cap, t->tree.depth);
	for (; t->depth < t->tree.depth; t->depth++)
		t->open[t->depth] = (struct level){ .dir_id = t->tree.open[t->depth] };
}

/* ---- link_usage ---- */

/* Sums of one directory and key; `item` is the first of them, and then the next that is another. */
static bool gather(struct link_sort *from, struct link_item *item, struct link_sums *sums)
{
	const struct link_item first = *item;
	bool more;

	*sums = (struct link_sums){ 0 };
	do {
		add(&sums->of[item->kind], &item->sums);
		if (item->kind == LINK_REPEATED_HERE)
			add(&sums->of[LINK_REPEATED], &item->sums);
		more = link_sort_next(from, item);
	} while (more && item->first == first.first && !usage_key_compare(&item->key, &first.key));
	return more;
}

static void add_to_root(struct tables *t, const struct usage_key *key, const struct link_sums *sums)
{
	struct link_item item = { .first = t->root_id, .key = *key };

	for (item.kind = LINK_REPEATED; item.kind < LINK_KINDS; item.kind++) {
		item.sums = sums->of[item.kind];
		if (!is_zero(&item.sums))
			link_sort_add(&t->root, &item);
	}
}

static void write_usage(struct tables *t, struct link_sort *from)
{
	struct link_sums sums;
	struct link_item next;
	bool more;

	link_sort_end_input(from);
	for (more = link_sort_next(from, &next); more;) {
		const struct link_item item = next;
		struct sums kept;
		struct level *level;

		if (!t->depth || t->open[t->depth - 1].dir_id != item.first)
			enter(t, item.first);
		more = gather(from, &next, &sums);
		kept = kept_of(&sums);
		put_usage(&t->usage, item.first, &item.key, &sums.of[LINK_REPEATED], &kept);
		add_to_root(t, &item.key, &sums);
		level = &t->open[t->depth - 1];
		add(&level->repeated_own, &sums.of[LINK_REPEATED_HERE]);
		for (int kind = 0; kind < LINK_KINDS; kind++)
			add(&level->whole.of[kind], &sums.of[kind]);
	}
}

/* Returns what is repeated in all. */
static struct sums write_root(struct tables *t)
{
	struct link_sums sums;
	struct sums repeated = { 0 }, kept;
	struct link_item next;
	bool more;

	link_sort_end_input(&t->root);
	for (more = link_sort_next(&t->root, &next); more;) {
		const struct usage_key key = next.key;

		more = gather(&t->root, &next, &sums);
		kept = kept_of(&sums);
		put_usage(&t->usage_r, t->root_id, &key, &sums.of[LINK_REPEATED], &kept);
		add(&repeated, &sums.of[LINK_REPEATED]);
	}
	link_sort_release(&t->root);
	return repeated;
}

/* ---- link_usage_r below the scan root ---- */

struct part {
	int64_t dir_id, last; /* a subtree that has been summed up */
};

struct lower {
	struct tables *t;
	sqlite3_stmt *next, *last, *usage, *usage_r;
	struct part *parts; /* those that no other contains, the last one on top */
	size_t count, cap;
	struct totals totals; /* key: uid, gid, age, size, and 0 for repeated, 1 for kept */
};

#define LINK_COLUMNS \
	"uid, gid, age_bucket, size_bucket, repeated_files, repeated_size, repeated_apparent," \
	" kept_files, kept_size, kept_apparent"

static int64_t number(struct lower *b, sqlite3_stmt *statement, int64_t parameter)
{
	int64_t value = 0;

	db_bind(b->t->db, statement, 1, parameter);
	if (db_step(b->t->db, statement))
		value = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return value;
}

static void add_rows(struct lower *b, sqlite3_stmt *rows, int64_t first, int64_t last)
{
	db_bind(b->t->db, rows, 1, first);
	db_bind(b->t->db, rows, 2, last);
	while (db_step(b->t->db, rows)) {
		int64_t key[TOTALS_PARTS] = { 0 };

		for (int i = 0; i < 4; i++)
			key[i] = sqlite3_column_int64(rows, i);
		for (int kept = 0; kept < 2; kept++) {
			const struct sums sums = {
				sqlite3_column_int64(rows, 4 + 3 * kept),
				sqlite3_column_int64(rows, 5 + 3 * kept),
				sqlite3_column_int64(rows, 6 + 3 * kept),
			};

			key[4] = kept;
			totals_add(&b->totals, key, &sums);
		}
	}
}

static int compare_keys(const void *left, const void *right)
{
	const struct totals_row *a = left, *b = right;

	for (int i = 0; i < 5; i++) {
		if (a->key[i] != b->key[i])
			return a->key[i] < b->key[i] ? -1 : 1;
	}
	return 0;
}

static void write_totals(struct lower *b, int64_t dir_id)
{
	struct totals_row *rows = b->totals.rows;

	if (b->totals.count)
		qsort(rows, b->totals.count, sizeof(*rows), compare_keys);
	for (size_t i = 0; i + 1 < b->totals.count; i += 2) {
		const struct usage_key key = {
			(uint32_t)rows[i].key[0], (uint32_t)rows[i].key[1],
			(uint8_t)rows[i].key[2], (uint8_t)rows[i].key[3],
		};

		put_usage(&b->t->usage_r, dir_id, &key, &rows[i].sums, &rows[i + 1].sums);
	}
	db_batch_flush(&b->t->usage_r);
	totals_release(&b->totals);
}

/* A directory that stands before all of `parts`, of which the last ones may lie in it. */
static void sum_up(struct lower *b, int64_t dir_id)
{
	int64_t from = dir_id, last = dir_id + number(b, b->last, dir_id);

	for (; b->count && b->parts[b->count - 1].dir_id <= last; b->count--) {
		const struct part *part = &b->parts[b->count - 1];

		add_rows(b, b->usage, from, part->dir_id - 1);
		add_rows(b, b->usage_r, part->dir_id, part->dir_id);
		from = part->last + 1;
	}
	add_rows(b, b->usage, from, last);
	write_totals(b, dir_id);
	GROW(b->parts, b->cap, b->count + 1);
	b->parts[b->count++] = (struct part){ dir_id, last };
}

static void write_lower(struct tables *t)
{
	struct db *db = t->db;
	struct lower b = { .t = t };
	int64_t dir_id = INT64_MAX;

	b.next = db_prepare(db, "SELECT max(dir_id) FROM usage_r WHERE dir_id < ?");
	b.last = db_prepare(db, "SELECT dir_count_r FROM directory_stats WHERE dir_id = ?");
	b.usage = db_prepare(db, "SELECT " LINK_COLUMNS " FROM link_usage"
			     " WHERE dir_id BETWEEN ? AND ?");
	b.usage_r = db_prepare(db, "SELECT " LINK_COLUMNS " FROM link_usage_r"
			       " WHERE dir_id BETWEEN ? AND ?");
	while ((dir_id = number(&b, b.next, dir_id)) > t->root_id)
		sum_up(&b, dir_id);
	sqlite3_finalize(b.next);
	sqlite3_finalize(b.last);
	sqlite3_finalize(b.usage);
	sqlite3_finalize(b.usage_r);
	free(b.parts);
}

void link_tables_write(struct link_sort *sums, struct db *db, int64_t root_id,
		       const struct extsort_config *sorting, struct sums *repeated)
{
	struct tables t = { .db = db, .root_id = root_id };

	db_batch_init(&t.usage, db, "link_usage", LINK_USAGE_COLUMNS, DB_BATCH_NO_NAME,
		      DB_BATCH_ROWS);
	db_batch_init(&t.usage_r, db, "link_usage_r", LINK_USAGE_COLUMNS, DB_BATCH_NO_NAME,
		      DB_BATCH_ROWS);
	db_batch_init(&t.stats, db, "link_stats", LINK_STATS_COLUMNS, DB_BATCH_NO_NAME,
		      DB_BATCH_ROWS);
	link_sort_init(&t.root, sorting);
	link_tree_init(&t.tree, db);
	write_usage(&t, sums);
	while (t.depth)
		close_level(&t);
	db_batch_release(&t.stats);
	db_batch_release(&t.usage);
	*repeated = write_root(&t);
	write_lower(&t);
	db_batch_release(&t.usage_r);
	link_tree_release(&t.tree);
	free(t.open);
}
