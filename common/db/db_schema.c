/* SPDX-License-Identifier: MIT */
#include "common/db/db_schema.h"

#include "common/stream/ledger.h"

#include <sqlite3.h>
#include <stdio.h>

#define LEDGER_COLUMN(id, name, column) "    " column " INTEGER NOT NULL,\n"

const char db_schema_directories[] =
	"CREATE TABLE directories(\n"
	"    dir_id INTEGER PRIMARY KEY,\n"
	"    parent_id INTEGER REFERENCES directories,\n"
	"    name NOT NULL,\n"
	"    depth INTEGER NOT NULL,\n"
	"    inode INTEGER, generation INTEGER, uid INTEGER, gid INTEGER, mode INTEGER,"
	" allocated INTEGER);"
	"CREATE INDEX directories_by_parent ON directories(parent_id);"
	"CREATE TABLE load_state(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE scan_metadata(\n"
	"    scan_id INTEGER PRIMARY KEY,\n"
	"    source_file, scan_timestamp INTEGER, import_timestamp INTEGER NOT NULL,\n"
	"    filesystem, scan_root NOT NULL,"
	" scan_root_id INTEGER NOT NULL REFERENCES directories,\n"
	"    age_by TEXT NOT NULL,\n"
	"    total_directories INTEGER NOT NULL, implied_directories INTEGER NOT NULL,\n"
	LEDGER_TABLE(LEDGER_COLUMN)
	"    once_files INTEGER NOT NULL, once_size INTEGER NOT NULL,"
	" once_apparent INTEGER NOT NULL,\n"
	"    linked_inodes INTEGER NOT NULL, links_outside INTEGER NOT NULL,"
	" links_disagree INTEGER NOT NULL, links_repeated INTEGER NOT NULL,\n"
	"    assumptions TEXT NOT NULL, digest TEXT NOT NULL, format TEXT,\n"
	"    program_version TEXT NOT NULL);";

#define USAGE_TABLE(name) \
	"CREATE TABLE " name "(\n" \
	"    dir_id INTEGER NOT NULL REFERENCES directories,\n" \
	"    uid INTEGER NOT NULL, gid INTEGER NOT NULL,\n" \
	"    age_bucket INTEGER NOT NULL, size_bucket INTEGER NOT NULL,\n" \
	"    file_count INTEGER NOT NULL, total_size INTEGER NOT NULL," \
	" apparent_size INTEGER NOT NULL,\n" \
	"    PRIMARY KEY(dir_id, uid, gid, age_bucket, size_bucket)) WITHOUT ROWID;"

#define SUMMARY_TABLE(name, key) \
	"CREATE TABLE " name "(\n" \
	"    " key " INTEGER PRIMARY KEY,\n" \
	"    total_size INTEGER NOT NULL, apparent_size INTEGER NOT NULL," \
	" total_files INTEGER NOT NULL,\n" \
	"    seen_size INTEGER NOT NULL, seen_apparent INTEGER NOT NULL," \
	" seen_files INTEGER NOT NULL,\n" \
	"    directory_count INTEGER NOT NULL, directories_owned INTEGER NOT NULL);"

#define LINK_USAGE_TABLE(name) \
	"CREATE TABLE " name "(\n" \
	"    dir_id INTEGER NOT NULL REFERENCES directories,\n" \
	"    uid INTEGER NOT NULL, gid INTEGER NOT NULL,\n" \
	"    age_bucket INTEGER NOT NULL, size_bucket INTEGER NOT NULL,\n" \
	"    repeated_files INTEGER NOT NULL, repeated_size INTEGER NOT NULL," \
	" repeated_apparent INTEGER NOT NULL,\n" \
	"    kept_files INTEGER NOT NULL, kept_size INTEGER NOT NULL," \
	" kept_apparent INTEGER NOT NULL,\n" \
	"    PRIMARY KEY(dir_id, uid, gid, age_bucket, size_bucket)) WITHOUT ROWID;"

/* Of the whole scan, each inode once: the rows of its root, which always has some. */
#define HISTOGRAM_VIEW(name, bucket) \
	"CREATE VIEW " name " AS SELECT uid AS owner_uid, " bucket " AS bucket_index,\n" \
	"    sum(file_count) AS file_count, sum(total_size) AS total_size FROM\n" \
	"    (SELECT uid, " bucket ", file_count, total_size FROM usage_r\n" \
	"        WHERE dir_id = (SELECT scan_root_id FROM scan_metadata)\n" \
	"    UNION ALL SELECT uid, " bucket ", -repeated_files, -repeated_size FROM link_usage_r\n" \
	"        WHERE dir_id = (SELECT scan_root_id FROM scan_metadata))\n" \
	"    GROUP BY uid, " bucket " HAVING sum(file_count) > 0;"

/*
 * The path of directory d is put together on the way up to the root (dir_id 1). Where a name is no
 * text, || makes text of it all the same; then the cast changes the type and not a byte.
 */
#define TREE_PATH \
	"(WITH RECURSIVE up(above, path, raw) AS (\n" \
	"        SELECT d.parent_id," \
	" CASE WHEN d.parent_id IS NULL THEN '/' ELSE '/' || d.name END,\n" \
	"            typeof(d.name) = 'blob'\n" \
	"        UNION ALL\n" \
	"        SELECT p.parent_id, '/' || p.name || up.path," \
	" up.raw OR typeof(p.name) = 'blob'\n" \
	"            FROM up JOIN directories AS p ON p.dir_id = up.above WHERE up.above > 1)\n" \
	"    SELECT CASE WHEN raw THEN CAST(path AS BLOB) ELSE path END FROM up\n" \
	"        WHERE ifnull(above, 1) = 1)"

#define STATS_NUMBER(name) ",\n    " #name " INTEGER NOT NULL"
#define STATS_NULLABLE(name) ",\n    " #name " INTEGER"
#define VIEW_COLUMN(name) ",\n    s." #name " AS " #name
#define VIEW_TIME(name) ",\n    datetime(s." #name ", 'unixepoch') AS " #name
/* A sum of lengths that has stopped at 2^63-1 stays there. */
#define VIEW_LESS(as, from, less) \
	",\n    CASE WHEN s." from " = 9223372036854775807 THEN s." from \
	" ELSE s." from " - ifnull(l." less ", 0) END AS " as

const char db_schema_stats[] =
	"CREATE TABLE directory_stats(\n"
	"    dir_id INTEGER PRIMARY KEY REFERENCES directories"
	DIRECTORY_STATS(STATS_NUMBER, STATS_NULLABLE, STATS_NULLABLE) ");"
	USAGE_TABLE("usage_nr")
	USAGE_TABLE("usage_r")
	"CREATE TABLE usage_by(\n"
	"    dir_id INTEGER NOT NULL REFERENCES directories,\n"
	"    kind INTEGER NOT NULL, id INTEGER NOT NULL,\n"
	"    file_count INTEGER NOT NULL, total_size INTEGER NOT NULL,"
	" apparent_size INTEGER NOT NULL,\n"
	"    PRIMARY KEY(dir_id, kind, id)) WITHOUT ROWID;"
	"CREATE TABLE group_owners(\n"
	"    gid INTEGER NOT NULL, uid INTEGER NOT NULL, PRIMARY KEY(gid, uid)) WITHOUT ROWID;"
	SUMMARY_TABLE("owner_summary", "owner_uid")
	SUMMARY_TABLE("group_summary", "owner_gid")
	HISTOGRAM_VIEW("access_histogram", "age_bucket")
	HISTOGRAM_VIEW("size_histogram", "size_bucket")
	"CREATE TABLE user_info(uid INTEGER PRIMARY KEY, username NOT NULL, full_name);"
	"CREATE TABLE group_info(gid INTEGER PRIMARY KEY, groupname NOT NULL);"
	"CREATE TABLE buckets(\n"
	"    kind TEXT NOT NULL, bucket_index INTEGER NOT NULL, label TEXT NOT NULL,\n"
	"    lower INTEGER, upper INTEGER, PRIMARY KEY(kind, bucket_index)) WITHOUT ROWID;"
	"CREATE TABLE scan_sources(source NOT NULL, digest TEXT NOT NULL, lines INTEGER NOT NULL);"
	"CREATE TABLE scan_rejects(reason TEXT PRIMARY KEY, lines INTEGER NOT NULL,"
	" first_line NOT NULL);"
	"CREATE TABLE path_maps(scan_path NOT NULL PRIMARY KEY, shown_path NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE links(\n"
	"    link INTEGER NOT NULL, path INTEGER NOT NULL,\n"
	"    dir_id INTEGER NOT NULL REFERENCES directories, name NOT NULL,\n"
	"    uid INTEGER NOT NULL, gid INTEGER NOT NULL,\n"
	"    age_bucket INTEGER NOT NULL, size_bucket INTEGER NOT NULL,\n"
	"    allocated INTEGER NOT NULL, apparent INTEGER NOT NULL, nlink INTEGER NOT NULL,\n"
	"    lines INTEGER NOT NULL, repeated INTEGER NOT NULL,\n"
	"    snapshot INTEGER NOT NULL, inode INTEGER NOT NULL, generation INTEGER NOT NULL,\n"
	"    PRIMARY KEY(link, path)) WITHOUT ROWID;"
	LINK_USAGE_TABLE("link_usage")
	LINK_USAGE_TABLE("link_usage_r")
	"CREATE TABLE link_stats(\n"
	"    dir_id INTEGER PRIMARY KEY REFERENCES directories,\n"
	"    repeated_files_nr INTEGER NOT NULL, repeated_size_nr INTEGER NOT NULL,"
	" repeated_apparent_nr INTEGER NOT NULL,\n"
	"    repeated_files_r INTEGER NOT NULL, repeated_size_r INTEGER NOT NULL,"
	" repeated_apparent_r INTEGER NOT NULL,\n"
	"    kept_files_r INTEGER NOT NULL, kept_size_r INTEGER NOT NULL,"
	" kept_apparent_r INTEGER NOT NULL);"
	"CREATE VIEW tree AS SELECT d.dir_id AS dir_id,\n"
	"    " TREE_PATH " AS path,\n"
	"    d.parent_id AS parent_id, d.name AS name, d.depth AS depth, d.inode AS inode,\n"
	"    d.generation AS generation, d.uid AS uid, d.gid AS gid, d.mode AS mode,\n"
	"    d.allocated AS allocated"
	DIRECTORY_STATS(VIEW_COLUMN, VIEW_TIME, VIEW_COLUMN)
	VIEW_LESS("once_files_r", "file_count_r", "repeated_files_r")
	VIEW_LESS("once_size_r", "total_size_r", "repeated_size_r")
	VIEW_LESS("once_apparent_r", "apparent_size_r", "repeated_apparent_r")
	VIEW_LESS("freed_files_r", "file_count_r", "kept_files_r")
	VIEW_LESS("freed_size_r", "total_size_r", "kept_size_r")
	VIEW_LESS("freed_apparent_r", "apparent_size_r", "kept_apparent_r") "\n"
	"    FROM directories AS d JOIN directory_stats AS s ON s.dir_id = d.dir_id\n"
	"    LEFT JOIN link_stats AS l ON l.dir_id = d.dir_id;";

/*
 * Directories of one group are those of each of its owners (group_owners), and those of several
 * owners. So stats_by_group needs only these, and stats_by_owner tells the others' groups.
 */
const char *const db_schema_indexes[] = {
	"CREATE INDEX stats_by_size ON directory_stats(total_size_r)",
	"CREATE INDEX stats_by_owner ON directory_stats(owner_uid, total_size_r, owner_gid)",
	"CREATE INDEX stats_by_group ON directory_stats(owner_gid, total_size_r)"
	" WHERE owner_uid IS NULL",
	"CREATE INDEX links_by_dir ON links(dir_id)",
	"CREATE INDEX link_stats_by_shared ON link_stats(repeated_size_r)"
	" WHERE repeated_size_r > 0",
};
const size_t db_schema_index_count = sizeof(db_schema_indexes) / sizeof(db_schema_indexes[0]);

void db_schema_about(void)
{
	printf("database format %d, SQLite %s\n", DB_FORMAT, sqlite3_libversion());
}
