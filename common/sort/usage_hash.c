/* SPDX-License-Identifier: MIT */
#include "common/sort/usage_hash.h"

/* A directory's record carries its first row. */
#define TAIL_LEN sizeof(uint32_t)

static const struct key_shape dir_shape = { .tail_len = TAIL_LEN };

/* Slots for `n` entries: at most two thirds get used, so that probing ends, and soon. */
static uint32_t slots_for(uint32_t n)
{
	uint32_t slots = 1024;

	while (slots / 3 * 2 < n)
		slots *= 2;
	return slots;
}

/*
 * How the memory is divided. A directory with files has three to four rows and a path of about a
 * hundred bytes; whichever part is full first ends the round, and the others stay half used at
 * worst.
 */
static void set_caps(struct usage_hash *t, size_t memory)
{
	size_t rows = memory / 4 * 2 / (sizeof(struct hash_row) + 3 * sizeof(uint32_t));

	rows = rows < (1u << 30) / t->part_count ? rows : (1u << 30) / t->part_count;
	t->caps.rows = (uint32_t)rows;
	t->caps.dirs = (uint32_t)(rows / 3);
	t->caps.paths = memory / 4;
	t->row_mask = slots_for(t->caps.rows) - 1;
	t->dir_mask = slots_for(t->caps.dirs) - 1;
}

void usage_hash_init(struct usage_hash *t, size_t memory, uint32_t parts)
{
	size_t most = memory / USAGE_HASH_PART_MIN;

	if (!most)
		bug("a table of usage with too little memory");
	parts = parts < USAGE_HASH_PARTS_MAX ? parts : USAGE_HASH_PARTS_MAX;
	*t = (struct usage_hash){ .part_count = parts < most ? parts : (uint32_t)most };
	set_caps(t, memory / t->part_count);
	hash_draw(&t->key);
	for (uint32_t i = 0; i < t->part_count; i++)
		pthread_mutex_init(&t->parts[i].lock, NULL);
	t->paths = xmalloc(t->part_count * t->caps.paths);
	t->dirs = xmalloc(t->part_count * t->caps.dirs * sizeof(*t->dirs));
	t->row_memory = xmalloc(t->part_count * t->caps.rows * sizeof(*t->rows) + CACHE_LINE);
	t->rows = (struct hash_row *)(void *)(t->row_memory +
					      (-(uintptr_t)t->row_memory & (CACHE_LINE - 1)));
	t->dir_slots = xcalloc(t->part_count * (t->dir_mask + (size_t)1), sizeof(*t->dir_slots));
	t->row_slots = xcalloc(t->part_count * (t->row_mask + (size_t)1), sizeof(*t->row_slots));
}

uint32_t usage_hash_part(const struct usage_hash *t, uint64_t hash)
{
	return (uint32_t)((hash >> 32) * t->part_count >> 32);
}

bool usage_hash_lock(struct usage_hash *t, uint32_t part, bool wait)
{
	if (wait)
		pthread_mutex_lock(&t->parts[part].lock);
	return wait || !pthread_mutex_trylock(&t->parts[part].lock);
}

void usage_hash_unlock(struct usage_hash *t, uint32_t part)
{
	pthread_mutex_unlock(&t->parts[part].lock);
}

/* Nobody else holds more than one. */
void usage_hash_lock_all(struct usage_hash *t)
{
	for (uint32_t i = 0; i < t->part_count; i++)
		usage_hash_lock(t, i, true);
}

void usage_hash_unlock_all(struct usage_hash *t)
{
	for (uint32_t i = 0; i < t->part_count; i++)
		usage_hash_unlock(t, i);
}

/* The slot of a hash in a part. */
static uint32_t *dir_slot(const struct usage_hash *t, uint32_t part, uint64_t hash)
{
	return &t->dir_slots[part * (t->dir_mask + (size_t)1) + (hash & t->dir_mask)];
}

static uint32_t *row_slot(const struct usage_hash *t, uint32_t part, uint64_t hash)
{
	return &t->row_slots[part * (t->row_mask + (size_t)1) + (hash & t->row_mask)];
}

/* Of a path, as much as can be asked for at once without losing other things: four lines. */
static inline __attribute__((always_inline)) void prefetch_path(const unsigned char *record)
{
	for (size_t at = 0; at < 256; at += 64)
		__builtin_prefetch(record + at);
}

uint64_t usage_hash_seek_dir(const struct usage_hash *t, const char *path, size_t len)
{
	uint64_t hash = hash_bytes(&t->key, path, len);

	__builtin_prefetch(dir_slot(t, usage_hash_part(t, hash), hash));
	return hash;
}

void usage_hash_fetch_dir(const struct usage_hash *t, uint32_t part, uint64_t hash)
{
	uint32_t dir = *dir_slot(t, part, hash);

	if (dir)
		__builtin_prefetch(&t->dirs[dir - 1]);
}

void usage_hash_fetch_path(const struct usage_hash *t, uint32_t part, uint64_t hash)
{
	uint32_t dir = *dir_slot(t, part, hash);

	if (dir)
		prefetch_path(t->dirs[dir - 1].record);
}

uint32_t usage_hash_dir(struct usage_hash *t, uint32_t part, const char *path, size_t len,
			uint64_t hash)
{
	static const unsigned char no_rows[TAIL_LEN];
	struct usage_part *p = &t->parts[part];
	size_t size = record_size(TAIL_LEN, len);
	uint32_t number, *at;
	unsigned char *to;

	for (; *(at = dir_slot(t, part, hash)); hash++) {
		const unsigned char *record = t->dirs[*at - 1].record;

		if (record_path_len(record) == len &&
		    !memcmp(record_path(record, TAIL_LEN), path, len))
			return *at - 1;
	}
	if (p->dirs == t->caps.dirs || p->paths + size > t->caps.paths)
		return USAGE_HASH_FULL;
	to = t->paths + part * t->caps.paths + p->paths;
	record_write(to, path, len, no_rows, TAIL_LEN);
	p->paths += size;
	number = part * t->caps.dirs + p->dirs++;
	t->dirs[number].record = to;
	*at = number + 1;
	return number;
}

static uint64_t row_hash(const struct usage_hash *t, uint32_t dir,
			 const struct usage_key *key)
{
	uint64_t ids = (uint64_t)key->uid << 32 | key->gid;
	uint64_t place = (uint64_t)dir << 16 | (uint64_t)key->age_bucket << 8 | key->size_bucket;
	uint64_t hash = ids ^ place * 0x9e3779b97f4a7c15u ^ t->key.salt;

	hash *= 0xd6e8feb86659fd93u;
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93u;
	return hash ^ hash >> 32;
}

static uint32_t first_row(const unsigned char *record)
{
	uint32_t row;

	memcpy(&row, record_tail(record), sizeof(row));
	return row;
}

void usage_hash_seek(const struct usage_hash *t, uint32_t part, struct usage_file *file)
{
	file->hash = row_hash(t, file->dir, &file->key);
	__builtin_prefetch(row_slot(t, part, file->hash));
}

void usage_hash_fetch(const struct usage_hash *t, uint32_t part, const struct usage_file *file)
{
	uint32_t row = *row_slot(t, part, file->hash);

	if (row)
		__builtin_prefetch(&t->rows[row - 1], 1);
}

enum usage_result usage_hash_add(struct usage_hash *t, uint32_t part,
				 const struct usage_file *file)
{
	const unsigned char *record = t->dirs[file->dir].record;
	struct usage_part *p = &t->parts[part];
	uint64_t slot = file->hash;
	uint32_t number, *at;
	struct hash_row *row;

	for (; *(at = row_slot(t, part, slot)); slot++) {
		row = &t->rows[*at - 1];
		if (row->dir == file->dir && usage_key_equal(&row->key, &file->key))
			return usage_add(&row->usage, &file->usage) ? USAGE_ADDED : USAGE_OVERFLOW;
	}
	if (p->rows == t->caps.rows)
		return USAGE_FULL;
	number = part * t->caps.rows + p->rows++;
	t->rows[number] =
		(struct hash_row){ file->key, file->dir, first_row(record), file->usage };
	*at = number + 1;
	/* The record is in t->paths, which is ours to write. */
	memcpy(t->paths + (record - t->paths) + sizeof(uint32_t), at, sizeof(*at));
	return USAGE_ADDED;
}

/* Merge two lists of rows (row + 1, linked by next), each in key order. */
static uint32_t merge_lists(struct hash_row *rows, uint32_t a, uint32_t b)
{
	uint32_t head = 0, *tail = &head;

	while (a && b) {
		uint32_t *least = usage_key_compare(&rows[a - 1].key, &rows[b - 1].key) < 0 ? &a
											    : &b;

		*tail = *least;
		tail = &rows[*least - 1].next;
		*least = *tail;
	}
	*tail = a ? a : b;
	return head;
}

/* Merge sort of a list from below: pending[i] is empty or a sorted list of 2^i rows. */
static uint32_t sort_list(struct hash_row *rows, uint32_t list)
{
	uint32_t pending[32], sorted = 0;
	int levels = 0;

	while (list) {
		uint32_t one = list;
		int i = 0;

		list = rows[one - 1].next;
		rows[one - 1].next = 0;
		for (; i < levels && pending[i]; i++) {
			one = merge_lists(rows, pending[i], one);
			pending[i] = 0;
		}
		pending[i] = one;
		levels += i == levels;
	}
	for (int i = 0; i < levels; i++)
		sorted = merge_lists(rows, pending[i], sorted);
	return sorted;
}

void usage_hash_drain(struct usage_hash *t, unsigned threads)
{
	t->dir_count = t->sorted = t->next = t->row = 0;
	for (uint32_t i = 0; i < t->part_count; i++) {
		memmove(t->dirs + t->dir_count, t->dirs + (size_t)i * t->caps.dirs,
			t->parts[i].dirs * sizeof(*t->dirs));
		t->dir_count += t->parts[i].dirs;
	}
	t->sort = keysort_start(t->dirs, t->dir_count, &dir_shape, threads);
}

/*
 * The directories are in order, but their paths and rows lie anywhere: ask for a path well before
 * it is needed, then for the first row that it names, then for the next one.
 */
static inline __attribute__((always_inline)) void bring_near(const struct usage_hash *t, size_t i)
{
	uint32_t row;

	if (i + 16 >= t->sorted)
		return;
	prefetch_path(t->dirs[i + 16].record);
	row = first_row(t->dirs[i + 8].record);
	if (row)
		__builtin_prefetch(&t->rows[row - 1]);
	row = first_row(t->dirs[i + 4].record);
	if (row && t->rows[row - 1].next)
		__builtin_prefetch(&t->rows[t->rows[row - 1].next - 1]);
}

/* The rows of the next directory; false when there is none left. */
static bool next_dir(struct usage_hash *t)
{
	if (t->next == t->sorted)
		t->sorted = keysort_more(t->sort, t->sorted);
	if (t->next == t->sorted)
		return false;
	bring_near(t, t->next);
	t->row = sort_list(t->rows, first_row(t->dirs[t->next++].record));
	return true;
}

bool usage_hash_next(struct usage_hash *t, struct usage_hash_row *row)
{
	const struct hash_row *r;
	const unsigned char *record;

	while (!t->row) {
		if (!next_dir(t))
			return false;
	}
	r = &t->rows[t->row - 1];
	record = t->dirs[t->next - 1].record;
	*row = (struct usage_hash_row){ record_path(record, TAIL_LEN), record_path_len(record),
					&r->key, &r->usage };
	t->row = r->next;
	return true;
}

static void end_drain(struct usage_hash *t)
{
	keysort_end(t->sort);
	t->sort = NULL;
}

void usage_hash_empty(struct usage_hash *t)
{
	end_drain(t);
	memset(t->dir_slots, 0, t->part_count * (t->dir_mask + (size_t)1) * sizeof(*t->dir_slots));
	memset(t->row_slots, 0, t->part_count * (t->row_mask + (size_t)1) * sizeof(*t->row_slots));
	for (uint32_t i = 0; i < t->part_count; i++)
		t->parts[i].paths = t->parts[i].dirs = t->parts[i].rows = 0;
	t->emptied++;
}

void usage_hash_release(struct usage_hash *t)
{
	end_drain(t);
	for (uint32_t i = 0; i < t->part_count; i++)
		pthread_mutex_destroy(&t->parts[i].lock);
	free(t->paths);
	free(t->dirs);
	free(t->row_memory);
	free(t->dir_slots);
	free(t->row_slots);
	*t = (struct usage_hash){ 0 };
}
