/* SPDX-License-Identifier: MIT */
/*
 * Items are numbered as they come; number n lives in slot n modulo the number of slots. Workers
 * start the lowest number that nobody has started, so that the one that the caller waits for is
 * always being worked on.
 */
#include "common/base/pool.h"

#include <errno.h>
#include <pthread.h>

/* Work keeps its buffers on the heap; sanitizers need a part of this. */
#define STACK_SIZE (256u << 10)

struct slot {
	void *item;
	bool finished;
};

struct worker {
	struct pool *o;
	unsigned number;
	pthread_t thread;
};

struct pool {
	pool_work *work;
	void *arg;
	struct slot *slots;
	size_t slot_count;
	uint64_t put, started, taken; /* how many items so far */
	struct worker *workers;
	unsigned worker_count; /* 0: the caller works */
	bool stop;
	pthread_mutex_t lock;
	pthread_cond_t more, finished;
};

static struct slot *slot_of(struct pool *o, uint64_t number)
{
	return &o->slots[number % o->slot_count];
}

static void *run_worker(void *arg)
{
	struct worker *w = arg;
	struct pool *o = w->o;

	pthread_mutex_lock(&o->lock);
	for (;;) {
		uint64_t number;

		while (o->started == o->put && !o->stop)
			pthread_cond_wait(&o->more, &o->lock);
		if (o->started == o->put)
			break;
		number = o->started++;
		pthread_mutex_unlock(&o->lock);
		o->work(o->arg, w->number, slot_of(o, number)->item);
		pthread_mutex_lock(&o->lock);
		slot_of(o, number)->finished = true;
		if (number == o->taken)
			pthread_cond_signal(&o->finished);
	}
	pthread_mutex_unlock(&o->lock);
	return NULL;
}

static void start_workers(struct pool *o)
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	for (unsigned i = 0; i < o->worker_count; i++) {
		o->workers[i] = (struct worker){ .o = o, .number = i };
		errno = pthread_create(&o->workers[i].thread, &attr, run_worker, &o->workers[i]);
		if (errno)
			die_errno("cannot start a thread; -j 1 needs none");
	}
	pthread_attr_destroy(&attr);
}

struct pool *pool_start_helpers(unsigned helpers, size_t slots, pool_work *work, void *arg)
{
	struct pool *o = xcalloc(1, sizeof(*o));

	o->work = work;
	o->arg = arg;
	o->slot_count = slots;
	o->slots = xcalloc(slots, sizeof(*o->slots));
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->more, NULL);
	pthread_cond_init(&o->finished, NULL);
	o->worker_count = helpers;
	o->workers = xcalloc(helpers, sizeof(*o->workers));
	start_workers(o);
	return o;
}

struct pool *pool_start(unsigned threads, size_t slots, pool_work *work, void *arg)
{
	return pool_start_helpers(threads > 1 ? threads : 0, slots, work, arg);
}

void pool_put(struct pool *o, void *item)
{
	if (!o->worker_count)
		o->work(o->arg, 0, item);
	pthread_mutex_lock(&o->lock);
	*slot_of(o, o->put) = (struct slot){ .item = item, .finished = !o->worker_count };
	o->put++;
	pthread_cond_signal(&o->more);
	pthread_mutex_unlock(&o->lock);
}

void *pool_take(struct pool *o, bool wait)
{
	void *item = NULL;

	pthread_mutex_lock(&o->lock);
	if (o->taken < o->put) {
		struct slot *slot = slot_of(o, o->taken);

		while (wait && !slot->finished)
			pthread_cond_wait(&o->finished, &o->lock);
		if (slot->finished) {
			item = slot->item;
			o->taken++;
		}
	}
	pthread_mutex_unlock(&o->lock);
	return item;
}

void pool_stop(struct pool *o)
{
	pthread_mutex_lock(&o->lock);
	o->stop = true;
	pthread_cond_broadcast(&o->more);
	pthread_mutex_unlock(&o->lock);
	for (unsigned i = 0; i < o->worker_count; i++)
		pthread_join(o->workers[i].thread, NULL);
	pthread_mutex_destroy(&o->lock);
	pthread_cond_destroy(&o->more);
	pthread_cond_destroy(&o->finished);
	free(o->workers);
	free(o->slots);
	free(o);
}
