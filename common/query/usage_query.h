/* SPDX-License-Identifier: MIT */
/*
 * usage_query - usage questions to one database: who has how much, how old, how large, where.
 *
 * Every answer is exact, for any directory: files are counted, not directories. What is read for
 * it says usage_rows.h; what is excluded below a directory is read the same way and subtracted.
 * Files with several links count in each row as the question wants it. So rows of directories do not
 * add up: what has links in two of them counts in both, and once in their sum.
 */
#ifndef TREETALLY_USAGE_QUERY_H
#define TREETALLY_USAGE_QUERY_H

#include "common/query/scope.h"
#include "common/query/usage_rows.h"

/* USAGE_SCAN is the date of the scan. */
enum usage_by {
	USAGE_OWNER, USAGE_GROUP, USAGE_AGE, USAGE_SIZE, USAGE_DIR, USAGE_FS, USAGE_SCAN,
	USAGE_COUNT
};

struct usage_query {
	enum usage_by by[TOTALS_PARTS]; /* each once; part i of a key in the totals is by[i] */
	size_t by_count;
	int64_t levels;                /* USAGE_DIR: below each prefix, at least 1 */
	enum link_count links;         /* in each row by itself */
	struct file_match match;       /* only these files */
};

/* Directories of several databases have the same dir_id: a key holds both. */
#define USAGE_FS_MOST ((1 << 15) - 1)
static inline int64_t usage_query_dir(int64_t fs, int64_t dir_id)
{
	return fs << 48 | dir_id;
}
static inline int64_t usage_query_dir_id(int64_t key)
{
	return key & (((int64_t)1 << 48) - 1);
}
static inline int64_t usage_query_dir_fs(int64_t key)
{
	return key >> 48;
}

/* The part of the key, or -1 when the question has no such key. */
int usage_query_part(const struct usage_query *ask, enum usage_by by);

/*
 * Add what the database has to say to the totals. Keys: uid, gid, bucket, usage_query_dir,
 * and `fs`, the place of the database in its set, for USAGE_FS; the
 * day of the scan for USAGE_SCAN.
 * USAGE_DIR makes rows that are disjoint: a directory `levels` below its prefix stands for all below
 * it, one that is less deep (the prefix itself, too) for the files directly in it.
 */
void usage_query_totals(const struct usage_query *ask, struct db_reader_db *db, const struct scope *scope,
		      int64_t fs, struct totals *totals);

#endif
