/*
 * db - the database file: how it is opened, made and published, and SQLite with every call checked.
 *
 * A call that SQLite refuses ends the program with its message: status 4, or 3 when the file turns
 * out to be damaged or no database. Messages name the database as the user did.
 *
 * A new database has no name until it is finished: db_create lets SQLite write into an outfile
 * (outfile.h), so that a run that fails, however it fails, leaves nothing and harms nothing.
 *
 * Life: db_setup once, then   db_open -> ... -> db_close
 *                        or   db_create -> ... -> db_publish
 */
#ifndef TREETALLY_DB_H
#define TREETALLY_DB_H

#include <sqlite3.h>

#include "common/base/outfile.h"

#define DB_APPLICATION_ID 0x54544C59 /* "TTLY" */
#define DB_FORMAT 1                  /* user_version */
#define DB_PAGE_SIZE 8192            /* bytes */
#define DB_BUSY_MS 5000              /* how long to wait for a lock of another process */

/* NULL where the calls below take an integer; no column ever holds this value. */
#define DB_NULL INT64_MIN

struct db {
	sqlite3 *handle;
	char *name;          /* as the user gave it */
	struct outfile file; /* db_create: what becomes the database */
	sqlite3_vfs *vfs;    /* db_create: see db.c */
	int refused;         /* errno of opening it for writing, when it is open for reading only */
	pid_t owner;         /* the process that opened it: a child must not roll back */
};

/* What is found under a name. Anything else that is there ends the program (3) and is left alone. */
enum db_state {
	DB_ABSENT,      /* nothing */
	DB_DIRECTORIES, /* what dir-load makes and stats-load goes on with */
	DB_COMPLETE     /* scan_metadata has its row */
};

/* First of all calls; db_setup does it too. */
void db_configure(void);
/*
 * For writers: SQLite's temporary files go to spill_directory(temp_dir), which must be a
 * directory that we can write to; SQLite itself would look for another one in silence.
 */
void db_setup(const char *temp_dir);

/* Open what is there for reading and writing; nothing is opened when it is DB_ABSENT. */
enum db_state db_open(struct db *db, const char *name);
/* The same question, and nothing stays open. */
enum db_state db_look(const char *name);
void db_close(struct db *db);

/* A new, empty database of our format, without journal and locks; to be named by db_publish. */
void db_create(struct db *db, const char *name);
/*
 * When its name is free: remove what a database of that name left behind, a journal or a log, which
 * SQLite would play back into the new one.
 */
void db_clear_name(const struct db *db);
/* Close, make it durable, give it its name (an older file of that name is replaced). */
void db_publish(struct db *db);

/*
 * Divide `memory` bytes for the work ahead: SQLite's page cache, and as much again for a sort (which
 * happens when an index is made), in which `threads` may help.
 */
void db_limits(struct db *db, uint64_t memory, unsigned threads);

/* Everything that was committed is on the disk when this returns. */
void db_sync(struct db *db);

/* Run statements that give no rows. */
void db_exec(struct db *db, const char *sql);
/* The first column of the first row, as integer. */
int64_t db_integer(struct db *db, const char *sql);

/* End the program unless `rc` is SQLITE_OK. */
void db_check(struct db *db, int rc);

/* To be finalized with sqlite3_finalize. */
sqlite3_stmt *db_prepare(struct db *db, const char *sql);
/* True when there is a row, false at the end, when the statement is reset for its next use. */
bool db_step(struct db *db, sqlite3_stmt *statement);

/* Parameters are numbered from 1; bytes are copied. */
void db_bind(struct db *db, sqlite3_stmt *statement, int at, int64_t value);
/* Bytes as a name is stored: TEXT if they are UTF-8, else BLOB; NULL when `bytes` is NULL. */
void db_bind_name(struct db *db, sqlite3_stmt *statement, int at, const char *bytes, size_t len);

#endif
