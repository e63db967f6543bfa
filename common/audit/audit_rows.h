/*
 * audit_rows - a table, row by row in the order of dir_id, for the auditor.
 *
 * The first column is dir_id; all of them are read with audit_cell, which believes no type and no
 * range.
 */
#ifndef TREETALLY_AUDIT_ROWS_H
#define TREETALLY_AUDIT_ROWS_H

#include "common/audit/audit_code.h"
#include "common/audit/audit_say.h"

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

/* Three columns, file_count and two sizes, of a row that must have a file. */
struct audit_sums audit_cell_sums(struct audit_rows *r, int column);

/* sum += more; a lie when files or allocated bytes pass 2^63-1, which no file system has. */
void audit_add(struct audit_rows *r, struct audit_sums *sum, const struct audit_sums *more);

#endif
