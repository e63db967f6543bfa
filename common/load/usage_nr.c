/* SPDX-License-Identifier: MIT */
#include "common/load/usage_nr.h"

#include <errno.h>

#include "common/db/db_schema.h"

/* SQLite wants about 30 KiB of it; sanitizers more. */
#define STACK_SIZE (512u << 10)

static void set_state(struct usage_nr *u, int state)
{
	pthread_mutex_lock(&u->lock);
	u->state = state;
	pthread_cond_broadcast(&u->changed);
	pthread_mutex_unlock(&u->lock);
}

/* Wait until the thread is idle (or is not, for the thread itself); returns the state. */
static int await(struct usage_nr *u, bool idle)
{
	int state;

	pthread_mutex_lock(&u->lock);
	while ((u->state == STAGE_IDLE) != idle)
		pthread_cond_wait(&u->changed, &u->lock);
	state = u->state;
	pthread_mutex_unlock(&u->lock);
	return state;
}

static void *insert_rows(void *arg)
{
	struct usage_nr *u = arg;

	while (await(u, false) == STAGE_INSERT) {
		u->rc = db_batch_insert(&u->rows);
		set_state(u, STAGE_IDLE);
	}
	return NULL;
}

/* When the program ends amid a failure, the connection is closed: not while the thread uses it. */
static void stop(void *arg)
{
	struct usage_nr *u = arg;

	await(u, true);
	set_state(u, STAGE_END);
	pthread_join(u->thread, NULL);
}

static void start(struct usage_nr *u)
{
	pthread_attr_t attr;

	pthread_mutex_init(&u->lock, NULL);
	pthread_cond_init(&u->changed, NULL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	errno = pthread_create(&u->thread, &attr, insert_rows, u);
	if (errno)
		die_errno("cannot start a thread");
	pthread_attr_destroy(&attr);
	die_after(stop, u);
}

void usage_nr_init(struct usage_nr *u, struct db *db, bool threaded)
{
	*u = (struct usage_nr){ .threaded = threaded };
	db_exec(db, db_schema_stage_nr);
	db_batch_init(&u->rows, db, "staged_nr", USAGE_COLUMNS, DB_BATCH_NO_NAME,
		      DB_BATCH_ROWS);
	u->filling = xmalloc(DB_BATCH_ROWS * USAGE_COLUMNS * sizeof(*u->filling));
	db_exec(db, "BEGIN");
	if (threaded)
		start(u);
}

/* Give the rows away, and go on with the room of those that are inserted by now. */
static void hand_over(struct usage_nr *u)
{
	int64_t *inserted = u->rows.values;

	if (u->threaded)
		await(u, true);
	db_check(u->rows.db, u->rc);
	u->rows.values = u->filling;
	u->rows.count = u->count;
	u->filling = inserted;
	u->count = 0;
	if (u->threaded)
		set_state(u, STAGE_INSERT);
	else
		db_batch_flush(&u->rows);
}

void usage_nr_fill(int64_t *row, int64_t dir_id, const struct usage_key *key,
		   const struct sums *sums)
{
	row[USAGE_dir_id] = dir_id;
	row[USAGE_uid] = key->uid;
	row[USAGE_gid] = key->gid;
	row[USAGE_age_bucket] = key->age_bucket;
	row[USAGE_size_bucket] = key->size_bucket;
	row[USAGE_file_count] = sums->files;
	row[USAGE_total_size] = sums->allocated;
	row[USAGE_apparent_size] = sums->apparent;
}

void usage_nr_put(struct usage_nr *u, int64_t dir_id, const struct usage_key *key,
		  const struct sums *sums)
{
	if (u->count == DB_BATCH_ROWS)
		hand_over(u);
	usage_nr_fill(u->filling + u->count++ * USAGE_COLUMNS, dir_id, key, sums);
	u->written++;
}

/* All rows are in the twin, and the thread rests until the next hand_over. */
static void wait_for_rows(struct usage_nr *u)
{
	hand_over(u);
	if (u->threaded)
		await(u, true);
	db_check(u->rows.db, u->rc);
}

void usage_nr_each_group(struct usage_nr *u, int64_t dir_id,
			 void (*take)(void *arg, uint32_t gid), void *arg)
{
	struct db *db = u->rows.db;
	sqlite3_stmt *select;

	wait_for_rows(u);
	select = db_prepare(db, "SELECT DISTINCT gid FROM staged_nr WHERE dir_id = ?");
	db_bind(db, select, 1, dir_id);
	while (db_step(db, select))
		take(arg, (uint32_t)sqlite3_column_int64(select, 0));
	sqlite3_finalize(select);
}

void usage_nr_end(struct usage_nr *u)
{
	wait_for_rows(u);
	if (u->threaded) {
		die_forget(u);
		stop(u);
	}
	db_exec(u->rows.db, "COMMIT");
}

void usage_nr_move(struct usage_nr *u)
{
	db_exec(u->rows.db, db_schema_unstage_nr);
	db_batch_release(&u->rows);
	free(u->filling);
}
