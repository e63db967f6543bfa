/*
 * audit_say - what an audit has proved, and the lie that ends it.
 *
 * A lie ends the program with status 1: `scan-audit: asp.db: dir_id 4, /gpfs/a: file_count_r is 13,
 * should be 12`. What cannot be read or is not such a database at all stays status 3 (db.h).
 */
#ifndef TREETALLY_AUDIT_SAY_H
#define TREETALLY_AUDIT_SAY_H

#include "common/db/db.h"

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

#endif
