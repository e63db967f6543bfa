/* SPDX-License-Identifier: MIT */
#include "common/sort/usage_block.h"

#define SLOTS (2 * USAGE_BLOCK_ROWS)

/* Enough for the memory to answer, few enough to stay in the first cache. */
#define ROWS_AT_ONCE 16u

void usage_block_init(struct usage_block *u)
{
	struct hash_key key;

	hash_draw(&key);
	*u = (struct usage_block){
		.rows = xcalloc(USAGE_BLOCK_ROWS, sizeof(*u->rows)),
		.slots = xcalloc(SLOTS, sizeof(*u->slots)),
		.order = xcalloc(USAGE_BLOCK_ROWS, sizeof(*u->order)),
		.salt = key.salt,
	};
}

static void forget_rows(struct usage_block *u)
{
	if (u->count)
		memset(u->slots, 0, SLOTS * sizeof(*u->slots));
	u->count = u->moved = 0;
	for (uint32_t dir = 0; dir < u->dir_count; dir++)
		u->dirs[dir].first = 0;
}

void usage_block_start(struct usage_block *u, const struct usage_hash *t,
		       const struct block_paths *paths, uint32_t dirs)
{
	GROW(u->dirs, u->dir_cap, dirs);
	u->dir_count = dirs;
	for (uint32_t dir = 0; dir < dirs; dir++) {
		size_t len;
		const char *path = block_path(paths, dir, &len);

		u->dirs[dir].hash = usage_hash_seek_dir(t, path, len);
		u->dirs[dir].number = USAGE_HASH_FULL;
	}
	forget_rows(u);
}

static uint64_t hash_of(const struct usage_block *u, uint32_t dir, const struct usage_key *key)
{
	uint64_t ids = (uint64_t)key->uid << 32 | key->gid;
	uint64_t place = (uint64_t)dir << 16 | (uint64_t)key->age_bucket << 8 | key->size_bucket;
	uint64_t hash = (ids ^ place * 0x9e3779b97f4a7c15u ^ u->salt) * 0xd6e8feb86659fd93u;

	return hash ^ hash >> 32;
}

static bool is_row(const struct block_row *row, uint32_t dir, const struct usage_key *key)
{
	return row->dir == dir && usage_key_equal(&row->file.key, key);
}

enum usage_result usage_block_add(struct usage_block *u, uint32_t dir, const struct usage_key *key,
				  const struct usage *usage)
{
	struct block_dir *of = &u->dirs[dir];
	uint16_t *at;

	for (uint64_t slot = hash_of(u, dir, key); *(at = &u->slots[slot % SLOTS]); slot++) {
		struct block_row *row = &u->rows[*at - 1];

		if (is_row(row, dir, key))
			return usage_add(&row->file.usage, usage) ? USAGE_ADDED : USAGE_OVERFLOW;
	}
	if (u->count == USAGE_BLOCK_ROWS)
		return USAGE_FULL;
	u->rows[u->count] = (struct block_row){
		.file = { .key = *key, .usage = *usage }, .dir = dir, .next = of->first,
	};
	of->first = *at = (uint16_t)++u->count;
	return USAGE_ADDED;
}

/* What was asked for at the start leads to where the path of a directory lies, if it is known. */
static void order_rows(struct usage_block *u, const struct usage_hash *t)
{
	uint32_t n = 0;

	for (uint32_t dir = 0; dir < u->dir_count; dir++) {
		usage_hash_fetch_dir(t, u->dirs[dir].hash);
		for (uint16_t row = u->dirs[dir].first; row; row = u->rows[row - 1].next)
			u->order[n++] = (uint16_t)(row - 1);
	}
	for (uint32_t dir = 0; dir < u->dir_count; dir++)
		usage_hash_fetch_path(t, u->dirs[dir].hash);
}

/* Find places for the next rows; returns behind the last whose directory has room. */
static uint32_t find_places(struct usage_block *u, struct usage_hash *t,
			    const struct block_paths *paths)
{
	uint32_t end = u->moved;

	for (; end < u->count && end < u->moved + ROWS_AT_ONCE; end++) {
		struct block_row *row = &u->rows[u->order[end]];
		struct block_dir *dir = &u->dirs[row->dir];

		if (dir->number == USAGE_HASH_FULL) {
			size_t len;
			const char *path = block_path(paths, row->dir, &len);

			dir->number = usage_hash_dir(t, path, len, dir->hash);
			if (dir->number == USAGE_HASH_FULL)
				break;
		}
		row->file.dir = dir->number;
		usage_hash_seek(t, &row->file);
	}
	for (uint32_t i = u->moved; i < end; i++)
		usage_hash_fetch(t, &u->rows[u->order[i]].file);
	return end;
}

/* The table is full: when it is empty, no directory has a number any more. */
static enum usage_result wait_for_room(struct usage_block *u)
{
	for (uint32_t dir = 0; dir < u->dir_count; dir++)
		u->dirs[dir].number = USAGE_HASH_FULL;
	return USAGE_FULL;
}

enum usage_result usage_block_move(struct usage_block *u, struct usage_hash *t,
				   const struct block_paths *paths, uint32_t *dir)
{
	if (!u->moved)
		order_rows(u, t);
	while (u->moved < u->count) {
		uint32_t end = find_places(u, t, paths);

		if (end == u->moved)
			return wait_for_room(u);
		for (; u->moved < end; u->moved++) {
			const struct block_row *row = &u->rows[u->order[u->moved]];
			enum usage_result result = usage_hash_add(t, &row->file);

			*dir = row->dir;
			if (result == USAGE_FULL)
				return wait_for_room(u);
			if (result == USAGE_OVERFLOW)
				return result;
		}
	}
	forget_rows(u);
	return USAGE_ADDED;
}

void usage_block_release(struct usage_block *u)
{
	free(u->rows);
	free(u->slots);
	free(u->dirs);
	free(u->order);
	*u = (struct usage_block){ 0 };
}
