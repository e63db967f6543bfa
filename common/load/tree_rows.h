/* SPDX-License-Identifier: MIT */
/*
 * tree_rows - the table `directories`, row by row in tree order, with paths.
 *
 * SQLite gives the rows, in blocks: in a thread of its own, if it may have one, which is some
 * blocks ahead. Nobody else must use the database meanwhile.
 *
 * The table is not believed: ids that do not count up, a depth that no parent can have or an
 * invalid name end the program (3), so that callers can rely on each row being a child of a
 * directory that is open.
 *
 * Memory: 4 blocks of 64 KiB, and names of 64 KiB in each.
 */
#ifndef TREETALLY_TREE_ROWS_H
#define TREETALLY_TREE_ROWS_H

#include "common/base/buf.h"
#include "common/base/pool.h"
#include "common/db/db.h"

struct tree_row {
	int64_t dir_id, parent_id; /* the root's parent_id is 0 */
	int64_t depth;
	bool has_line;             /* then uid and gid are those of its own line */
	uint32_t uid, gid;
	size_t name_end;           /* private */
};

struct tree_rows {
	struct tree_row row; /* the current directory */
	bool has_child;
	struct buf path;     /* its path in memory form (path.h) */
	/* private */
	struct db *db;
	sqlite3_stmt *select;      /* the thread's, and so is `ended` */
	bool ended;
	struct pool *ahead;
	struct row_block *block;   /* has the next row ... */
	size_t next;               /* ... as this one */
};

void tree_rows_open(struct tree_rows *t, struct db *db, bool threaded);
bool tree_rows_next(struct tree_rows *t);
void tree_rows_close(struct tree_rows *t);

#endif
