/* SPDX-License-Identifier: MIT */
#include "common/load/usage_r.h"

#include "common/db/db_schema.h"
#include "common/load/usage_by.h"
#include "common/load/usage_fold.h"
#include "common/load/usage_nr.h"

void usage_r_write(struct load_sort *sorted, struct db *db, int64_t root_id, uint64_t *written)
{
	struct load_item next;
	struct db_batch rows;
	struct usage_by by;

	db_exec(db, db_schema_stage_r);
	db_batch_init(&rows, db, "staged_r", USAGE_COLUMNS, DB_BATCH_NO_NAME, DB_BATCH_ROWS);
	usage_by_init(&by, db, &rows);
	for (*written = 0; load_sort_next(sorted, PART_USAGE_R, &next); ++*written) {
		int64_t dir_id = next.dir_id == USAGE_WHOLE ? root_id : next.dir_id;

		usage_nr_fill(db_batch_add(&rows), dir_id, &next.key, &next.sums);
		usage_by_add(&by, dir_id, &next.key, &next.sums);
	}
	db_batch_flush(&rows);
	usage_by_release(&by);
	db_batch_release(&rows);
	db_exec(db, db_schema_unstage_r);
}
