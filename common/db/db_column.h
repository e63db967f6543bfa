/* SPDX-License-Identifier: MIT */
/*
 * db_column - the columns of a row, with what they may hold.
 *
 * A table of SQLite takes any value in any column, and a file can come from anybody. So a column is
 * read with its domain: a value of another type, or out of range, ends the program (3) and names
 * the column. Sums and differences of a few numbers of one domain do not overflow, except those of
 * DB_COUNT, DB_SIZE and DB_CHANGE, which callers add with saturation.
 *
 * Columns are numbered from 0, by an enum that stands beside the statement.
 */
#ifndef TREETALLY_DB_COLUMN_H
#define TREETALLY_DB_COLUMN_H

#include "common/db/db.h"

enum db_domain {
	DB_ID,          /* dir_id, from 1 */
	DB_DIRECTORY_COUNT,
	DB_DEPTH,
	DB_COUNT,       /* of files, lines and the like */
	DB_SIZE,        /* bytes; INT64_MAX: that or more */
	DB_CHANGE,      /* of a count or of bytes: of either sign */
	DB_TIME,        /* seconds, of the years 0001 to 9999 */
	DB_UID,         /* also a gid */
	DB_OWNER,       /* the same, or -1: of nobody */
	DB_BUCKET,      /* a class of age or size */
	DB_KEY,         /* of usage_by: a uid, gid or bucket */
	DB_SORTED,      /* any of those that a list is sorted by: a count, size, time or depth */
};

#define DB_NAME_BYTES (64u << 10) /* of a name, a path, a file system */
#define DB_LONG_TEXT (5u << 20)   /* names of all sources, and of all programs */

struct db_text {
	const char *bytes; /* not NULL, unless the column is; valid until the next step */
	size_t len;
};

struct db_range {
	int64_t least, most;
};
extern const struct db_range db_ranges[];

/* The statement's column does not hold what belongs there. */
NORETURN void db_column_die(struct db *db, sqlite3_stmt *row, int column, const char *wanted);
NORETURN void db_column_die_range(struct db *db, sqlite3_stmt *row, int column,
				  enum db_domain domain);

static inline bool db_column_is_null(sqlite3_stmt *row, int column)
{
	return sqlite3_column_type(row, column) == SQLITE_NULL;
}

/* An integer of the domain, of a column whose type is known: asking for it costs as much. */
static inline int64_t db_column_typed(struct db *db, sqlite3_stmt *row, int column,
				      enum db_domain domain, int type)
{
	const struct db_range *range = &db_ranges[domain];
	int64_t value = sqlite3_column_int64(row, column);

	if (type != SQLITE_INTEGER || value < range->least || value > range->most)
		db_column_die_range(db, row, column, domain);
	return value;
}

/* An integer of the domain. */
static inline int64_t db_column(struct db *db, sqlite3_stmt *row, int column, enum db_domain domain)
{
	return db_column_typed(db, row, column, domain, sqlite3_column_type(row, column));
}

/* The same; `null` where the column is NULL. */
static inline int64_t db_column_or(struct db *db, sqlite3_stmt *row, int column,
				   enum db_domain domain, int64_t null)
{
	int type = sqlite3_column_type(row, column);

	return type == SQLITE_NULL ? null : db_column_typed(db, row, column, domain, type);
}

/* TEXT or BLOB of at most `most` bytes. */
struct db_text db_column_text(struct db *db, sqlite3_stmt *row, int column, size_t most);
struct db_text db_column_text_or_null(struct db *db, sqlite3_stmt *row, int column, size_t most);

#endif
