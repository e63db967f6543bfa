/*
 * dir_row - what is shown of a directory: the columns of dir-query and their cells.
 */
#ifndef TREETALLY_DIR_ROW_H
#define TREETALLY_DIR_ROW_H

#include "common/query/dir_scan.h"
#include "common/query/render.h"

enum dir_column {
	COLUMN_FILESYSTEM, COLUMN_PATH, COLUMN_DEPTH, COLUMN_SIZE, COLUMN_APPARENT, COLUMN_FILES,
	COLUMN_DIRS, COLUMN_ATIME, COLUMN_MTIME, COLUMN_OWNER_UID, COLUMN_OWNER, COLUMN_OWNER_GID,
	COLUMN_GROUP, DIR_COLUMNS
};

/* The columns of all databases, in the order in which they are given to render. */
struct dir_layout {
	struct render_column columns[DIR_COLUMNS];
	enum dir_column which[DIR_COLUMNS];
	size_t count;
	bool own; /* of the directory itself */
};

/* The column that a question is ordered by. */
enum dir_column dir_column_of(enum dir_sort sort);

/*
 * Columns of subtrees, or of directories themselves (`own`), of one or `several` databases. Tables
 * have the path at the end, show those with bit 1 << COLUMN_X in `in_table`, and always `key`.
 */
void dir_layout_init(struct dir_layout *l, bool own, bool several);
void dir_layout_for_table(struct dir_layout *l, unsigned in_table, enum dir_column key);

/* Rows of one database; zeroed before dir_rows_open. */
struct dir_rows {
	struct db_reader_db *a;
	const struct dir_layout *layout;
	struct buf path;
	struct render_cell cells[DIR_COLUMNS]; /* as the layout has them; text until the next row */

	/* private */
	sqlite3_stmt *select;
	int64_t *open;         /* directories on the way to `path`, and where in it each ends */
	size_t *ends;
	size_t depth, capacity;
	struct buf owner, group;
};

void dir_rows_open(struct dir_rows *r, struct db_reader_db *a, const struct dir_layout *layout);
/* Only `path`, as text. */
void dir_rows_path(struct dir_rows *r, int64_t dir_id);
/* `path` and `cells`. */
void dir_rows_fill(struct dir_rows *r, int64_t dir_id);
void dir_rows_close(struct dir_rows *r);

/* The cells of a sum, whose path is "(total)". */
void dir_layout_total(const struct dir_layout *l, const struct dir_total *total,
		      struct render_cell cells[DIR_COLUMNS]);

#endif
