/* SPDX-License-Identifier: MIT */
#include "common/db/db_column.h"

#include <inttypes.h>

#include "common/base/scantime.h"
#include "common/stream/buckets.h"

/* No file system has more directories or levels than this; ids and counts of them add up safely. */
#define DIRECTORIES_MOST (((int64_t)1 << 48) - 1)

const struct db_range db_ranges[] = {
	[DB_ID] = { 1, DIRECTORIES_MOST },
	[DB_DIRECTORY_COUNT] = { 0, DIRECTORIES_MOST },
	[DB_DEPTH] = { 0, DIRECTORIES_MOST },
	[DB_COUNT] = { 0, INT64_MAX },
	[DB_SIZE] = { 0, INT64_MAX },
	[DB_CHANGE] = { -INT64_MAX, INT64_MAX },
	[DB_TIME] = { TIME_MIN, TIME_MAX },
	[DB_UID] = { 0, UINT32_MAX },
	[DB_OWNER] = { -1, UINT32_MAX },
	[DB_BUCKET] = { 0, BUCKETS - 1 },
	[DB_KEY] = { 0, UINT32_MAX },
	[DB_SORTED] = { TIME_MIN, INT64_MAX },
};

void db_column_die(struct db *db, sqlite3_stmt *row, int column, const char *wanted)
{
	static const char *const types[] = { [SQLITE_INTEGER] = "number", [SQLITE_FLOAT] = "fraction",
					     [SQLITE_TEXT] = "text", [SQLITE_BLOB] = "blob",
					     [SQLITE_NULL] = "NULL" };
	int type = sqlite3_column_type(row, column);
	const char *name = sqlite3_column_name(row, column);

	if (type == SQLITE_INTEGER)
		die(EXIT_INPUT, "%s: is damaged: %s is %" PRId64 ", not %s", db->name, name,
		    (int64_t)sqlite3_column_int64(row, column), wanted);
	if (type == SQLITE_NULL)
		die(EXIT_INPUT, "%s: is damaged: %s is NULL, not %s", db->name, name, wanted);
	die(EXIT_INPUT, "%s: is damaged: %s is a %s of %d bytes, not %s", db->name, name,
	    types[type], sqlite3_column_bytes(row, column), wanted);
}

void db_column_die_range(struct db *db, sqlite3_stmt *row, int column, enum db_domain domain)
{
	char wanted[80];

	snprintf(wanted, sizeof(wanted), "a number from %" PRId64 " to %" PRId64,
		 db_ranges[domain].least, db_ranges[domain].most);
	db_column_die(db, row, column, wanted);
}

static struct db_text text_of(struct db *db, sqlite3_stmt *row, int column, size_t most, int type)
{
	struct db_text text = { sqlite3_column_blob(row, column),
				(size_t)sqlite3_column_bytes(row, column) };
	char wanted[80];

	if ((type != SQLITE_TEXT && type != SQLITE_BLOB) || text.len > most) {
		snprintf(wanted, sizeof(wanted), "a text of at most %zu bytes", most);
		db_column_die(db, row, column, wanted);
	}
	if (!text.len)
		text.bytes = "";
	return text;
}

struct db_text db_column_text_or_null(struct db *db, sqlite3_stmt *row, int column, size_t most)
{
	const struct db_text null = { 0 };
	int type = sqlite3_column_type(row, column);

	return type == SQLITE_NULL ? null : text_of(db, row, column, most, type);
}

struct db_text db_column_text(struct db *db, sqlite3_stmt *row, int column, size_t most)
{
	int type = sqlite3_column_type(row, column);

	if (type == SQLITE_NULL)
		db_column_die(db, row, column, "a text");
	return text_of(db, row, column, most, type);
}
