/*
 * dir_filter - which directories are wanted, as conditions of SQL.
 *
 * Conditions stand on `s`, a row of directory_stats, and `d`, its row of directories. Values are
 * parameters with names; moments that are ages differ from database to database, so values are
 * bound for one of them.
 */
#ifndef TREETALLY_DIR_FILTER_H
#define TREETALLY_DIR_FILTER_H

#include "common/db/db_reader.h"
#include "common/base/buf.h"
#include "common/base/human.h"

#define FILTER_NONE (-1) /* "not given", for numbers that cannot be negative */

struct dir_filter {
	bool own;          /* about files directly in the directory, not about its subtree */
	int64_t min_depth, max_depth;
	bool single_owner, leaves_only;
	int64_t owner, group;
	const char **patterns; /* a name has to match one of them; an allocated list */
	size_t pattern_count;
	bool ignore_case;
	int64_t min_size, max_size, min_files, max_files, min_average, max_average;
	struct human_when accessed_before, accessed_after, modified_before, modified_after, cold;
	/* Which moments are given. */
	bool has_accessed_before, has_accessed_after, has_modified_before, has_modified_after;
	bool has_cold;
	bool cold_by_atime; /* cold: access alone counts */
};

void dir_filter_init(struct dir_filter *f);
/* Frees the list of patterns. */
void dir_filter_release(struct dir_filter *f);
/* After the last pattern: letters of ASCII match in upper and lower case. */
void dir_filter_ignore_case(struct dir_filter *f);

/* Is there any condition besides owner and group? */
bool dir_filter_is_plain(const struct dir_filter *f);
/* Do conditions need `d`? */
bool dir_filter_needs_directories(const struct dir_filter *f);

/* Append the conditions, each with " AND " before it. */
void dir_filter_add_sql(const struct dir_filter *f, struct buf *sql);
/* Give the database what the conditions call; `f` must outlive its use. */
void dir_filter_attach(const struct dir_filter *f, struct db_reader_db *a);
void dir_filter_bind(const struct dir_filter *f, struct db_reader_db *a, sqlite3_stmt *statement);

/*
 * SQL for the owner of all files directly in `s`, as owner_uid is for its subtree: -1 none, NULL
 * several.
 */
#define DIR_OWN_OWNER(id) \
	"(SELECT CASE WHEN count(*) = 0 THEN -1" \
	" WHEN min(" id ") = max(" id ") THEN min(" id ") END" \
	" FROM usage_nr AS u WHERE u.dir_id = s.dir_id)"

#endif
