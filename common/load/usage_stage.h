/*
 * usage_stage - rows of usage_nr on their way into the table.
 *
 * SQLite needs as long to take these rows as stats-load needs for all else while directories are
 * loaded. So a thread of its own inserts them, over a connection of its own, into a temporary twin
 * of the table (`staged_nr`), which needs no lock: another connection can write the database
 * meanwhile. From the twin SQLite copies the rows as they are, into pages that are full.
 */
#ifndef TREETALLY_USAGE_STAGE_H
#define TREETALLY_USAGE_STAGE_H

#include <pthread.h>

#include "common/db/db_batch.h"

struct usage_stage {
	struct db_batch rows; /* of the thread, while it inserts */
	int64_t *filling;     /* rows that come next, as many as a batch has */
	size_t count;
	bool threaded;        /* false: the caller inserts */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum { STAGE_IDLE, STAGE_INSERT, STAGE_END } state;
	int rc;               /* of SQLite, for the caller to find: a thread does not end a program */
};

/* The connection is the thread's until usage_stage_end, except after usage_stage_wait. */
void usage_stage_init(struct usage_stage *s, struct db *db, bool threaded);
/* A new row to be filled, valid until the next call. */
int64_t *usage_stage_add(struct usage_stage *s);
/* All rows are in staged_nr, and the thread rests until the next usage_stage_add. */
void usage_stage_wait(struct usage_stage *s);
/* The same, for good; frees. */
void usage_stage_end(struct usage_stage *s);

#endif
