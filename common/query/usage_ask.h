/*
 * usage_ask - usage questions to one database: who has how much, how old, how large, where.
 *
 * Every answer is exact, for any directory: files are counted, not directories. What is read for
 * a subtree depends on the question:
 *
 *     no file is left out, no key but dir and fs   one row of directory_stats
 *     the same and one key more                    usage_by          } where the directory has
 *     all else                                     usage_r           } rows there
 *     directories without such rows                the few of usage_nr in its range
 *
 * and what is excluded below it is read the same way and subtracted.
 */
#ifndef TREETALLY_USAGE_ASK_H
#define TREETALLY_USAGE_ASK_H

#include "common/query/scope.h"
#include "common/sort/totals.h"

enum ask_by { BY_OWNER, BY_GROUP, BY_AGE, BY_SIZE, BY_DIR, BY_FS, BY_COUNT };

struct usage_ask {
	enum ask_by by[TOTALS_PARTS]; /* each once; part i of a key in the totals is by[i] */
	size_t by_count;
	int64_t levels;                /* BY_DIR: below each prefix, at least 1 */
	const uint32_t *uids, *gids;   /* only files of one of these owners, groups; each id once */
	size_t uid_count, gid_count;   /* 0: of all */
};

/* The part of the key, or -1 when the question has no such key. */
int usage_ask_part(const struct usage_ask *ask, enum ask_by by);

/*
 * Add what the database has to say to the totals. Keys: uid, gid, bucket, dir_id, and `fs` for BY_FS.
 * BY_DIR makes rows that are disjoint: a directory `levels` below its prefix stands for all below
 * it, one that is less deep (the prefix itself, too) for the files directly in it.
 */
void usage_ask_totals(const struct usage_ask *ask, struct db_reader_db *db, const struct scope *scope,
		      int64_t fs, struct totals *totals);

#endif
