/* SPDX-License-Identifier: MIT */
/*
 * usage_nr - the table usage_nr: files directly in a directory.
 *
 * SQLite needs as long to take these rows as stats-load needs for all else while directories are
 * loaded. So a thread of its own inserts them, over a connection of its own, into a temporary twin
 * of the table (`staged_nr`), which needs no lock: another connection can write the database
 * meanwhile. From the twin SQLite copies the rows as they are, into pages that are full.
 *
 *     init -> (put | each_group)* -> end -> move
 *
 * The connection belongs to the thread from init to end, except while each_group runs (tree_join.h
 * says more). A refusal of SQLite ends the program (4), at the latest in usage_nr_end.
 */
#ifndef TREETALLY_USAGE_NR_H
#define TREETALLY_USAGE_NR_H

#include <pthread.h>

#include "common/db/db_batch.h"
#include "common/stream/record.h"

struct usage_nr {
	struct db_batch rows; /* the thread's while it inserts */
	int64_t *filling;     /* the rows that come next; room for DB_BATCH_ROWS */
	size_t count;         /* of these */
	uint64_t written;     /* rows so far */
	bool threaded;        /* false: the caller inserts */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum { STAGE_IDLE, STAGE_INSERT, STAGE_END } state;
	int rc;               /* of SQLite; the caller finds it */
};

void usage_nr_init(struct usage_nr *u, struct db *db, bool threaded);

/* The next row, in the order of the table: of a directory by uid, then gid. */
void usage_nr_put(struct usage_nr *u, int64_t dir_id, const struct usage_key *key,
		  const struct sums *sums);
/* Each group that has a row of the directory: slow, for directories of many groups. */
void usage_nr_each_group(struct usage_nr *u, int64_t dir_id,
			 void (*take)(void *arg, uint32_t gid), void *arg);
/* All rows are in staged_nr; no more thread. */
void usage_nr_end(struct usage_nr *u);
/* Fill the table, which exists and is empty, and free. */
void usage_nr_move(struct usage_nr *u);

/* Fill a row of usage_nr or usage_r, which have the same columns. */
void usage_nr_fill(int64_t *row, int64_t dir_id, const struct usage_key *key,
		   const struct sums *sums);

#endif
