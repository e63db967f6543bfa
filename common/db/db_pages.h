/* SPDX-License-Identifier: MIT */
/*
 * db_pages - the pages of a SQLite file, for who writes tables and indexes himself (db_tree.h).
 *
 * SQLite inserts one row after the other, in any order, and looks for the place of each. Who has
 * the rows in order needs no place: pages are filled and written, once, at the end of the file.
 * SQLite makes the tables and indexes, empty, before; when all trees are ended it finds them full.
 * The form is that of https://www.sqlite.org/fileformat2.html, sections 1.3 (the header of a file),
 * 1.6 (pages of b-trees) and 1.7 (overflow); db_record.h makes rows. A page:
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
 *     open -> (trees, in any number and mixture) -> replace* -> finish
 *
 * Threads can fill trees of one file, each tree by one of them. Where pages are is the same each
 * time: trees that are filled at a time have turns (db_tree.h), and get pages one behind the other.
 * Dies (4) when the file cannot be written.
 */
#ifndef TREETALLY_DB_PAGES_H
#define TREETALLY_DB_PAGES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Kinds of pages, and offsets in their heads. */
enum { INNER_KEYS = 2, INNER_ROWS = 5, LEAF_KEYS = 10, LEAF_ROWS = 13 };
enum { PAGE_CELLS = 3, PAGE_START = 5, PAGE_LAST_CHILD = 8 };

/* Every page has its number, from 1. */
struct db_pages {
	const char *name;       /* the caller's, for messages */
	int fd;                 /* likewise, to be read and written */
	unsigned page_size;     /* bytes */
	uint32_t count;         /* pages so far; whose turn it is takes them */
	unsigned turn;          /* 0: that of the first */
	pthread_mutex_t lock;
	pthread_cond_t turned;
};

/*
 * `fd` is a database without readers, closed by SQLite or without a transaction. Returns NULL, or
 * what makes it another file than one of ours: pages of another size, bytes reserved in each, a
 * map of pointers, a write-ahead log, another encoding, schema format or length.
 */
const char *db_pages_open(struct db_pages *f, int fd, const char *name, unsigned page_size);

/* All trees are ended: let SQLite see them. */
void db_pages_finish(struct db_pages *f);

#define DB_PAGES_HASH_SIZE 33 /* 32 hexadecimal digits and NUL */

/*
 * A hash of pages 2 to `last`, but for `except`: with the first one these are all that dir-load
 * wrote, and what SQLite changes behind it. No reader of rows sees a damaged inner page.
 */
void db_pages_hash(struct db_pages *f, uint32_t last, uint32_t except,
		   char text[DB_PAGES_HASH_SIZE]);

/* Wait for this turn. Where one thread does all in their order, there is nothing to wait for. */
void db_pages_await(struct db_pages *f, unsigned turn);
/* It comes, needs no more pages, and goes. */
void db_pages_pass(struct db_pages *f, unsigned turn);

/* The number of a new page: mostly one more than the latest. */
uint32_t db_pages_take(struct db_pages *f);
/* Write pages whose numbers follow each other. */
void db_pages_write(struct db_pages *f, const unsigned char *pages, uint32_t first,
		    uint32_t count);

/*
 * Another record, which is not longer, for a row of a tree that was ended. Neither that row nor
 * others of its page have overflow pages.
 */
void db_pages_replace(struct db_pages *f, uint32_t root, int64_t rowid,
		      const unsigned char *record, size_t len);

/* Bytes of the head of a page. */
static inline unsigned db_page_head(bool inner)
{
	return inner ? 12 : 8;
}

#endif
