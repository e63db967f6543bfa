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
void usage_hash_init(struct usage_hash *t, size_t memory)
{
	size_t rows = memory / 4 * 2 / (sizeof(struct hash_row) + 3 * sizeof(uint32_t));
	size_t dirs = rows / 3;

	if (memory < USAGE_HASH_MEMORY_MIN)
		bug("a table of usage with too little memory");
	*t = (struct usage_hash){ .row_cap = (uint32_t)(rows < 1u << 30 ? rows : 1u << 30) };
	t->dir_cap = (uint32_t)(dirs < 1u << 30 ? dirs : 1u << 30);
	hash_draw(&t->key);
	t->row_mask = slots_for(t->row_cap) - 1;
	t->dir_mask = slots_for(t->dir_cap) - 1;
	t->paths_cap = memory / 4;
	t->paths = xmalloc(t->paths_cap);
	t->dirs = xmalloc(t->dir_cap * sizeof(*t->dirs));
	t->rows = xmalloc(t->row_cap * sizeof(*t->rows));
	t->dir_slots = xcalloc((size_t)t->dir_mask + 1, sizeof(*t->dir_slots));
	t->row_slots = xcalloc((size_t)t->row_mask + 1, sizeof(*t->row_slots));
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

	__builtin_prefetch(&t->dir_slots[hash & t->dir_mask]);
	return hash;
}

void usage_hash_fetch_dir(const struct usage_hash *t, uint64_t hash)
{
	uint32_t dir = t->dir_slots[hash & t->dir_mask];

	if (dir)
		__builtin_prefetch(&t->dirs[dir - 1]);
}

void usage_hash_fetch_path(const struct usage_hash *t, uint64_t hash)
{
	uint32_t dir = t->dir_slots[hash & t->dir_mask];

	if (dir)
		prefetch_path(t->dirs[dir - 1].record);
}

uint32_t usage_hash_dir(struct usage_hash *t, const char *path, size_t len, uint64_t hash)
{
	static const unsigned char no_rows[TAIL_LEN];
	size_t size = record_size(TAIL_LEN, len);
	uint64_t slot = hash;
	uint32_t *at;

	for (; *(at = &t->dir_slots[slot & t->dir_mask]); slot++) {
		const unsigned char *record = t->dirs[*at - 1].record;

		if (record_path_len(record) == len &&
		    !memcmp(record_path(record, TAIL_LEN), path, len))
			return *at - 1;
	}
	if (t->dir_count == t->dir_cap || t->paths_used + size > t->paths_cap)
		return USAGE_HASH_FULL;
	record_write(t->paths + t->paths_used, path, len, no_rows, TAIL_LEN);
	t->dirs[t->dir_count].record = t->paths + t->paths_used;
	t->paths_used += size;
	*at = ++t->dir_count;
	return t->dir_count - 1;
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

void usage_hash_seek(const struct usage_hash *t, struct usage_file *file)
{
	file->hash = row_hash(t, file->dir, &file->key);
	__builtin_prefetch(&t->row_slots[file->hash & t->row_mask]);
}

void usage_hash_fetch(const struct usage_hash *t, const struct usage_file *file)
{
	uint32_t row = t->row_slots[file->hash & t->row_mask];

	if (row)
		__builtin_prefetch(&t->rows[row - 1], 1);
}

enum usage_result usage_hash_add(struct usage_hash *t, const struct usage_file *file)
{
	const unsigned char *record = t->dirs[file->dir].record;
	uint64_t slot = file->hash;
	struct hash_row *row;
	uint32_t *at;

	for (; *(at = &t->row_slots[slot & t->row_mask]); slot++) {
		row = &t->rows[*at - 1];
		if (row->dir == file->dir && usage_key_equal(&row->key, &file->key))
			return usage_add(&row->usage, &file->usage) ? USAGE_ADDED : USAGE_OVERFLOW;
	}
	if (t->row_count == t->row_cap)
		return USAGE_FULL;
	t->rows[t->row_count] =
		(struct hash_row){ file->key, file->dir, first_row(record), file->usage };
	*at = ++t->row_count;
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

/*
 * The directories are in order, but their paths and rows lie anywhere: ask for a path well before
 * it is needed, then for the first row that it names, then for the next one.
 */
static inline __attribute__((always_inline)) void bring_near(const struct usage_hash *t, uint32_t i)
{
	uint32_t row;

	if (i + 16 >= t->dir_count)
		return;
	prefetch_path(t->dirs[i + 16].record);
	row = first_row(t->dirs[i + 8].record);
	if (row)
		__builtin_prefetch(&t->rows[row - 1]);
	row = first_row(t->dirs[i + 4].record);
	if (row && t->rows[row - 1].next)
		__builtin_prefetch(&t->rows[t->rows[row - 1].next - 1]);
}

void usage_hash_drain(struct usage_hash *t, usage_put *put, void *arg)
{
	keysort(t->dirs, t->dir_count, &dir_shape);
	for (uint32_t i = 0; i < t->dir_count; i++) {
		const unsigned char *record = t->dirs[i].record;
		uint32_t row;

		bring_near(t, i);
		row = sort_list(t->rows, first_row(record));
		for (; row; row = t->rows[row - 1].next)
			put(arg, record_path(record, TAIL_LEN), record_path_len(record),
			    &t->rows[row - 1].key, &t->rows[row - 1].usage);
	}
}

void usage_hash_empty(struct usage_hash *t)
{
	memset(t->dir_slots, 0, ((size_t)t->dir_mask + 1) * sizeof(*t->dir_slots));
	memset(t->row_slots, 0, ((size_t)t->row_mask + 1) * sizeof(*t->row_slots));
	t->paths_used = 0;
	t->dir_count = t->row_count = 0;
}

void usage_hash_release(struct usage_hash *t)
{
	free(t->paths);
	free(t->dirs);
	free(t->rows);
	free(t->dir_slots);
	free(t->row_slots);
	*t = (struct usage_hash){ 0 };
}
