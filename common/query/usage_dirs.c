/* SPDX-License-Identifier: MIT */
#include "common/query/usage_dirs.h"

#include "common/db/db_column.h"

bool usage_dirs_can(const struct usage_query *ask)
{
	return usage_query_part(ask, USAGE_AGE) < 0 && usage_query_part(ask, USAGE_SIZE) < 0 &&
	       usage_query_part(ask, USAGE_DIR) < 0;
}

void usage_dirs_totals(const struct usage_query *ask, struct db_reader_db *a,
		       const struct scope *scope, int64_t fs, struct totals *totals)
{
	enum { DIR_UID, DIR_GID, DIR_COUNT };
	int owner = usage_query_part(ask, USAGE_OWNER), group = usage_query_part(ask, USAGE_GROUP),
	    fs_part = usage_query_part(ask, USAGE_FS), scan = usage_query_part(ask, USAGE_SCAN);
	int64_t key[TOTALS_PARTS] = { 0 };
	struct buf sql = { 0 };
	sqlite3_stmt *select;

	buf_printf(&sql, "SELECT %s, %s, count(*) FROM directories WHERE dir_id BETWEEN ? AND ?"
			 " AND uid IS NOT NULL", owner >= 0 ? "uid" : "0", group >= 0 ? "gid" : "0");
	file_match_sql(&ask->match, &sql);
	buf_add_str(&sql, " GROUP BY 1, 2");
	buf_add_char(&sql, '\0');
	select = db_prepare(&a->db, (char *)sql.data);
	buf_release(&sql);
	if (fs_part >= 0)
		key[fs_part] = fs;
	if (scan >= 0)
		key[scan] = a->scan_day;
	for (size_t i = 0; i < scope->range_count; i++) {
		db_bind(&a->db, select, 1, scope->ranges[i].first);
		db_bind(&a->db, select, 2, scope->ranges[i].last);
		while (db_step(&a->db, select)) {
			struct sums sums = {
				.files = db_column(&a->db, select, DIR_COUNT, DB_COUNT),
			};

			if (owner >= 0)
				key[owner] = db_column(&a->db, select, DIR_UID, DB_UID);
			if (group >= 0)
				key[group] = db_column(&a->db, select, DIR_GID, DB_UID);
			if (sums.files)
				totals_add(totals, key, &sums);
		}
	}
	db_reader_finalize(a, select);
}
