/* SPDX-License-Identifier: MIT */
/*
 * db_reader - finished databases, opened to be asked.
 *
 * Nothing is ever written: the file is opened with mode=ro, and where locks do not work (some
 * network and read-only file systems) as immutable. One read transaction lasts from db_reader_open
 * to db_reader_close, so all answers are of one state, and it keeps its file: what takes its name
 * meanwhile, or leaves a journal beside that name, is not looked at.
 *
 * Memory: SQLite's page cache, 2 MiB for each database.
 */
#ifndef TREETALLY_DB_READER_H
#define TREETALLY_DB_READER_H

#include "common/db/db_file.h"
#include "common/db/path_maps.h"
#include "common/stream/assume.h"
#include "common/stream/record.h"

/* For --help: what may stand for a database. */
#define DB_READER_HELP "DB without '/' and '.' is $TREETALLY_DIR/DB.db when TREETALLY_DIR is set."

#define DB_READER_STATEMENTS 32 /* different ones that are kept */

struct db_reader_db {
	struct db db;
	const char *operand;   /* as the user named it; db.name is the name of the file */
	char *filesystem;      /* NULL: not known */
	char *digest;          /* of all lines of the scan, as text */
	int64_t scan_day;      /* the scan date; ages count from its midnight UTC */
	int64_t root_id;       /* dir_id of scan_root */
	char *root_path;       /* memory form (path.h) */
	size_t root_len;
	enum age_by age_by;
	struct assumptions assumed; /* what every answer rests on */
	struct path_maps maps; /* from the paths of the scan to those that users know */
	int64_t directories;   /* their number, which is the highest dir_id */
	bool linked;           /* there are files with several links: link_usage has rows */

	/* private */
	struct db_reader_kept {
		const char *sql;
		sqlite3_stmt *statement;
	} kept[DB_READER_STATEMENTS];
	size_t kept_count;
	int64_t steps, full_scan; /* of statements that were finalized */
};

struct db_reader_set {
	struct db_reader_db *dbs; /* in the order of the operands */
	size_t count;
};

/*
 * The file that an operand means: $TREETALLY_DIR/OPERAND.db when that variable is set and the
 * operand has neither '/' nor '.', else the operand. The caller frees it.
 */
char *db_reader_file(const char *operand);

/* Where SQLite sorts when memory is not enough; NULL: it chooses. Before db_reader_open. */
void db_reader_temp_dir(const char *dir);

/*
 * Open the databases. Dies (3) when a file is not a complete database of our format, (4) when it
 * cannot be opened. Unless `quiet`, a line on stderr for each assumption, and for each
 * that had to be opened as immutable if `verbose`.
 */
void db_reader_open(struct db_reader_set *set, char *const *operands, size_t n, bool quiet,
		    bool verbose);
void db_reader_close(struct db_reader_set *set);

/*
 * Dies (2) when two databases hold the same scan (by its digest). Unless `why` is NULL, also when
 * two hold the same file system: `why` ends the message. With `by_date` that is only the same file
 * system of the same date.
 */
void db_reader_require_apart(const struct db_reader_set *set, bool by_date, const char *why);

/*
 * What to call the file system of a database: its name, else (not known) the operand. Valid as
 * long as the set is open.
 */
const char *db_reader_filesystem(const struct db_reader_db *db);

/*
 * The statement of a text, prepared once for the life of the set and reset by its user. Texts are
 * told apart by their address: each is a constant of the module that asks.
 */
sqlite3_stmt *db_reader_statement(struct db_reader_db *db, const char *sql);

/* sqlite3_finalize that remembers the cost; NULL is fine. */
void db_reader_finalize(struct db_reader_db *db, sqlite3_stmt *statement);

/*
 * A line on stderr for -v: what all statements cost, those that ended with db_reader_finalize and
 * those that are still there, in steps of SQLite's virtual machine, and how many of the steps went
 * to the next row of a table that is read from end to end.
 */
void db_reader_report_cost(const struct db_reader_set *set);

#endif
