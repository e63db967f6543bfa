/* SPDX-License-Identifier: MIT */
/*
 * audit_usage - the usage tables, held against each other while directories come in id order.
 *
 * usage_nr is what all else is a sum of. Its rows are read once; the fingerprints
 * (audit_fingerprint.h) of all rows before a subtree and of all up to its end give that of the
 * subtree, which must be that of the directory's rows in usage_r, and those of usage_r give that of
 * usage_by. Rows are neither kept nor sorted unless a fingerprint differs: then they are compared,
 * by SQL, to say which one it is.
 */
#ifndef TREETALLY_AUDIT_USAGE_H
#define TREETALLY_AUDIT_USAGE_H

#include "common/audit/audit_fingerprint.h"
#include "common/audit/audit_report.h"

/*
 * A directory below the scan root may have rows in usage_r only if at least AUDIT_LARGE rows would
 * have to be read without them, and at least AUDIT_SAVES times as many as it has. Then usage_r is
 * at most a third of usage_nr, not counting the scan root's rows. That every directory which may
 * have rows has them is not checked, since no answer depends on it.
 */
#define AUDIT_LARGE 4096
#define AUDIT_SAVES 4

/* For fingerprints: what a key and its sums are about. The first four are the kinds of usage_by. */
enum {
	AUDIT_BY_OWNER, AUDIT_BY_GROUP, AUDIT_BY_AGE, AUDIT_BY_SIZE,
	AUDIT_OWNER_DIRS, AUDIT_GROUP_DIRS, /* directories that hold files, directories owned, 0 */
	AUDIT_ROW, AUDIT_PRINTS
};

struct audit_usage {
	struct db *db;
	struct audit_factors factors;
	int64_t root_id;      /* as scan_metadata says */
	struct audit_rows nr_rows, r_rows, by_rows;
	struct audit_fingerprint nr[AUDIT_PRINTS]; /* of all rows of usage_nr so far */
	struct sums total;                 /* of them */
	int64_t summed;                          /* directories with rows in usage_r */
	bool stopped; /* an apparent_size of usage_nr, or their sum, has reached 2^63-1 */
};

/* The files directly in a directory. */
struct audit_own {
	struct sums sums;
	int64_t uid, gid; /* -1 none, -2 several */
	int64_t youngest; /* lowest class of age; 10: no file */
};

/* What is known of a directory's subtree in the usage tables while it is open. */
struct audit_subtree {
	int64_t rows_before;             /* rows of usage_nr before it */
	struct audit_fingerprint before; /* of these */
	int64_t cost;                    /* rows to be read for it without those of its own */
	int64_t whole_rows;              /* rows that it has in usage_r */
	struct audit_fingerprint whole;  /* of these */
	bool stopped;                    /* one has an apparent_size of 2^63-1 */
};

void audit_usage_open(struct audit_usage *u, struct db *db, int64_t root_id);

/* The next directory. */
void audit_usage_enter(struct audit_usage *u, int64_t dir_id, struct audit_subtree *tree,
		       struct audit_own *own);

/* Its own line names an owner and a group. */
void audit_usage_owned(struct audit_usage *u, int64_t uid, int64_t gid);

/* It is over: `last` is the last dir_id in it. `above` is its parent, NULL for `/`. */
void audit_usage_leave(struct audit_usage *u, int64_t dir_id, int64_t last,
		       const struct audit_subtree *tree, struct audit_subtree *above);

/* After the last directory. */
void audit_usage_close(struct audit_usage *u);

/* SQL: a sum of numbers from 0 that stops at 2^63-1. */
#define AUDIT_SUM(x) \
	"CASE WHEN sum((" x ") >> 32) + (sum((" x ") & 4294967295) >> 32) >= 2147483648" \
	" THEN 9223372036854775807 ELSE (sum((" x ") >> 32) << 32) + sum((" x ") & 4294967295) END"

/*
 * SQL for audit_compare: what `selects` give, a UNION ALL, summed up by `keys`. Each gives the
 * keys, then the pairs fi and fs, ti and ts, ai and as_: files, allocated bytes and file lengths,
 * as they are and as they should be.
 */
#define AUDIT_DIFFER(label, keys, selects) \
	"SELECT * FROM (SELECT " label ", " \
	AUDIT_SUM("fi") " AS file_count, " AUDIT_SUM("fs") " AS files, " \
	AUDIT_SUM("ti") " AS total_size, " AUDIT_SUM("ts") " AS bytes, " \
	AUDIT_SUM("ai") " AS apparent_size, " AUDIT_SUM("as_") " AS apparent" \
	" FROM (" selects ") GROUP BY " keys ")" \
	" WHERE file_count <> files OR total_size <> bytes OR apparent_size <> apparent LIMIT 1"

#endif
