/* SPDX-License-Identifier: MIT */
#include "common/load/usage_by.h"

#include "common/base/wire.h"
#include "common/db/db_record.h"

void usage_by_init(struct usage_by *u, struct db_tree *table, const char *temp_dir)
{
	*u = (struct usage_by){ .table = table, .temp_dir = temp_dir };
}

static void put(struct usage_by *u, enum usage_kind kind, int64_t id,
		const struct sums *sums)
{
	unsigned char bytes[DB_RECORD_MAX];
	struct db_record r;

	if (!sums->files)
		return;
	db_record_begin(&r, bytes, USAGE_BY_COLUMNS, 0);
	db_record_integer(&r, u->dir_id);
	db_record_integer(&r, kind);
	db_record_integer(&r, id);
	db_record_integer(&r, sums->files);
	db_record_integer(&r, sums->allocated);
	db_record_integer(&r, sums->apparent);
	db_tree_add_key(u->table, bytes, db_record_end(&r));
}

static void put_owner(struct usage_by *u)
{
	put(u, USAGE_BY_OWNER, u->uid, &u->owner);
	u->owner = (struct sums){ 0 };
}

static void put_buckets(struct usage_by *u, enum usage_kind kind, struct sums *sums)
{
	for (int i = 0; i < BUCKETS; i++) {
		put(u, kind, i, &sums[i]);
		sums[i] = (struct sums){ 0 };
	}
}

/* ---- groups ---- */

/* In the sorter a group is its gid, big-endian, and then its sums. */
#define GID_LEN 4

static bool add_sums(unsigned char *into, const unsigned char *from)
{
	return sums_add_stored(into + GID_LEN, from + GID_LEN);
}

static void sort_groups(struct usage_by *u)
{
	const struct extsort_config config = {
		.tail_len = GID_LEN + sizeof(struct sums), .key_len = GID_LEN, .combine = add_sums,
		.memory = EXTSORT_MEMORY_MIN, .threads = 1, .temp_dir = u->temp_dir, .quiet = true,
	};
	unsigned char tail[GID_LEN + sizeof(struct sums)];

	if (!u->sorter)
		u->sorter = extsort_new(&config);
	for (size_t i = 0; i < u->groups.count; i++) {
		put_be32(tail, (uint32_t)u->groups.rows[i].key[0]);
		memcpy(tail + GID_LEN, &u->groups.rows[i].sums, sizeof(struct sums));
		extsort_add(u->sorter, "", 0, tail);
	}
	totals_release(&u->groups);
}

static void put_sorted_groups(struct usage_by *u)
{
	struct extsort_item item;
	struct sums sums;

	sort_groups(u);
	extsort_end_input(u->sorter);
	while (extsort_next(u->sorter, &item)) {
		memcpy(&sums, item.tail + GID_LEN, sizeof(sums));
		put(u, USAGE_BY_GROUP, get_be32(item.tail), &sums);
	}
	extsort_free(u->sorter);
	u->sorter = NULL;
}

static int compare_ids(const void *left, const void *right)
{
	const struct totals_row *a = left, *b = right;

	return a->key[0] < b->key[0] ? -1 : a->key[0] > b->key[0];
}

static void put_groups(struct usage_by *u)
{
	if (u->sorter) {
		put_sorted_groups(u);
		return;
	}
	if (u->groups.count)
		qsort(u->groups.rows, u->groups.count, sizeof(*u->groups.rows), compare_ids);
	for (size_t i = 0; i < u->groups.count; i++)
		put(u, USAGE_BY_GROUP, u->groups.rows[i].key[0], &u->groups.rows[i].sums);
	totals_release(&u->groups);
}

/* ---- rows of usage_r ---- */

static void end_directory(struct usage_by *u)
{
	put_owner(u);
	put_groups(u);
	put_buckets(u, USAGE_BY_AGE, u->ages);
	put_buckets(u, USAGE_BY_SIZE, u->sizes);
}

void usage_by_add(struct usage_by *u, int64_t dir_id, const struct usage_key *key,
		  const struct sums *sums)
{
	const int64_t gid[TOTALS_PARTS] = { key->gid };

	if (dir_id != u->dir_id)
		end_directory(u);
	else if (key->uid != u->uid)
		put_owner(u);
	u->dir_id = dir_id;
	u->uid = key->uid;
	sums_add(&u->owner, sums);
	sums_add(&u->ages[key->age_bucket], sums);
	sums_add(&u->sizes[key->size_bucket], sums);
	totals_add(&u->groups, gid, sums);
	if (u->groups.count > GROUPS_KEPT_BY)
		sort_groups(u);
}

void usage_by_release(struct usage_by *u)
{
	end_directory(u);
}
