/* SPDX-License-Identifier: MIT */
/*
 * tree_in - a stream in tree order, record by record, for the programs that load it.
 *
 * Adds to stream_in what the loaders rely on: the header must say `tree`, and every record must
 * really come after the one before it, by path and, in a usage stream, by its key. Whatever is
 * wrong ends the program (3).
 *
 * A module of its own, not a part of stream_in: the filters read blocks as they come and need
 * neither the order nor a copy of each path.
 */
#ifndef TREETALLY_TREE_IN_H
#define TREETALLY_TREE_IN_H

#include "common/stream/stream_in.h"

struct tree_in {
	struct stream_in stream; /* head: valid after open; ledger: when next has returned false */
	struct block block;
	bool in_block;

	/* The current record. */
	struct buf path;               /* memory form (path.h) */
	bool same_path;                /* usage: as in the record before */
	const struct inode_line *line; /* dir: its own line, or NULL */
	struct usage_key key;          /* usage */
	struct usage usage;
	bool is_link;                  /* usage: instead of both ... */
	struct link_row link;          /* ... this */
	struct buf name;               /* of a link */
	uint64_t records;              /* so far, this one included */
};

void tree_in_open(struct tree_in *t, const char *name, const struct stream_in_options *opt);

/* The next record; false at the verified end. */
bool tree_in_next(struct tree_in *t);

void tree_in_close(struct tree_in *t);

#endif
