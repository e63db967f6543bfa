/* SPDX-License-Identifier: MIT */
#include "common/db/db_trust.h"

#include "common/base/wire.h"
#include "common/db/db_schema.h"

/* Where the file's header (SQLite's documented format) keeps what we ask for. */
#define HEADER_BYTES 100
#define HEADER_MAGIC "SQLite format 3"
#define HEADER_ENCODING 56
#define HEADER_USER_VERSION 60
#define HEADER_APPLICATION_ID 68
#define ENCODING_UTF8 1

/*
 * A header of a stream, which load_state keeps, has at most 4 MiB; nothing else is nearly as long.
 */
#define VALUE_BYTES (16 << 20)
#define SQL_BYTES 100000
/*
 * Pages that refer to each other can make a table of 10^20 rows of a small file. So nothing takes
 * more of SQLite's steps than this, of which our schema needs some thousand, and then as many for
 * each byte: a row, which takes 20 bytes and more, needs about a hundred to be looked at once.
 */
#define STEPS_BASE 10000000
#define STEPS_PER_BYTE 200

const char *db_trust_says(enum db_state state)
{
	static const char *const says[] = {
		[DB_ABSENT] = "is not there",
		[DB_EMPTY] = "is an empty file, not a database",
		[DB_NOT_SQLITE] = "is not a SQLite database",
		[DB_FOREIGN] = "is a database of another program",
		[DB_OLDER] = "was made by version 0.1: import again",
		[DB_NEWER] = "was made by a newer version of treetally",
		[DB_ALTERED] = "is damaged: its tables, indexes and views are not ours",
		[DB_DIRECTORIES] = "has directories, but no statistics",
		[DB_COMPLETE] = "is complete",
	};

	return says[state];
}

enum db_state db_trust_header(struct db *db)
{
	unsigned char h[HEADER_BYTES];
	sqlite3_file *file;
	uint32_t format;
	int rc;

	/* Through SQLite's own descriptor: closing a second one would drop its locks (POSIX). */
	db_check(db, sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file));
	rc = file->pMethods->xRead(file, h, sizeof(h), 0);
	if (rc != SQLITE_IOERR_SHORT_READ)
		db_check(db, rc);
	if (rc != SQLITE_OK || memcmp(h, HEADER_MAGIC, sizeof(HEADER_MAGIC)))
		return DB_NOT_SQLITE;
	if (get_be32(h + HEADER_APPLICATION_ID) != DB_APPLICATION_ID)
		return DB_FOREIGN;
	format = get_be32(h + HEADER_USER_VERSION);
	if (format != DB_FORMAT)
		return format && format < DB_FORMAT ? DB_OLDER : DB_NEWER;
	return get_be32(h + HEADER_ENCODING) == ENCODING_UTF8 ? DB_DIRECTORIES : DB_ALTERED;
}

void db_trust_nothing(struct db *db)
{
	static const struct {
		int option, value;
	} options[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
#ifdef SQLITE_DBCONFIG_ENABLE_VIEW
		{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
#endif
#ifdef SQLITE_DBCONFIG_TRUSTED_SCHEMA
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
#endif
	};

	/* A library older than the header it was compiled with knows less; no harm in that. */
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		sqlite3_db_config(db->handle, options[i].option, options[i].value, NULL);
	sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, VALUE_BYTES);
	sqlite3_limit(db->handle, SQLITE_LIMIT_SQL_LENGTH, SQL_BYTES);
	sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 0);
	db_exec(db, "PRAGMA cell_size_check = ON");
}

/* ---- the schema ---- */

#define SCHEMA_ROWS "SELECT type, name, tbl_name, sql FROM sqlite_master"

/* A database of nothing but what a correct one has, as rows of temp.expected. */
static void expect(struct db *own, bool stats)
{
	db_check(own, sqlite3_open(":memory:", &own->handle));
	db_exec(own, db_schema_directories);
	if (stats) {
		db_exec(own, db_schema_stats);
		for (size_t i = 0; i < db_schema_index_count; i++)
			db_exec(own, db_schema_indexes[i]);
	}
	db_exec(own, "CREATE TEMP TABLE expected AS " SCHEMA_ROWS);
}

/* Each row of the file's schema takes its twin away; every one must have one, and none may stay. */
static bool same_schema(struct db *db, struct db *own)
{
	sqlite3_stmt *rows = db_prepare(db, SCHEMA_ROWS);
	sqlite3_stmt *take = db_prepare(own, "DELETE FROM temp.expected WHERE type IS ?1"
					     " AND name IS ?2 AND tbl_name IS ?3 AND sql IS ?4");
	bool same = true;

	while (same && db_step(db, rows)) {
		for (int i = 0; i < sqlite3_column_count(rows); i++)
			db_check(own,
				 sqlite3_bind_value(take, i + 1, sqlite3_column_value(rows, i)));
		db_step(own, take);
		same = sqlite3_changes(own->handle) == 1;
	}
	sqlite3_finalize(rows);
	sqlite3_finalize(take);
	return same && !db_integer(own, "SELECT count(*) FROM temp.expected");
}

static bool schema_is(struct db *db, bool stats)
{
	struct db own = { .name = db->name };
	bool same;

	expect(&own, stats);
	same = same_schema(db, &own);
	db_check(&own, sqlite3_close(own.handle));
	return same;
}

/* Each statement counts for itself, so this is called every STEPS_BASE of any of them. */
static int lose_patience(void *arg)
{
	struct db *db = arg;

	return !db->patience || !--db->patience;
}

enum db_state db_trust_schema(struct db *db)
{
	enum db_state state = DB_ALTERED;

	db->patience = 0;
	sqlite3_progress_handler(db->handle, STEPS_BASE, lose_patience, db);
	if (schema_is(db, true))
		state = DB_COMPLETE;
	else if (schema_is(db, false))
		state = DB_DIRECTORIES;
	sqlite3_progress_handler(db->handle, 0, NULL, NULL);
	return state;
}

void db_trust_bound(struct db *db)
{
	sqlite3_int64 bytes = 0;
	sqlite3_file *file;

	db_check(db, sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file));
	db_check(db, file->pMethods->xFileSize(file, &bytes));
	db->patience = 10 + (uint64_t)bytes / (STEPS_BASE / STEPS_PER_BYTE);
	sqlite3_progress_handler(db->handle, STEPS_BASE, lose_patience, db);
}
