/* SPDX-License-Identifier: MIT */
/*
 * dir_list - the answers of all databases as one list. Ties are broken by path, then by the order
 * of the databases.
 */
#ifndef TREETALLY_DIR_LIST_H
#define TREETALLY_DIR_LIST_H

#include "common/query/dir_search.h"
#include "common/query/render.h"

enum dir_column {
	COLUMN_FILESYSTEM, COLUMN_SCAN, COLUMN_PATH, COLUMN_DEPTH, COLUMN_FILES, COLUMN_SIZE,
	COLUMN_APPARENT, COLUMN_MATCHING_FILES, COLUMN_MATCHING, COLUMN_DIRS, COLUMN_ATIME, COLUMN_MTIME, COLUMN_OWNER_UID, COLUMN_OWNER, COLUMN_OWNER_GID,
	COLUMN_GROUP, DIR_COLUMNS
};

/* The columns of all databases, in the order in which they are given to render. */
struct dir_layout {
	struct render_column columns[DIR_COLUMNS];
	enum dir_column which[DIR_COLUMNS];
	size_t count;
	bool own; /* of the directory itself */
	bool several, matching;
	bool tree; /* paths are an outline (tree_path.h) */
};

/* The column that a question is ordered by. */
enum dir_column dir_column_of(enum dir_sort sort);

/*
 * The columns that a question has, of one or `several` databases. Tables have the path at the end, show those with bit 1 << COLUMN_X in `in_table`, and always `key`.
 */
void dir_layout_init(struct dir_layout *l, const struct dir_question *q, bool several);
void dir_layout_for_table(struct dir_layout *l, unsigned in_table, enum dir_column key);

struct dir_source; /* one database */

struct dir_list {
	const struct render_cell *cells; /* of the current directory, or of the total */
	uint64_t matches; /* after dir_list_finish: how many there are, limit or not, or
	                     DIR_MATCHES_UNKNOWN */

	/* private */
	const struct dir_question *question;
	const struct dir_layout *layout;
	struct dir_source *sources;
	size_t count;
	uint64_t given;
	struct render_cell total[DIR_COLUMNS];
};

/* All that is passed must outlive the list. */
void dir_list_start(struct dir_list *list, struct db_reader_set *set, const struct scope *scopes,
		    const struct dir_question *question, const struct dir_layout *layout);
/* The next directory; false at the end or at the limit. */
bool dir_list_next(struct dir_list *list);
/* Count what the limit cut; `cells` are the total. `verbose`: a line on stderr for each plan. */
void dir_list_finish(struct dir_list *list, bool verbose);
void dir_list_release(struct dir_list *list);

#endif
