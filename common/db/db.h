/* SPDX-License-Identifier: MIT */
/*
 * db - SQLite with every call checked.
 *
 * A call that SQLite refuses ends the program with its message: status 4, or 3 when the file turns
 * out to be damaged or not a database. Messages name the database as the user did.
 *
 * How a database is opened, made and published is in db_file.h, how finished ones are opened to be
 * asked in db_reader.h, how the columns of a row are read in db_column.h.
 */
#ifndef TREETALLY_DB_H
#define TREETALLY_DB_H

#include <sqlite3.h>

#include "common/base/outfile.h"

#define DB_BUSY_MS 5000 /* how long to wait for a lock of another process */

/* A file without a name has one here for SQLite (db_file.c), which follows links nowhere else. */
#define DB_FD_DIRECTORY "/proc/self/fd/"

/* NULL where the calls below take an integer; no column ever holds this value. */
#define DB_NULL INT64_MIN

struct db {
	sqlite3 *handle;
	char *name;          /* as the user gave it */
	struct outfile file; /* db_create: what becomes the database */
	sqlite3_vfs *vfs;    /* db_create: see db_file.c */
	uint64_t patience;   /* see db_trust_bound */
	int refused;         /* errno of opening it for writing, when it is open for reading only */
};

/* First of all calls; db_setup does it too. */
void db_configure(void);
/*
 * For writers: SQLite's temporary files go to spill_directory(temp_dir), which must be a
 * directory that we can write to; SQLite itself would look for another one in silence.
 */
void db_setup(const char *temp_dir);

/* `memory` bytes: half for SQLite's page cache, half for a sort, when an index is made. */
void db_limits(struct db *db, uint64_t memory);

/* Run statements that give no rows. */
void db_exec(struct db *db, const char *sql);
/* The first column of the first row, as integer. */
int64_t db_integer(struct db *db, const char *sql);

/* End the program unless `rc` is SQLITE_OK. */
void db_check(struct db *db, int rc);

/* The page where a table or an index begins. */
uint32_t db_root_page(struct db *db, const char *name);
/*
 * What was written as pages (db_pages.h) SQLite must find: a bug unless there are as many rows in
 * `table`, or in `index` of it, if that is not NULL; behind the name of a partial one stands WHERE and
 * its condition.
 */
void db_check_count(struct db *db, const char *table, const char *index, uint64_t rows);

/* To be finalized with sqlite3_finalize. */
sqlite3_stmt *db_prepare(struct db *db, const char *sql);
/* True when there is a row, false at the end, when the statement is reset for its next use. */
bool db_step(struct db *db, sqlite3_stmt *statement);

/* Parameters are numbered from 1; bytes are copied. */
void db_bind(struct db *db, sqlite3_stmt *statement, int at, int64_t value);
/* Bytes as a name is stored: TEXT if they are UTF-8, else BLOB; NULL when `bytes` is NULL. */
void db_bind_name(struct db *db, sqlite3_stmt *statement, int at, const char *bytes, size_t len);

#endif
