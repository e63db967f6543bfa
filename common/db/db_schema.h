/* SPDX-License-Identifier: MIT */
/*
 * db_schema - the tables, views and indexes of a database, as SQL. Their meaning and the units of
 * every column are in treetally-db(5); keep the two together. DB_FORMAT names this schema:
 * a change that a reader could notice makes it the next number.
 */
#ifndef TREETALLY_DB_SCHEMA_H
#define TREETALLY_DB_SCHEMA_H

#include <stddef.h>

#define DB_APPLICATION_ID 0x54544C59 /* "TTLY" */
#define DB_FORMAT 4                  /* user_version; N was that of version 0.N */
#define DB_PAGE_SIZE 8192            /* bytes */

/* What dir-load makes: directories and its index, load_state, and scan_metadata, empty. */
extern const char db_schema_directories[];

/* What stats-load makes. */
extern const char db_schema_stats[];

extern const char *const db_schema_indexes[];
extern const size_t db_schema_index_count;

/* usage_by.kind: what `id` is. */
enum usage_kind { USAGE_BY_OWNER, USAGE_BY_GROUP, USAGE_BY_AGE, USAGE_BY_SIZE };

/* A line of --version (opts.h). */
void db_schema_about(void);

/* Columns of tables that are filled by position. */
#define DIRECTORIES_COLUMNS 10
#define USAGE_BY_COLUMNS 6

/* The same, in usage_nr and usage_r, and in both summaries. */
enum {
	USAGE_dir_id, USAGE_uid, USAGE_gid, USAGE_age_bucket, USAGE_size_bucket,
	USAGE_file_count, USAGE_total_size, USAGE_apparent_size, USAGE_COLUMNS
};
enum {
	SUMMARY_owner, SUMMARY_total_size, SUMMARY_apparent_size, SUMMARY_total_files,
	SUMMARY_seen_size, SUMMARY_seen_apparent, SUMMARY_seen_files,
	SUMMARY_directory_count, SUMMARY_directories_owned, SUMMARY_COLUMNS
};

/* A line of a file with several links; and what it makes wrong in sums. */
enum {
	LINKS_link, LINKS_path, LINKS_dir_id, LINKS_name, LINKS_uid, LINKS_gid, LINKS_age_bucket,
	LINKS_size_bucket, LINKS_allocated, LINKS_apparent, LINKS_nlink, LINKS_lines,
	LINKS_repeated, LINKS_snapshot, LINKS_inode, LINKS_generation, LINKS_COLUMNS
};
enum {
	LINK_USAGE_dir_id, LINK_USAGE_uid, LINK_USAGE_gid, LINK_USAGE_age_bucket,
	LINK_USAGE_size_bucket, LINK_USAGE_repeated_files, LINK_USAGE_repeated_size,
	LINK_USAGE_repeated_apparent, LINK_USAGE_kept_files, LINK_USAGE_kept_size,
	LINK_USAGE_kept_apparent, LINK_USAGE_COLUMNS
};
enum {
	LINK_STATS_dir_id,
	LINK_STATS_repeated_files_nr, LINK_STATS_repeated_size_nr, LINK_STATS_repeated_apparent_nr,
	LINK_STATS_repeated_files_r, LINK_STATS_repeated_size_r, LINK_STATS_repeated_apparent_r,
	LINK_STATS_kept_files_r, LINK_STATS_kept_size_r, LINK_STATS_kept_apparent_r,
	LINK_STATS_COLUMNS
};

/*
 * directory_stats behind dir_id: numbers that are always there, times and owners that can be NULL.
 * The table, the view tree and what fills them are made from this list.
 */
#define DIRECTORY_STATS(NUMBER, TIME, OWNER) \
	NUMBER(file_count_nr) NUMBER(total_size_nr) NUMBER(apparent_size_nr) NUMBER(dir_count_nr) \
	TIME(max_atime_nr) TIME(max_mtime_nr) \
	NUMBER(file_count_r) NUMBER(total_size_r) NUMBER(apparent_size_r) NUMBER(dir_count_r) \
	TIME(max_atime_r) TIME(max_mtime_r) \
	OWNER(owner_uid) OWNER(owner_gid)

#define DIRECTORY_STATS_ENUM(name) STATS_##name,
enum {
	STATS_dir_id,
	DIRECTORY_STATS(DIRECTORY_STATS_ENUM, DIRECTORY_STATS_ENUM, DIRECTORY_STATS_ENUM)
	DIRECTORY_STATS_COLUMNS
};

#endif
