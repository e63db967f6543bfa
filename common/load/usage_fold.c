#include "common/load/usage_fold.h"

/* Rows that may pile up in a directory beyond twice those left when equal keys were last looked for. */
#define PILE_MIN 1024

struct fold_row {
	uint64_t owner;   /* uid, gid */
	uint32_t buckets; /* age, size */
	uint64_t file_count, total_size, apparent_size;
};

struct fold_level {
	int64_t dir_id;
	uint64_t seen_before; /* usage rows before it was opened */
	uint32_t start;       /* its first row */
	uint32_t unique;      /* as many rows from there on are known to have different keys */
	bool has_child;
};

void usage_fold_init(struct usage_fold *f, size_t memory,
		     void (*give)(void *, int64_t, const struct usage_key *,
				  const struct usage_sums *),
		     void *arg)
{
	const size_t row = sizeof(*f->rows) + 2 * sizeof(*f->slots);

	*f = (struct usage_fold){ .capacity = 2 * USAGE_LARGE, .give = give, .arg = arg };
	while (f->capacity <= memory / row / 2 && f->capacity < 1u << 30)
		f->capacity *= 2;
	f->rows = xmalloc(f->capacity * sizeof(*f->rows));
	hash_draw(&f->key);
	f->slots = xmalloc(2 * (size_t)f->capacity * sizeof(*f->slots));
}

/* ---- equal keys ---- */

static uint32_t hash(const struct usage_fold *f, const struct fold_row *row)
{
	uint64_t h = row->owner ^ (uint64_t)row->buckets << 40 ^ f->key.salt;

	h *= 0x9e3779b97f4a7c15u;
	h ^= h >> 32;
	return (uint32_t)((h * 0xd6e8feb86659fd93u) >> 32);
}

static bool same_key(const struct fold_row *a, const struct fold_row *b)
{
	return a->owner == b->owner && a->buckets == b->buckets;
}

/* Overflow is not looked for here: the rollup of the same rows finds it and ends the program. */
static void add_row(struct fold_row *to, const struct fold_row *more)
{
	to->file_count += more->file_count;
	to->total_size += more->total_size;
	to->apparent_size = add_saturating(to->apparent_size, more->apparent_size);
}

/* Make rows of equal key one, among rows[from..to); returns where they end now. */
static uint32_t combine(struct usage_fold *f, uint32_t from, uint32_t to)
{
	struct fold_row *rows = f->rows;
	uint32_t mask = 15, end = from;

	while (mask + 1 < 2 * (to - from))
		mask = 2 * mask + 1;
	memset(f->slots, 0, (mask + 1) * sizeof(*f->slots));
	for (uint32_t i = from; i < to; i++) {
		uint32_t slot = hash(f, &rows[i]) & mask;

		while (f->slots[slot] && !same_key(&rows[f->slots[slot] - 1], &rows[i]))
			slot = (slot + 1) & mask;
		if (f->slots[slot]) {
			add_row(&rows[f->slots[slot] - 1], &rows[i]);
		} else {
			rows[end++] = rows[i];
			f->slots[slot] = end;
		}
	}
	return end;
}

/* ---- handing out ---- */

static void give_rows(struct usage_fold *f, int64_t dir_id, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		const struct fold_row *row = &f->rows[i];
		struct usage_key key = { (uint32_t)(row->owner >> 32), (uint32_t)row->owner,
					 (uint8_t)(row->buckets >> 8), (uint8_t)row->buckets };
		struct usage_sums part = { row->file_count, row->total_size, row->apparent_size,
					   TIME_NONE, TIME_NONE };

		f->give(f->arg, dir_id, &key, &part);
	}
}

static bool is_large(const struct usage_fold *f, const struct fold_level *level)
{
	return level->has_child && f->seen - level->seen_before >= USAGE_LARGE;
}

/*
 * Let the large directories hand out all they have, the lowest first: what it gave is then
 * part of what the next one above it gives. What is left are the rows below the lowest of them.
 */
static void empty_large(struct usage_fold *f)
{
	size_t large = 0;
	uint32_t rest, end;

	while (large < f->depth && is_large(f, &f->levels[large]))
		large++;
	rest = large < f->depth ? f->levels[large].start : f->count;
	end = rest;
	for (size_t i = large; i-- > 0;) {
		struct fold_level *level = &f->levels[i];

		if (i == large - 1 || level->start < f->levels[i + 1].start)
			end = combine(f, level->start, end);
		give_rows(f, level->dir_id, level->start, end);
	}
	memmove(f->rows, f->rows + rest, (f->count - rest) * sizeof(*f->rows));
	f->count -= rest;
	for (size_t i = 0; i < large; i++)
		f->levels[i].start = f->levels[i].unique = 0;
	for (size_t i = large; i < f->depth; i++)
		f->levels[i].start -= rest;
}

/* The array is full: make equal keys one, directory by directory, and if that is not enough ... */
static void make_room(struct usage_fold *f)
{
	uint32_t end = 0;

	for (size_t i = 0; i < f->depth; i++) {
		struct fold_level *level = &f->levels[i];
		uint32_t next = i + 1 < f->depth ? f->levels[i + 1].start : f->count;
		uint32_t length = next - level->start;

		memmove(f->rows + end, f->rows + level->start, length * sizeof(*f->rows));
		level->start = end;
		if (level->unique < length)
			end = combine(f, end, end + length);
		else
			end += length;
		level->unique = end - level->start;
	}
	f->count = end;
	if (f->count > f->capacity / 2)
		empty_large(f);
}

/* ---- directories ---- */

void usage_fold_open(struct usage_fold *f, int64_t dir_id, bool has_child)
{
	if (f->depth == f->levels_cap) {
		f->levels_cap = f->levels_cap ? f->levels_cap + f->levels_cap / 2 : 64;
		f->levels = xrealloc_array(f->levels, f->levels_cap, sizeof(*f->levels));
	}
	f->levels[f->depth++] = (struct fold_level){ .dir_id = dir_id, .seen_before = f->seen,
						     .start = f->count, .has_child = has_child };
}

void usage_fold_add(struct usage_fold *f, const struct usage_key *key,
		    const struct usage_sums *sums)
{
	struct fold_level *level = &f->levels[f->depth - 1];

	f->seen++;
	if (!level->has_child && f->depth == 1)
		return; /* a root without children: nobody asks for its rows */
	if (f->count == f->capacity)
		make_room(f);
	f->rows[f->count++] = (struct fold_row){ (uint64_t)key->uid << 32 | key->gid,
						 (uint32_t)key->age_bucket << 8 | key->size_bucket,
						 sums->file_count, sums->total_size,
						 sums->apparent_size };
	/* One without children will give nothing, however many rows it has: they are its parent's. */
	if (!level->has_child)
		level->start = f->count;
}

/* The rows of the current directory. */
static void combine_current(struct usage_fold *f)
{
	struct fold_level *level = &f->levels[f->depth - 1];

	if (level->unique == f->count - level->start)
		return;
	f->count = combine(f, level->start, f->count);
	level->unique = f->count - level->start;
}

void usage_fold_close(struct usage_fold *f, enum fold_give which)
{
	const struct fold_level *level = &f->levels[f->depth - 1];

	if (level->has_child &&
	    (which == GIVE_ALWAYS || (which == GIVE_IF_LARGE && is_large(f, level)))) {
		combine_current(f);
		give_rows(f, level->dir_id, level->start, f->count);
	}
	if (--f->depth == 0)
		return;
	level--;
	if (f->count - level->start > 2 * level->unique + PILE_MIN)
		combine_current(f);
}

void usage_fold_release(struct usage_fold *f)
{
	free(f->rows);
	free(f->slots);
	free(f->levels);
	*f = (struct usage_fold){ 0 };
}
