/* SPDX-License-Identifier: MIT */
/*
 * db_batch - rows that wait in memory and then enter a table in one statement.
 *
 * SQLite spends more on starting and ending a statement than on inserting a row. A batch is
 * a virtual table over an array; `INSERT INTO usage_nr SELECT ... FROM batch_usage_nr` then takes
 * all its rows at once, with the table's cursor kept at its end: half the time of single rows.
 *
 * Values are integers, DB_NULL for NULL; one column may hold names (db_bind_name), and some all
 * numbers of 64 bits, of which one looks like DB_NULL (db_batch_whole_columns).
 */
#ifndef TREETALLY_DB_BATCH_H
#define TREETALLY_DB_BATCH_H

#include "common/base/buf.h"
#include "common/db/db.h"

#define DB_BATCH_ROWS 4096
#define DB_BATCH_COLUMNS 16
#define DB_BATCH_NO_NAME DB_BATCH_COLUMNS /* no column holds names */

struct db_batch {
	struct db *db;
	sqlite3_stmt *insert;
	unsigned columns, name_column;
	uint32_t whole;       /* bits: columns of all 64 bits ... */
	unsigned whole_like;  /* ... which are NULL where this one is */
	size_t count, capacity;
	int64_t *values;   /* capacity rows of `columns` values */
	struct buf names;  /* what the name column's values point into */
};

/*
 * A batch for the first `columns` columns of `table`, which exists. The struct must stay where it
 * is until release; batches of one connection belong to different tables.
 */
void db_batch_init(struct db_batch *b, struct db *db, const char *table, unsigned columns,
		   unsigned name_column, size_t capacity);

/*
 * The columns whose bits are set in `columns` take any number; the database has its 64 bits as a
 * signed integer. They are NULL in the rows where column `like` is.
 */
void db_batch_whole_columns(struct db_batch *b, uint32_t columns, unsigned like);

/* A new row to be filled, valid until the next call. A full batch is inserted first. */
int64_t *db_batch_add(struct db_batch *b);

/* Fill the name column of a row. */
void db_batch_set_name(struct db_batch *b, int64_t *row, const char *name, size_t len);

/* Insert the rows; the batch is empty again. */
void db_batch_flush(struct db_batch *b);

/* Flush and free. */
void db_batch_release(struct db_batch *b);

#endif
