/* SPDX-License-Identifier: MIT */
#include "common/load/link_tables.h"

#include <assert.h>

#include "common/base/wire.h"
#include "common/db/db_batch.h"
#include "common/db/db_record.h"
#include "common/db/db_schema.h"
#include "common/sort/totals.h"
#include "common/sort/word_sort.h"

static_assert(LINK_STATS_COLUMNS <= WORD_SORT_WORDS, "a row of link_stats is an item");

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
	struct link_tables *result;
	struct db_tree usage, usage_r;
	struct word_sort stats; /* rows of link_stats: dir_id, and the other columns */
	struct link_sort root; /* sums of the scan root, by key */
	struct link_tree *tree;
	struct level *open;    /* as tree->open */
	size_t depth, cap;
};

#define STATS_NUMBERS (LINK_STATS_COLUMNS - 1)

void link_files_begin(const struct link_files *files, struct db_tree *tree, const char *name,
		      bool of_rows)
{
	db_tree_begin(tree, files->pages, db_root_page(files->db, name), of_rows, files->piece);
	tree->turn = files->turn;
}

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

static void fill_usage(int64_t *row, int64_t dir_id, const struct usage_key *key,
		       const struct sums *repeated, const struct sums *kept)
{
	row[LINK_USAGE_dir_id] = dir_id;
	row[LINK_USAGE_uid] = key->uid;
	row[LINK_USAGE_gid] = key->gid;
	row[LINK_USAGE_age_bucket] = key->age_bucket;
	row[LINK_USAGE_size_bucket] = key->size_bucket;
	fill_sums(row + LINK_USAGE_repeated_files, repeated);
	fill_sums(row + LINK_USAGE_kept_files, kept);
}

/* A row of link_usage or link_usage_r, unless it says nothing. */
static void put_usage(struct db_tree *table, int64_t dir_id, const struct usage_key *key,
		      const struct sums *repeated, const struct sums *kept)
{
	unsigned char bytes[DB_RECORD_MAX];
	int64_t row[LINK_USAGE_COLUMNS];
	struct db_record r;

	if (is_zero(repeated) && is_zero(kept))
		return;
	fill_usage(row, dir_id, key, repeated, kept);
	db_record_begin(&r, bytes, LINK_USAGE_COLUMNS, 0);
	for (int i = 0; i < LINK_USAGE_COLUMNS; i++)
		db_record_integer(&r, row[i]);
	db_tree_add_key(table, bytes, db_record_end(&r));
}

/* ---- link_stats ---- */

static void close_level(struct tables *t)
{
	struct level *l = &t->open[--t->depth];
	struct sums kept = kept_of(&l->whole);
	const struct sums *repeated = &l->whole.of[LINK_REPEATED];
	int64_t numbers[STATS_NUMBERS];
	struct word_item row;

	for (int kind = 0; t->depth && kind < LINK_KINDS; kind++)
		add(&t->open[t->depth - 1].whole.of[kind], &l->whole.of[kind]);
	if (is_zero(&l->repeated_own) && is_zero(repeated) && is_zero(&kept))
		return;
	fill_sums(numbers, &l->repeated_own);
	fill_sums(numbers + 3, repeated);
	fill_sums(numbers + 6, &kept);
	row.word[0] = (uint64_t)l->dir_id;
	memcpy(row.word + 1, numbers, sizeof(numbers));
	word_sort_add(&t->stats, &row);
}

/* Returns the number of keys. */
static uint64_t write_by_shared(const struct link_files *files, struct word_sort *keys)
{
	unsigned char bytes[DB_RECORD_MAX];
	struct word_item item;
	struct db_tree index;
	struct db_record r;

	link_files_begin(files, &index, "link_stats_by_shared", false);
	word_sort_end_input(keys);
	while (word_sort_next(keys, &item)) {
		db_record_begin(&r, bytes, 2, 0);
		db_record_integer(&r, (int64_t)item.word[0]);
		db_record_integer(&r, (int64_t)item.word[1]);
		db_tree_add_key(&index, bytes, db_record_end(&r));
	}
	db_tree_end(&index);
	word_sort_release(keys);
	return index.count;
}

static void write_stats(struct tables *t, const struct link_files *files,
			const struct extsort_config *sorting)
{
	const struct word_sort_config by_shared = { .words = 2, .unsorted = 1,
						    .memory = sorting->memory,
						    .temp_dir = sorting->temp_dir, .quiet = true };
	unsigned char bytes[DB_RECORD_MAX];
	int64_t numbers[STATS_NUMBERS];
	struct word_item item;
	struct word_sort keys;
	struct db_tree table;
	struct db_record r;

	link_files_begin(files, &table, "link_stats", true);
	word_sort_init(&keys, &by_shared);
	word_sort_end_input(&t->stats);
	while (word_sort_next(&t->stats, &item)) {
		uint64_t dir_id = item.word[0];

		memcpy(numbers, item.word + 1, sizeof(numbers));
		db_record_begin(&r, bytes, LINK_STATS_COLUMNS, 0);
		db_record_null(&r);
		for (int i = 0; i < STATS_NUMBERS; i++)
			db_record_integer(&r, numbers[i]);
		db_tree_add_row(&table, (int64_t)dir_id, bytes, db_record_end(&r));
		if (numbers[LINK_STATS_repeated_size_r - 1] > 0)
			word_sort_add(&keys, &(struct word_item){ {
				(uint64_t)numbers[LINK_STATS_repeated_size_r - 1], dir_id } });
	}
	word_sort_release(&t->stats);
	db_tree_end(&table);
	t->result->stats = table.count;
	t->result->shared = write_by_shared(files, &keys);
}

static void enter(struct tables *t, int64_t dir_id)
{
	size_t kept = link_tree_enter(t->tree, dir_id);

	while (t->depth > kept)
		close_level(t);
	GROW(t->open, t->cap, t->tree->depth);
	for (; t->depth < t->tree->depth; t->depth++)
		t->open[t->depth] = (struct level){ .dir_id = t->tree->open[t->depth] };
}

/* ---- link_usage ---- */

/* Sums of one directory and key; `item` is the first of them, and then the next that is another. */
static bool gather(struct link_sort *from, struct link_item *item, struct link_sums *sums)
{
	const struct link_item first = *item;
	bool more;

	*sums = (struct link_sums){ 0 };
	do {
		bool both = item->kind >= LINK_KINDS;
		bool here = item->kind == LINK_REPEATED_HERE || item->kind == LINK_BOTH_HERE;

		if (here)
			add(&sums->of[LINK_REPEATED_HERE], &item->sums);
		if (here || both)
			add(&sums->of[LINK_REPEATED], &item->sums);
		if (both)
			add(&sums->of[LINK_COMPLETE], &item->sums);
		else if (!here)
			add(&sums->of[item->kind], &item->sums);
		more = link_sort_next(from, item);
	} while (more && item->first == first.first && !usage_key_compare(&item->key, &first.key));
	return more;
}

static void add_to_root(struct tables *t, const struct usage_key *key, const struct link_sums *sums)
{
	struct link_item item = { .first = t->result->root_id, .key = *key };

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

static void add_repeated(struct word_sort *to, uint32_t id, const struct sums *sums)
{
	word_sort_add(to, &(struct word_item){ { id, (uint64_t)sums->files,
						 (uint64_t)sums->allocated,
						 (uint64_t)sums->apparent } });
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
		put_usage(&t->usage_r, t->result->root_id, &key, &sums.of[LINK_REPEATED], &kept);
		add(&repeated, &sums.of[LINK_REPEATED]);
		add_repeated(&t->result->owners, key.uid, &sums.of[LINK_REPEATED]);
		add_repeated(&t->result->groups, key.gid, &sums.of[LINK_REPEATED]);
	}
	link_sort_release(&t->root);
	word_sort_end_input(&t->result->owners);
	word_sort_end_input(&t->result->groups);
	return repeated;
}

/* ---- link_usage_r below the scan root ---- */

struct part {
	int64_t dir_id, last; /* a subtree that has been summed up */
};

struct lower {
	struct db *db;
	struct db_batch rows;
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

	db_bind(b->db, statement, 1, parameter);
	if (db_step(b->db, statement))
		value = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return value;
}

static void add_rows(struct lower *b, sqlite3_stmt *rows, int64_t first, int64_t last)
{
	db_bind(b->db, rows, 1, first);
	db_bind(b->db, rows, 2, last);
	while (db_step(b->db, rows)) {
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

		if (!is_zero(&rows[i].sums) || !is_zero(&rows[i + 1].sums))
			fill_usage(db_batch_add(&b->rows), dir_id, &key, &rows[i].sums,
				   &rows[i + 1].sums);
	}
	db_batch_flush(&b->rows);
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

static void write_lower(struct db *db, int64_t root_id)
{
	struct lower b = { .db = db };
	int64_t dir_id = INT64_MAX;

	db_batch_init(&b.rows, db, "link_usage_r", LINK_USAGE_COLUMNS, DB_BATCH_NO_NAME,
		      DB_BATCH_ROWS);
	b.next = db_prepare(db, "SELECT max(dir_id) FROM usage_r WHERE dir_id < ?");
	b.last = db_prepare(db, "SELECT dir_count_r FROM directory_stats WHERE dir_id = ?");
	b.usage = db_prepare(db, "SELECT " LINK_COLUMNS " FROM link_usage"
			     " WHERE dir_id BETWEEN ? AND ?");
	b.usage_r = db_prepare(db, "SELECT " LINK_COLUMNS " FROM link_usage_r"
			       " WHERE dir_id BETWEEN ? AND ?");
	while ((dir_id = number(&b, b.next, dir_id)) > root_id)
		sum_up(&b, dir_id);
	sqlite3_finalize(b.next);
	sqlite3_finalize(b.last);
	sqlite3_finalize(b.usage);
	sqlite3_finalize(b.usage_r);
	db_batch_release(&b.rows);
	free(b.parts);
}

void link_tables_write(struct link_tables *tables, const struct link_files *files,
		       struct link_sort *sums, struct link_tree *tree,
		       const struct extsort_config *sorting)
{
	const struct word_sort_config stats = { .words = LINK_STATS_COLUMNS, .unsorted = 1,
						.memory = sorting->memory,
						.temp_dir = sorting->temp_dir, .quiet = true };
	const struct word_sort_config by_owner = { .words = 4, .unsorted = 1,
						   .memory = sorting->memory / 4,
						   .temp_dir = sorting->temp_dir, .quiet = true };
	struct tables t = { .result = tables, .tree = tree };

	*tables = (struct link_tables){ .root_id = files->root_id };
	word_sort_init(&tables->owners, &by_owner);
	word_sort_init(&tables->groups, &by_owner);
	word_sort_init(&t.stats, &stats);
	link_sort_init(&t.root, sorting, false);
	link_files_begin(files, &t.usage, "link_usage", false);
	link_tree_rewind(tree);
	write_usage(&t, sums);
	while (t.depth)
		close_level(&t);
	db_tree_end(&t.usage);
	tables->usage = t.usage.count;
	write_stats(&t, files, sorting);
	link_files_begin(files, &t.usage_r, "link_usage_r", false);
	tables->repeated = write_root(&t);
	db_tree_end(&t.usage_r);
	free(t.open);
}

void link_tables_finish(const struct link_tables *tables, struct db *db)
{
	db_check_count(db, "link_usage", NULL, tables->usage);
	db_check_count(db, "link_stats", NULL, tables->stats);
	db_check_count(db, "link_stats", "link_stats_by_shared WHERE repeated_size_r > 0",
		       tables->shared);
	write_lower(db, tables->root_id);
}
