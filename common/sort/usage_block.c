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
		.turn = (uint32_t)key.salt,
	};
}

static void forget_rows(struct usage_block *u)
{
	if (u->count)
		memset(u->slots, 0, SLOTS * sizeof(*u->slots));
	u->count = 0;
	u->moving = false;
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

static void order_rows(struct usage_block *u, const struct usage_hash *t)
{
	uint32_t n = 0;

	memset(u->left, 0, sizeof(u->left));
	for (uint32_t i = 0; i < u->count; i++)
		u->left[usage_hash_part(t, u->dirs[u->rows[i].dir].hash)].end++;
	for (uint32_t part = 0; part < t->part_count; part++) {
		u->left[part].at = n;
		n += u->left[part].end;
		u->left[part].end = u->left[part].at;
	}
	for (uint32_t dir = 0; dir < u->dir_count; dir++) {
		struct block_dir *d = &u->dirs[dir];
		uint32_t *end = &u->left[usage_hash_part(t, d->hash)].end;

		d->number = USAGE_HASH_FULL;
		for (uint16_t row = d->first; row; row = u->rows[row - 1].next)
			u->order[(*end)++] = (uint16_t)(row - 1);
	}
}

/* What was asked for at the start leads to where the path of a directory lies, if it is known. */
static void bring_near(const struct usage_block *u, const struct usage_hash *t, uint32_t part)
{
	for (uint32_t i = u->left[part].at; i < u->left[part].end; i++)
		usage_hash_fetch_dir(t, part, u->dirs[u->rows[u->order[i]].dir].hash);
	for (uint32_t i = u->left[part].at; i < u->left[part].end; i++)
		usage_hash_fetch_path(t, part, u->dirs[u->rows[u->order[i]].dir].hash);
}

/* Find places for the next rows; returns behind the last whose directory has room. */
static uint32_t find_places(struct usage_block *u, struct usage_hash *t,
			    const struct block_paths *paths, uint32_t part)
{
	const uint32_t from = u->left[part].at;
	uint32_t end = from;

	for (; end < u->left[part].end && end < from + ROWS_AT_ONCE; end++) {
		struct block_row *row = &u->rows[u->order[end]];
		struct block_dir *dir = &u->dirs[row->dir];

		if (dir->number == USAGE_HASH_FULL) {
			size_t len;
			const char *path = block_path(paths, row->dir, &len);

			dir->number = usage_hash_dir(t, part, path, len, dir->hash);
			if (dir->number == USAGE_HASH_FULL)
				break;
		}
		row->file.dir = dir->number;
		usage_hash_seek(t, part, &row->file);
	}
	for (uint32_t i = from; i < end; i++)
		usage_hash_fetch(t, part, &u->rows[u->order[i]].file);
	return end;
}

static enum usage_result move_part(struct usage_block *u, struct usage_hash *t,
				   const struct block_paths *paths, uint32_t part)
{
	uint32_t *at = &u->left[part].at;

	bring_near(u, t, part);
	while (*at < u->left[part].end) {
		uint32_t end = find_places(u, t, paths, part);

		if (end == *at)
			return USAGE_FULL;
		for (; *at < end; ++*at) {
			const struct block_row *row = &u->rows[u->order[*at]];
			enum usage_result result = usage_hash_add(t, part, &row->file);

			if (result != USAGE_ADDED)
				return result;
		}
	}
	return USAGE_ADDED;
}

/* The table is full: when it is empty, no directory has a number any more. */
static void forget_numbers(struct usage_block *u, const struct usage_hash *t)
{
	u->emptied = t->emptied;
	for (uint32_t dir = 0; dir < u->dir_count; dir++)
		u->dirs[dir].number = USAGE_HASH_FULL;
}

/* Parts that nobody is at or, if `wait`, all. */
static enum usage_result move_parts(struct usage_block *u, struct usage_hash *t,
				    const struct block_paths *paths, bool wait)
{
	enum usage_result result = USAGE_ADDED;

	for (uint32_t i = 0; i < t->part_count && result == USAGE_ADDED; i++) {
		uint32_t part = (u->turn + i) % t->part_count;

		if (u->left[part].at == u->left[part].end || !usage_hash_lock(t, part, wait))
			continue;
		result = move_part(u, t, paths, part);
		if (result == USAGE_FULL)
			forget_numbers(u, t);
		usage_hash_unlock(t, part);
	}
	return result;
}

enum usage_result usage_block_move(struct usage_block *u, struct usage_hash *t,
				   const struct block_paths *paths)
{
	enum usage_result result;

	if (!u->moving)
		order_rows(u, t);
	u->moving = true;
	u->turn++;
	result = move_parts(u, t, paths, false);
	if (result == USAGE_ADDED)
		result = move_parts(u, t, paths, true);
	if (result != USAGE_FULL)
		forget_rows(u);
	return result;
}

void usage_block_release(struct usage_block *u)
{
	free(u->rows);
	free(u->slots);
	free(u->dirs);
	free(u->order);
	*u = (struct usage_block){ 0 };
}
