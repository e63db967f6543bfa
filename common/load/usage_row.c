/* SPDX-License-Identifier: MIT */
#include "common/load/usage_row.h"

#include "common/db/db_record.h"
#include "common/db/db_schema.h"

void usage_row_add(struct db_tree *table, int64_t dir_id, const struct usage_key *key,
		   const struct sums *sums)
{
	unsigned char bytes[DB_RECORD_MAX];
	struct db_record r;

	db_record_begin(&r, bytes, USAGE_COLUMNS, 0);
	db_record_integer(&r, dir_id);
	db_record_integer(&r, key->uid);
	db_record_integer(&r, key->gid);
	db_record_integer(&r, key->age_bucket);
	db_record_integer(&r, key->size_bucket);
	db_record_integer(&r, sums->files);
	db_record_integer(&r, sums->allocated);
	db_record_integer(&r, sums->apparent);
	db_tree_add_key(table, bytes, db_record_end(&r));
}
