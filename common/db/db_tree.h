/* SPDX-License-Identifier: MIT */
/*
 * db_tree - a table or an index that is written as pages (db_pages.h), in the order of its keys.
 *
 * Leaves are filled from left to right; one that is full is written, and known to its parent, of
 * which there is one open page on each level. Leaves are written in pieces of several neighbours.
 *
 * Between two neighbours with keys there is a key in their parent. Of leaves it is the one that
 * found no room in the first; of inner pages, the last one that did, and that is the same for rows.
 * With room for 3 keys:
 *
 *     a b c are in, d waits            [a b c]
 *     e comes: d goes up                     d
 *                                      [a b c] [e
 *     h waits, and no more comes:            d     g
 *     g goes up instead                [a b c] [e f] [h]
 *
 *     begin -> (add_row* | add_key*) -> end
 *
 * Memory: `piece`, and a page for each level.
 */
#ifndef TREETALLY_DB_TREE_H
#define TREETALLY_DB_TREE_H

#include "common/base/buf.h"
#include "common/db/db_pages.h"

#define DB_TREE_LEVELS 20 /* as many as SQLite follows */

struct db_level {
	unsigned char *page; /* that is being filled */
	unsigned count;      /* cells */
	unsigned start;      /* where cells begin */
};

struct db_tree {
	struct db_pages *file;
	uint32_t root;         /* page that SQLite made for it */
	bool of_rows;          /* else of keys: an index, or a table without rowid */
	unsigned turn;         /* may be set after begin: takes pages only in this one, else in any */
	uint64_t count;        /* rows or keys so far */
	/* private */
	int64_t last_rowid;
	unsigned top;          /* the highest level in use; 0: leaves */
	struct db_level levels[DB_TREE_LEVELS];
	unsigned char *leaves; /* the last one is being filled; the others wait to be written */
	unsigned full, most;   /* of these */
	struct buf keys;       /* what their parent gets for each full one, a length (4) before it */
	struct buf waiting;    /* a key for which the open leaf has no room */
};

/*
 * `root` is of an empty table or index. Leaves are written in pieces of so many bytes: the larger,
 * the more neighbours are together on the disk.
 */
void db_tree_begin(struct db_tree *t, struct db_pages *f, uint32_t root, bool of_rows,
		   size_t piece);
/* The next row, with a higher rowid than the one before, or (without one) the next key. */
void db_tree_add_row(struct db_tree *t, int64_t rowid, const unsigned char *record, size_t len);
void db_tree_add_key(struct db_tree *t, const unsigned char *record, size_t len);
/* Writes what is left, and frees. */
void db_tree_end(struct db_tree *t);

#endif
