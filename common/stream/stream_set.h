/* SPDX-License-Identifier: MIT */
/*
 * stream_set - the operands of a program, read one after the other as one stream.
 *
 * Opening reads the headers of all, so that the merged head can be written first; it dies (3) when
 * kinds, file systems or scan dates differ. At the end the ledgers are one sum, and a source
 * that came in twice is an error (3). Both are accepted with `force`.
 *
 * A module of its own, as the loaders take exactly one stream (tree_in.h).
 */
#ifndef TREETALLY_STREAM_SET_H
#define TREETALLY_STREAM_SET_H

#include "common/stream/stream_in.h"

struct stream_set {
	struct stream_in *streams;
	size_t count, current;
	bool force;
	struct header head;     /* merged; valid after open */
	struct ledger ledger; /* merged; valid when next has returned false */
};

/* No operands: stdin. `names` must outlive the set. */
void stream_set_open(struct stream_set *set, char *const *names, size_t count,
		     const struct stream_in_options *opt, bool force);

/* As stream_in_next; the stream it came from is set->streams[set->current]. */
bool stream_set_next(struct stream_set *set, struct block *b);

/* The stream that is being read, for stream_in_die. */
struct stream_in *stream_set_current(struct stream_set *set);

/* Check the ledgers of streams that were read one by one and sum them (depth-sort -m). */
void stream_set_merge_ledgers(struct stream_set *set);

void stream_set_close(struct stream_set *set);

#endif
