/*
 * ordered - work on items in several threads and take the results in the order of the items.
 *
 * The caller puts items and takes them back, finished, first in, first out; at most `slots` may be
 * in between. So a fixed set of items bounds all memory, and the order of results depends on
 * nothing but the order of the items.
 *
 * With one thread there is no thread: ordered_put does the work. Put and take belong to one
 * thread, that of the caller.
 */
#ifndef TREETALLY_ORDERED_H
#define TREETALLY_ORDERED_H

#include "common/die.h"

/* Called with the number of the worker, from 0, which is never in two calls at a time. */
typedef void ordered_work(void *arg, unsigned worker, void *item);

struct ordered;

struct ordered *ordered_start(unsigned threads, size_t slots, ordered_work *work, void *arg);

void ordered_put(struct ordered *o, void *item);

/* The oldest item if it is finished. NULL when there is none; or, without `wait`, none yet. */
void *ordered_take(struct ordered *o, bool wait);

/* All items must have been taken. */
void ordered_stop(struct ordered *o);

#endif
