/* SPDX-License-Identifier: MIT */
/*
 * audit_report - reading tables without believing them, the lie that ends an audit, and what it has
 * proved.
 *
 * A lie ends the program with status 1: `scan-audit: asp.db: dir_id 4, /gpfs/a: file_count_r is 13,
 * should be 12`. What cannot be read or is not such a database at all stays status 3 (db.h).
 */
#ifndef TREETALLY_AUDIT_REPORT_H
#define TREETALLY_AUDIT_REPORT_H

#include "common/db/db.h"
#include "common/stream/sums.h"

/* A number that is NULL in the database. */
#define AUDIT_NULL DB_NULL

/* Something is wrong with a directory, or (dir_id 0) with the whole. */
void audit_lie(struct db *db, int64_t dir_id, const char *fmt, ...) NORETURN PRINTF_LIKE(3, 4);

/* `what` must be `should`. */
void audit_number(struct db *db, int64_t dir_id, const char *what, int64_t is, int64_t should);

/*
 * Run a query that finds differences: a text that says which row, then pairs of numbers, what
 * stands there and what should, the first of each named like the column. The first difference is
 * a lie of directory `dir_id`, whose row in `table` it is. ?1 and ?2 are `first` and `last`.
 */
struct audit_query {
	const char *table, *sql;
	int64_t dir_id, first, last;
};
void audit_compare(struct db *db, const struct audit_query *query);

/* One line on standard output, at once: `ok: ...`. */
void audit_proved(bool quiet, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ---- rows ---- */

/*
 * A table is read by a list of its columns behind dir_id, X(name): the statement and the numbers of
 * the columns are made from it. `from` is the table and what follows it.
 */
#define AUDIT_COLUMN_TEXT(name) ", " #name
#define AUDIT_SELECT(LIST, from) "SELECT dir_id" LIST(AUDIT_COLUMN_TEXT) " FROM " from

#define AUDIT_DIRECTORIES(X) \
	X(parent_id) X(depth) X(name) X(inode) X(generation) X(uid) X(gid) X(mode) X(allocated)
#define AUDIT_USAGE(X) \
	X(uid) X(gid) X(age_bucket) X(size_bucket) X(file_count) X(total_size) X(apparent_size)
#define AUDIT_DIRECTORIES_ID(name) AUDIT_DIR_##name,
#define AUDIT_USAGE_ID(name) AUDIT_USAGE_##name,
enum { AUDIT_DIR_dir_id, AUDIT_DIRECTORIES(AUDIT_DIRECTORIES_ID) };
enum { AUDIT_USAGE_dir_id, AUDIT_USAGE(AUDIT_USAGE_ID) AUDIT_USAGE_COLUMNS };

/* One table, row by row in the order of dir_id. */
struct audit_rows {
	struct db *db;
	const char *table;
	sqlite3_stmt *select;
	bool have;      /* there is a current row */
	int64_t dir_id; /* of it */
	int64_t count;  /* rows so far */
};

/* `table` is for messages; the first row is current. */
void audit_rows_open(struct audit_rows *r, struct db *db, const char *table, const char *sql);
void audit_rows_next(struct audit_rows *r);
/* There must be no more rows: one that is left belongs to no directory. */
void audit_rows_close(struct audit_rows *r);

/* A column of the current row; a lie unless it is an integer from `least` to `most`. */
int64_t audit_cell(struct audit_rows *r, int column, int64_t least, int64_t most);
/* The same, or AUDIT_NULL. */
int64_t audit_cell_or_null(struct audit_rows *r, int column, int64_t least, int64_t most);

/* Three columns from `column` on: files, of which there must be `least`, and two sizes. */
struct sums audit_cell_sums(struct audit_rows *r, int column, int64_t least);

/* sum += more; a lie when files or allocated bytes pass 2^63-1, which no file system has. */
void audit_add(struct audit_rows *r, struct sums *sum, const struct sums *more);

#endif
