/* SPDX-License-Identifier: MIT */
/*
 * dir_columns - the columns of a list of directories.
 */
#ifndef TREETALLY_DIR_COLUMNS_H
#define TREETALLY_DIR_COLUMNS_H

#include "common/query/dir_select.h"
#include "common/query/render.h"

enum dir_column {
	COLUMN_FILESYSTEM, COLUMN_SCAN, COLUMN_PATH, COLUMN_DEPTH, COLUMN_FILES, COLUMN_SIZE,
	COLUMN_APPARENT, COLUMN_SHARED, COLUMN_SEEN_FILES, COLUMN_SEEN, COLUMN_SEEN_APPARENT,
	COLUMN_FREED_FILES, COLUMN_FREED, COLUMN_FREED_APPARENT, COLUMN_MATCHING_FILES,
	COLUMN_MATCHING, COLUMN_DIRS, COLUMN_ATIME, COLUMN_MTIME, COLUMN_OWNER_UID, COLUMN_OWNER,
	COLUMN_OWNER_GID, COLUMN_GROUP, DIR_COLUMNS
};

/* The columns of all databases, in the order in which they are given to render. */
struct dir_layout {
	struct render_column columns[DIR_COLUMNS];
	enum dir_column which[DIR_COLUMNS];
	size_t count;
	bool own; /* of the directory itself */
	bool several, matching, links, shared; /* which columns it has */
	bool count_links;
	bool tree; /* paths are an outline (tree_path.h) */
};

/* The column that a question is ordered by. */
enum dir_column dir_column_of(enum dir_sort sort);

/*
 * The columns that a question has, of one or `several` databases. Tables have the path at the end, show
 * those with bit 1 << COLUMN_X in `in_table`, and always `key`.
 */
void dir_layout_init(struct dir_layout *l, const struct dir_question *q, bool several);
void dir_layout_for_table(struct dir_layout *l, unsigned in_table, enum dir_column key);

#endif
