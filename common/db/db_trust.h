/* SPDX-License-Identifier: MIT */
/*
 * db_trust - nothing in a database file is believed before it has been looked at.
 *
 * Whoever may write a file can make a database of it whose tables are views without end, or whose
 * numbers are texts. So every connection to a file that was there before us goes three steps before
 * it is asked anything: its header says whose it is, SQLite is told to distrust it, and its schema
 * must be, word by word, what this version writes (db_schema.h). After them tables are tables, and
 * what their rows hold is checked where it is read (db_column.h).
 */
#ifndef TREETALLY_DB_TRUST_H
#define TREETALLY_DB_TRUST_H

#include "common/db/db.h"

/* What is found under a name. */
enum db_state {
	DB_ABSENT,      /* nothing */
	DB_EMPTY,       /* a file of no bytes */
	DB_NOT_SQLITE,
	DB_FOREIGN,     /* a database of another program */
	DB_OLDER,       /* ours, in a format that this version no longer reads */
	DB_NEWER,       /* ours, in a format that this version does not know yet */
	DB_ALTERED,     /* it says that it is ours, but its tables are not those that we make */
	DB_DIRECTORIES, /* what dir-load makes and stats-load goes on with */
	DB_COMPLETE     /* scan_metadata has its row */
};

/* Between name and comma of a message: "is a database of another program". */
const char *db_trust_says(enum db_state state);

/*
 * By the first bytes of the file, before SQLite has looked into it: DB_DIRECTORIES stands for any
 * database of ours in our format.
 */
enum db_state db_trust_header(struct db *db);

/* Right after opening: no views, triggers or functions of the file, no value of absurd length. */
void db_trust_nothing(struct db *db);

/*
 * Is the schema ours? DB_DIRECTORIES if it is that of dir-load, DB_COMPLETE if it is that of
 * stats-load (which alone does not make the database complete), else DB_ALTERED. The caller has
 * begun a transaction: another process may be writing the file. Ends the program (3) when the
 * schema cannot be read, (4) when the file stays locked.
 */
enum db_state db_trust_schema(struct db *db);

/*
 * From now on the program ends (3) when a table of the file has no end. For readers: time is
 * bounded by the size that the file has now. SQLite does not ask within "SELECT count(*) FROM t".
 */
void db_trust_bound(struct db *db);

#endif
