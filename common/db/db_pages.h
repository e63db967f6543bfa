/* SPDX-License-Identifier: MIT */
/*
 * db_pages - the b-trees of large tables and indexes, written page by page in the order of their
 * keys.
 *
 * SQLite inserts one row after the other, in any order, and looks for the place of each. Who has
 * the rows in order needs no place: a page is filled and written, once, at the end of the file, and
 * its parent gets to know it. SQLite makes the tables and indexes, empty, before; when the trees
 * are finished it finds them full. The form is that of https://www.sqlite.org/fileformat2.html,
 * sections 1.3 (the header of a file), 1.6 (pages of b-trees) and 1.7 (overflow); db_record.h makes
 * rows. A page:
 *
 *     0        8 or 12                                                         page size
 *     | head   | 2 bytes for each cell: |  unused, 0  | cell n ...  cell 2 | cell 1 |
 *     |        | where it begins        |             |                    |        |
 *
 *     head: kind, 0 0 (free blocks), number of cells (2), where cells begin (2), 0 (fragments);
 *           of an inner page also the number of its last child (4)
 *     cell of a row in a leaf            payload length, rowid, payload
 *     cell of a key in a leaf            payload length, payload
 *     cell in an inner page, of rows     child (4), highest rowid below it
 *     cell in an inner page, of keys     child (4), payload length, payload: behind all below it
 *
 * Of a payload that is too long for a page the first part stands in the cell, and behind it the
 * number of a page with the rest, which begins with the number of the next one or 0.
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
 *     open -> (tree_begin -> tree_add* -> tree_end)*, in any mixture -> replace* -> finish
 *
 * Threads can fill trees of one file, each tree by one of them.
 *
 * Memory: `memory` and a page for each level of a tree. Dies (4) when the file cannot be written.
 */
#ifndef TREETALLY_DB_PAGES_H
#define TREETALLY_DB_PAGES_H

#include "common/base/buf.h"

#define DB_PAGES_LEVELS 20 /* as many as SQLite follows */

/* A file: every page has its number, from 1. */
struct db_pages {
	const char *name;   /* the caller's, for messages */
	int fd;             /* likewise, to be read and written */
	unsigned page_size; /* bytes */
	_Atomic uint32_t count; /* pages so far */
};

struct db_level {
	unsigned char *page; /* that is being filled */
	unsigned count;      /* cells */
	unsigned start;      /* where cells begin */
};

struct db_tree {
	struct db_pages *file;
	uint32_t root;         /* page that SQLite made for it */
	bool of_rows;          /* else of keys: an index, or a table without rowid */
	uint64_t count;        /* rows or keys so far */
	/* private */
	int64_t last_rowid;
	unsigned top;          /* the highest level in use; 0: leaves */
	struct db_level levels[DB_PAGES_LEVELS];
	unsigned char *leaves; /* the last one is being filled; the others wait to be written */
	unsigned full, most;   /* of these */
	struct buf keys;       /* what their parent gets for each full one, a length (4) before it */
	struct buf waiting;    /* a key for which the open leaf has no room */
};

/*
 * `fd` is a database without readers, closed by SQLite or without a transaction. Returns NULL, or
 * what makes it another file than one of ours: pages of another size, bytes reserved in each, a
 * map of pointers, a write-ahead log, another encoding, schema format or length.
 */
const char *db_pages_open(struct db_pages *f, int fd, const char *name, unsigned page_size);

/* All trees are ended: let SQLite see them. */
void db_pages_finish(struct db_pages *f);

/*
 * `root` is of an empty table or index. Leaves are written in pieces of `memory` bytes: the larger,
 * the nearer are neighbours on the disk.
 */
void db_tree_begin(struct db_tree *t, struct db_pages *f, uint32_t root, bool of_rows,
		   size_t memory);
/* The next row, with a higher rowid than the one before, or (without one) the next key. */
void db_tree_add_row(struct db_tree *t, int64_t rowid, const unsigned char *record, size_t len);
void db_tree_add_key(struct db_tree *t, const unsigned char *record, size_t len);
/* Writes what is left, and frees. */
void db_tree_end(struct db_tree *t);

/*
 * Another record, which is not longer, for a row of a tree that was ended. Neither that row nor
 * others of its page have overflow pages.
 */
void db_pages_replace(struct db_pages *f, uint32_t root, int64_t rowid,
		      const unsigned char *record, size_t len);

#endif
