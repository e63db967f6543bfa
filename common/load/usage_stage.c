#include "common/load/usage_stage.h"

#include <errno.h>

#include "common/db/db_schema.h"

/* SQLite wants about 30 KiB of it; sanitizers more. */
#define STACK_SIZE (512u << 10)

static void set_state(struct usage_stage *s, int state)
{
	pthread_mutex_lock(&s->lock);
	s->state = state;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

/* Wait until the thread is idle (or is not, for the thread itself); returns the state. */
static int await(struct usage_stage *s, bool idle)
{
	int state;

	pthread_mutex_lock(&s->lock);
	while ((s->state == STAGE_IDLE) != idle)
		pthread_cond_wait(&s->changed, &s->lock);
	state = s->state;
	pthread_mutex_unlock(&s->lock);
	return state;
}

static void *insert_rows(void *arg)
{
	struct usage_stage *s = arg;

	while (await(s, false) == STAGE_INSERT) {
		s->rc = db_batch_insert(&s->rows);
		set_state(s, STAGE_IDLE);
	}
	return NULL;
}

/* When the program ends amid a failure, the connection is closed: not while the thread uses it. */
static void stop(void *arg)
{
	struct usage_stage *s = arg;

	await(s, true);
	set_state(s, STAGE_END);
	pthread_join(s->thread, NULL);
}

static void start(struct usage_stage *s)
{
	pthread_attr_t attr;

	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	errno = pthread_create(&s->thread, &attr, insert_rows, s);
	if (errno)
		die_errno("cannot start a thread");
	pthread_attr_destroy(&attr);
	die_after(stop, s);
}

void usage_stage_init(struct usage_stage *s, struct db *db, bool threaded)
{
	*s = (struct usage_stage){ .threaded = threaded };
	db_exec(db, db_schema_stage_nr);
	db_batch_init(&s->rows, db, "staged_nr", USAGE_COLUMNS, DB_BATCH_NO_NAME,
		      DB_BATCH_ROWS);
	s->filling = xmalloc(DB_BATCH_ROWS * USAGE_COLUMNS * sizeof(*s->filling));
	db_exec(db, "BEGIN");
	if (threaded)
		start(s);
}

/* Give the rows away, and go on with the room of those that are inserted by now. */
static void hand_over(struct usage_stage *s)
{
	int64_t *inserted = s->rows.values;

	if (s->threaded)
		await(s, true);
	db_check(s->rows.db, s->rc);
	s->rows.values = s->filling;
	s->rows.count = s->count;
	s->filling = inserted;
	s->count = 0;
	if (s->threaded)
		set_state(s, STAGE_INSERT);
	else
		db_batch_flush(&s->rows);
}

int64_t *usage_stage_add(struct usage_stage *s)
{
	if (s->count == DB_BATCH_ROWS)
		hand_over(s);
	return s->filling + s->count++ * USAGE_COLUMNS;
}

void usage_stage_wait(struct usage_stage *s)
{
	hand_over(s);
	if (s->threaded)
		await(s, true);
	db_check(s->rows.db, s->rc);
}

void usage_stage_end(struct usage_stage *s)
{
	usage_stage_wait(s);
	if (s->threaded) {
		die_forget(s);
		stop(s);
	}
	db_exec(s->rows.db, "COMMIT");
	db_batch_release(&s->rows);
	free(s->filling);
}
