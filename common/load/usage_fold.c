/* SPDX-License-Identifier: MIT */
#include "common/load/usage_fold.h"

#include "common/base/buf.h"

struct fold_row {
	uint64_t owner;   /* uid, gid */
	uint32_t classes; /* age, size */
	struct sums sums;
};

struct fold_level {
	int64_t dir_id;
	uint64_t start; /* place of its first row in the stack */
	uint64_t cost;  /* see usage_fold.h; of what is closed */
	int64_t keys;   /* likewise; less than there are while a child is open */
	bool has_child;
};

/*
 * Between two calls this holds:
 *
 *   - Rows have places, counted from the first one that was ever put on the stack. The rows of a
 *     level are those from its `start` to the end, so no level starts before the one above it.
 *   - Memory holds the rows from place `base` on, `count` of them.
 *   - Levels 0 to wide - 1 are wide. Whatever lies before the first level that is not wide belongs
 *     to the scan root, in memory and on disk, and is given away in any order; `start` of a wide
 *     level means nothing any more.
 *   - Chunks on disk hold the rows right before `base` as long as any of these belong to a level
 *     that is not wide: give_current relies on it when it takes rows back.
 *   - `keys` and `cost` of a level are complete when it is the last one that is open.
 *
 * Memory is full at `capacity`. make_room combines equal keys of each level; if more than half is
 * still taken, the first half goes to the disk (half of the capacity is a multiple of CHUNK), so a
 * chunk that comes back always finds room.
 */

/* Rows that go to the disk together, and come back. */
#define CHUNK 4096u

void usage_fold_init(struct usage_fold *f, size_t memory, const char *temp_dir,
		     usage_fold_give *give, void *arg)
{
	const size_t row = sizeof(*f->rows) + 2 * sizeof(*f->slots);

	/* What has not too many keys, and a chunk from the disk, have room beside each other. */
	*f = (struct usage_fold){ .capacity = 2 * USAGE_KEYS_MOST, .give = give, .arg = arg };
	while (f->capacity <= memory / row / 2 && f->capacity < 1u << 30)
		f->capacity *= 2;
	f->rows = xmalloc_large(f->capacity * sizeof(*f->rows));
	f->slots = xmalloc_large(2 * (size_t)f->capacity * sizeof(*f->slots));
	spill_init(&f->spill, temp_dir, true);
	usage_keys_init(&f->keys);
}

/* ---- equal keys ---- */

static bool same_key(const struct fold_row *a, const struct fold_row *b)
{
	return a->owner == b->owner && a->classes == b->classes;
}

/*
 * Make rows of equal key one, among rows[from..to); returns where they end now. Overflow is not
 * looked for: the totals of the same rows (dir_stats.h) find it and end the program.
 */
static uint32_t combine(struct usage_fold *f, uint32_t from, uint32_t to)
{
	struct fold_row *rows = f->rows;
	uint32_t mask = 15, end = from;

	while (mask + 1 < 2 * (to - from))
		mask = 2 * mask + 1;
	memset(f->slots, 0, (mask + 1) * sizeof(*f->slots));
	for (uint32_t i = from; i < to; i++) {
		uint32_t slot = mask & (uint32_t)usage_keys_hash(&f->keys.hash, rows[i].owner,
								 rows[i].classes);

		while (f->slots[slot] && !same_key(&rows[f->slots[slot] - 1], &rows[i]))
			slot = (slot + 1) & mask;
		if (f->slots[slot]) {
			sums_add(&rows[f->slots[slot] - 1].sums, &rows[i].sums);
		} else {
			rows[end++] = rows[i];
			f->slots[slot] = end;
		}
	}
	return end;
}

/* ---- to and from the disk: the invariants are in tree_join.h ---- */

static void unload_chunk(struct usage_fold *f, const struct fold_row *rows)
{
	GROW(f->chunks, f->chunk_cap, f->chunk_count + 1);
	f->chunks[f->chunk_count++] = f->spill.end;
	spill_append(&f->spill, rows, CHUNK * sizeof(*rows));
}

/* Put the lower half of memory on the disk; what is left moves down. */
static void unload(struct usage_fold *f)
{
	uint32_t half = f->capacity / 2;

	for (uint32_t i = 0; i < half; i += CHUNK)
		unload_chunk(f, f->rows + i);
	f->base += half;
	f->count -= half;
	memmove(f->rows, f->rows + half, f->count * sizeof(*f->rows));
}

/*
 * The last chunk comes back, below what is in memory: that has room, as it is at most a half of the
 * capacity (unload leaves that, and what was combined is less).
 */
static void reload(struct usage_fold *f)
{
	const size_t len = CHUNK * sizeof(*f->rows);
	uint64_t offset = f->chunks[--f->chunk_count];

	memmove(f->rows + CHUNK, f->rows, f->count * sizeof(*f->rows));
	spill_read(&f->spill, offset, f->rows, len);
	spill_discard(&f->spill, offset, len);
	f->base -= CHUNK;
	f->count += CHUNK;
}

/* ---- handing out ---- */

static void give_rows(struct usage_fold *f, int64_t dir_id, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		const struct fold_row *row = &f->rows[i];
		struct usage_key key = { (uint32_t)(row->owner >> 32), (uint32_t)row->owner,
					 (uint8_t)(row->classes >> 8), (uint8_t)row->classes };

		f->give(f->arg, dir_id, &key, &row->sums);
	}
}

/* Where the rows of a level begin in memory; those below it on the disk do not count. */
static uint32_t start_in_memory(const struct usage_fold *f, size_t level)
{
	if (level >= f->depth)
		return f->count;
	return f->levels[level].start > f->base ? (uint32_t)(f->levels[level].start - f->base) : 0;
}

/*
 * Rows of wide directories in memory are the scan root's and nobody else's: hand them out. Rows
 * that were put on the disk before stay there until all is handed out.
 */
static void give_wide(struct usage_fold *f)
{
	uint32_t rest = start_in_memory(f, f->wide);

	give_rows(f, USAGE_WHOLE, 0, combine(f, 0, rest));
	f->base += rest;
	f->count -= rest;
	memmove(f->rows, f->rows + rest, f->count * sizeof(*f->rows));
}

/* The current directory, and so all that are open, are wide, or it is the scan root. */
static void give_everything(struct usage_fold *f)
{
	f->wide = f->depth;
	give_wide(f);
	while (f->chunk_count) {
		reload(f);
		give_wide(f);
	}
}

/* Memory is full: make equal keys one, directory by directory, and if that is not enough ... */
static void make_room(struct usage_fold *f)
{
	uint32_t end = 0;

	give_wide(f);
	for (size_t i = f->wide; i < f->depth; i++) {
		uint32_t start = start_in_memory(f, i), length = start_in_memory(f, i + 1) - start;

		memmove(f->rows + end, f->rows + start, length * sizeof(*f->rows));
		if (f->levels[i].start > f->base)
			f->levels[i].start = f->base + end;
		end = combine(f, end, end + length);
	}
	f->count = end;
	if (f->count > f->capacity / 2)
		unload(f);
}

/* ---- directories ---- */

void usage_fold_open(struct usage_fold *f, int64_t dir_id, bool has_child)
{
	GROW(f->levels, f->levels_cap, f->depth + 1);
	f->levels[f->depth++] = (struct fold_level){ .dir_id = dir_id, .has_child = has_child,
						     .start = f->base + f->count };
}

/* The lowest open directory that holds `dir_id`, which is not behind the current one. */
static struct fold_level *lowest_with(struct usage_fold *f, int64_t dir_id)
{
	size_t low = 0, high = f->depth - 1;

	while (low < high) {
		size_t middle = low + (high - low + 1) / 2;

		if (f->levels[middle].dir_id <= dir_id)
			low = middle;
		else
			high = middle - 1;
	}
	return &f->levels[low];
}

static void check_width(struct usage_fold *f)
{
	if (f->wide < f->depth && f->levels[f->depth - 1].keys > USAGE_KEYS_MOST)
		give_everything(f);
}

void usage_fold_add(struct usage_fold *f, const struct usage_key *key,
		    const struct sums *sums)
{
	struct fold_level *level = &f->levels[f->depth - 1];
	int64_t before = usage_keys_see(&f->keys, key, level->dir_id);

	level->cost++;
	level->keys++;
	if (before)
		lowest_with(f, before)->keys--;
	if (f->count == f->capacity)
		make_room(f);
	f->rows[f->count++] = (struct fold_row){ (uint64_t)key->uid << 32 | key->gid,
						 (uint32_t)key->age_bucket << 8 | key->size_bucket,
						 *sums };
	check_width(f);
}

/* The rows of the current directory, which is not wide. */
static void give_current(struct usage_fold *f)
{
	const struct fold_level *level = &f->levels[f->depth - 1];
	uint32_t start = start_in_memory(f, f->depth - 1);

	f->count = combine(f, start, f->count);
	while (f->base > level->start) {
		reload(f);
		start = start_in_memory(f, f->depth - 1);
		f->count = combine(f, start, f->count);
	}
	give_rows(f, level->dir_id, start, f->count);
}

void usage_fold_close(struct usage_fold *f)
{
	const struct fold_level *level = &f->levels[f->depth - 1];
	uint64_t keys = (uint64_t)level->keys, cost = level->cost;

	if (level->has_child && f->wide < f->depth && cost >= USAGE_LARGE &&
	    cost >= USAGE_SAVES * keys) {
		give_current(f);
		cost = keys;
	}
	f->depth--;
	if (f->wide > f->depth)
		f->wide = f->depth;
	f->levels[f->depth - 1].cost += cost;
	f->levels[f->depth - 1].keys += (int64_t)keys;
	check_width(f);
}

void usage_fold_close_root(struct usage_fold *f)
{
	uint64_t spilled;

	give_everything(f);
	spilled = f->spill.written;
	free(f->rows);
	free(f->slots);
	free(f->chunks);
	free(f->levels);
	spill_release(&f->spill);
	usage_keys_release(&f->keys);
	*f = (struct usage_fold){ .spilled = spilled };
}
