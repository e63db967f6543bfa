/* SPDX-License-Identifier: MIT */
/*
 * usage_in - the usage stream that stats-load reads, row by row (tree_in.h), in blocks: decoded by a
 * thread of its own, if it may have one, which is some blocks ahead.
 *
 * Memory: 4 blocks of 128 KiB, and of each the last path or name on top.
 */
#ifndef TREETALLY_USAGE_IN_H
#define TREETALLY_USAGE_IN_H

#include "common/base/pool.h"
#include "common/stream/tree_in.h"

struct usage_in {
	const struct usage_in_row *row; /* the next one, valid until usage_in_next; NULL: none */
	const char *path;               /* of its directory, in memory form, where it is the first */
	size_t path_len;                /* row of it; else undefined */
	struct link_row link;           /* of a link, */
	const char *name;               /* with its name */
	size_t name_len;
	/* private */
	struct tree_in *stream;         /* the thread's, and so is `ended` */
	bool ended;
	struct pool *ahead;
	struct usage_in_block *block;
	size_t next, at;                /* in the block: a row, and the bytes that belong to it */
};

struct usage_in_row {
	struct usage_key key;
	bool same_path; /* as the row before */
	bool is_link;
	struct usage usage;
};

/* `stream` is open, and nobody else's until the end of the rows. Goes to the first row. */
void usage_in_open(struct usage_in *u, struct tree_in *stream, bool threaded);
void usage_in_next(struct usage_in *u);
void usage_in_close(struct usage_in *u);

#endif
