#include "common/audit/audit_schema.h"

#define USAGE \
	"dir_id uid gid age_bucket size_bucket file_count total_size apparent_size"
#define SUMMARY " total_size apparent_size total_files directory_count directories_owned"
#define INODE "inode generation uid gid mode allocated"
#define STATS \
	"file_count_nr total_size_nr apparent_size_nr dir_count_nr max_atime_nr max_mtime_nr" \
	" file_count_r total_size_r apparent_size_r dir_count_r max_atime_r max_mtime_r" \
	" owner_uid owner_gid"

#define NAMES "SELECT group_concat(name, ' ') FROM "

static const struct {
	const char *name, *columns;
} objects[] = {
	{ "directories", "dir_id parent_id name depth " INODE },
	{ "directory_stats", "dir_id " STATS },
	{ "usage_nr", USAGE },
	{ "usage_r", USAGE },
	{ "usage_by", "dir_id kind id file_count total_size apparent_size" },
	{ "owner_summary", "owner_uid" SUMMARY },
	{ "group_summary", "owner_gid" SUMMARY },
	{ "access_histogram", "owner_uid bucket_index file_count total_size" },
	{ "size_histogram", "owner_uid bucket_index file_count total_size" },
	{ "buckets", "kind bucket_index label lower upper" },
	{ "user_info", "uid username full_name" },
	{ "group_info", "gid groupname" },
	{ "scan_metadata",
	  "scan_id source_file scan_timestamp import_timestamp filesystem scan_root scan_root_id"
	  " age_by total_directories implied_directories total_files total_size"
	  " apparent_size lines skipped_blank skipped_comment skipped_message"
	  " skipped_unrecognised skipped_continued rejected entries directory_lines directory_bytes"
	  " inline_files inline_bytes multilink_files multilink_bytes snapshot_entries bad_optional"
	  " assumptions digest"
	  " program_version" },
	{ "scan_sources", "source digest lines" },
	{ "scan_rejects", "reason lines first_line" },
	{ "load_state", "key value" },
	{ "tree", "dir_id path parent_id name depth " INODE " " STATS },
};

static const struct {
	const char *name, *columns;
} indexes[] = {
	{ "directories_by_name", "parent_id name" },
	{ "stats_by_size", "total_size_r" },
	{ "stats_by_owner", "owner_uid total_size_r" },
	{ "stats_by_group", "owner_gid total_size_r" },
};

static void check(struct db *db, sqlite3_stmt *select, const char *name, const char *columns)
{
	const char *is;

	db_bind_name(db, select, 1, name, strlen(name));
	db_step(db, select);
	is = (const char *)sqlite3_column_text(select, 0);
	if (!is)
		die(EXIT_INPUT, "%s: is damaged: %s is missing", db->name, name);
	if (strcmp(is, columns))
		die(EXIT_INPUT, "%s: is damaged: %s has the columns '%s', should be '%s'", db->name,
		    name, is, columns);
	db_check(db, sqlite3_reset(select));
}

int audit_schema_check(struct db *db)
{
	const size_t object_count = sizeof(objects) / sizeof(objects[0]);
	const size_t index_count = sizeof(indexes) / sizeof(indexes[0]);
	sqlite3_stmt *columns = db_prepare(db, NAMES "pragma_table_info(?)");
	sqlite3_stmt *keys = db_prepare(db, NAMES "pragma_index_info(?)");

	for (size_t i = 0; i < object_count; i++)
		check(db, columns, objects[i].name, objects[i].columns);
	for (size_t i = 0; i < index_count; i++)
		check(db, keys, indexes[i].name, indexes[i].columns);
	sqlite3_finalize(columns);
	sqlite3_finalize(keys);
	return (int)(object_count + index_count);
}

void audit_pages_check(struct db *db)
{
	sqlite3_stmt *select = db_prepare(db, "PRAGMA integrity_check(1)");
	const char *says;

	db_step(db, select);
	says = (const char *)sqlite3_column_text(select, 0);
	if (!says || strcmp(says, "ok"))
		die(EXIT_INPUT, "%s: is damaged: SQLite says: %s", db->name,
		    says ? says : "nothing");
	sqlite3_finalize(select);
}
