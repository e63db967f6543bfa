/* SPDX-License-Identifier: MIT */
/*
 * tree_rows - the table `directories`, row by row in tree order, with paths.
 *
 * The table is not believed: ids that do not count up, a depth that no parent can have or an
 * invalid name end the program (3), so that callers can rely on each row being a child of a
 * directory that is open.
 */
#ifndef TREETALLY_TREE_ROWS_H
#define TREETALLY_TREE_ROWS_H

#include "common/base/buf.h"
#include "common/db/db.h"

struct tree_row {
	int64_t dir_id, parent_id; /* the root's parent_id is 0 */
	int64_t depth;
	bool has_line;             /* then uid and gid are those of its own line */
	uint32_t uid, gid;
};

struct tree_rows {
	struct tree_row row; /* the current directory */
	bool has_child;
	struct buf path;     /* its path in memory form (path.h) */
	/* private */
	struct db *db;
	sqlite3_stmt *select;
	struct tree_row ahead;
	struct buf ahead_name;
	bool have_ahead;
};

void tree_rows_open(struct tree_rows *t, struct db *db);
bool tree_rows_next(struct tree_rows *t);
void tree_rows_close(struct tree_rows *t);

#endif
