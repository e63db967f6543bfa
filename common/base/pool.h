/* SPDX-License-Identifier: MIT */
/*
 * pool - work on items in several threads and take the results in the order of the items.
 *
 * The caller puts items and takes them back, finished, first in, first out; at most `slots` may be
 * in between. So a fixed set of items bounds all memory, and the order of results depends on
 * nothing but the order of the items.
 *
 * With `threads` 1 no thread is started: pool_put does the work. Put and take belong to one
 * thread, that of the caller.
 */
#ifndef TREETALLY_POOL_H
#define TREETALLY_POOL_H

#include "common/base/die.h"

/* Called with the number of the worker, from 0, which is never in two calls at a time. */
typedef void pool_work(void *arg, unsigned worker, void *item);

struct pool;

struct pool *pool_start(unsigned threads, size_t slots, pool_work *work, void *arg);
/*
 * The same by the number of threads that are started, 0 or more. One does the work in the order of
 * the items, one after the other.
 */
struct pool *pool_start_helpers(unsigned helpers, size_t slots, pool_work *work, void *arg);

void pool_put(struct pool *o, void *item);

/* The oldest item, finished. NULL when there are no items, or, without `wait`, when it is not. */
void *pool_take(struct pool *o, bool wait);

/* All items must have been taken. */
void pool_stop(struct pool *o);

#endif
