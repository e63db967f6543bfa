/* SPDX-License-Identifier: MIT */
/*
 * tree_out - rows of usage_nr and directory_stats on their way into the pages of their tables, while
 * directories are loaded: written by a thread of its own, if it may have one.
 *
 * Rows come in blocks, which are worked on in the order in which they were full. So the pages of
 * both tables lie in the same order with a thread and without.
 *
 *     init -> (usage | window -> put_window)* -> end
 *
 * Memory: 4 blocks of usage rows, 48 KiB each, and 2 windows (dir_stats.h); without a thread one
 * of each.
 */
#ifndef TREETALLY_TREE_OUT_H
#define TREETALLY_TREE_OUT_H

#include "common/base/pool.h"
#include "common/db/db_schema.h"
#include "common/db/db_tree.h"
#include "common/stream/record.h"

#define STATS_WINDOW 4096 /* rows */

typedef int64_t stats_row[DIRECTORY_STATS_COLUMNS];

struct tree_out {
	struct db_tree usage_nr, stats;
	/* private */
	struct pool *pool;
	struct out_block *usage;   /* that is being filled */
	struct out_block *window;  /* that was handed out */
	struct out_block *idle[2]; /* others, windows and not */
};

/* Where the trees begin, and `piece` of each, are those of db_tree_begin. */
void tree_out_init(struct tree_out *o, struct db_pages *pages, uint32_t usage_nr, uint32_t stats,
		   size_t piece, bool threaded);

void tree_out_usage(struct tree_out *o, int64_t dir_id, const struct usage_key *key,
		    const struct sums *sums);

/* A window for STATS_WINDOW rows. There is one at a time; it is valid until it is put. */
stats_row *tree_out_window(struct tree_out *o);
/* The first `count` rows of it are to be written. */
void tree_out_put_window(struct tree_out *o, size_t count);

/* The record of a row. */
size_t tree_out_record(unsigned char *bytes, const int64_t *row);

/* All is written; both trees are ended. */
void tree_out_end(struct tree_out *o);

#endif
