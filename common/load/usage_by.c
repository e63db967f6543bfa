/* SPDX-License-Identifier: MIT */
#include "common/load/usage_by.h"

#include "common/db/db_schema.h"

void usage_by_init(struct usage_by *u, struct db *db, struct db_batch *usage_r)
{
	*u = (struct usage_by){ .db = db, .usage_r = usage_r };
	db_batch_init(&u->rows, db, "usage_by", USAGE_BY_COLUMNS, DB_BATCH_NO_NAME, DB_BATCH_ROWS);
}

static void put(struct usage_by *u, enum usage_kind kind, int64_t id,
		const struct sums *sums)
{
	int64_t *row;

	if (!sums->files)
		return;
	row = db_batch_add(&u->rows);
	row[0] = u->dir_id;
	row[1] = kind;
	row[2] = id;
	row[3] = sums->files;
	row[4] = sums->allocated;
	row[5] = sums->apparent;
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

static int compare_ids(const void *left, const void *right)
{
	const struct totals_row *a = left, *b = right;

	return a->key[0] < b->key[0] ? -1 : a->key[0] > b->key[0];
}

static void put_kept_groups(struct usage_by *u)
{
	if (u->groups.count)
		qsort(u->groups.rows, u->groups.count, sizeof(*u->groups.rows), compare_ids);
	for (size_t i = 0; i < u->groups.count; i++)
		put(u, USAGE_BY_GROUP, u->groups.rows[i].key[0], &u->groups.rows[i].sums);
}

static void put_many_groups(struct usage_by *u)
{
	sqlite3_stmt *select = db_prepare(u->db, "SELECT gid, file_count, total_size, apparent_size"
						 " FROM staged_r WHERE dir_id = ? ORDER BY gid");
	struct sums sums = { 0 };
	int64_t gid = 0;

	db_batch_flush(u->usage_r);
	db_bind(u->db, select, 1, u->dir_id);
	while (db_step(u->db, select)) {
		const struct sums row = {
			sqlite3_column_int64(select, 1), sqlite3_column_int64(select, 2),
			sqlite3_column_int64(select, 3),
		};

		if (sqlite3_column_int64(select, 0) != gid) {
			put(u, USAGE_BY_GROUP, gid, &sums);
			sums = (struct sums){ 0 };
		}
		gid = sqlite3_column_int64(select, 0);
		sums_add(&sums, &row);
	}
	put(u, USAGE_BY_GROUP, gid, &sums);
	sqlite3_finalize(select);
}

static void end_directory(struct usage_by *u)
{
	put_owner(u);
	if (u->many_groups)
		put_many_groups(u);
	else
		put_kept_groups(u);
	put_buckets(u, USAGE_BY_AGE, u->ages);
	put_buckets(u, USAGE_BY_SIZE, u->sizes);
	totals_release(&u->groups);
	u->many_groups = false;
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
	if (u->many_groups)
		return;
	totals_add(&u->groups, gid, sums);
	u->many_groups = u->groups.count > GROUPS_KEPT_BY;
}

void usage_by_release(struct usage_by *u)
{
	end_directory(u);
	db_batch_release(&u->rows);
}
