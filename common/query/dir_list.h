/* SPDX-License-Identifier: MIT */
/*
 * dir_list - the answers of all databases as one list. Ties are broken by path, then by the order
 * of the databases.
 */
#ifndef TREETALLY_DIR_LIST_H
#define TREETALLY_DIR_LIST_H

#include "common/query/dir_columns.h"
#include "common/query/dir_search.h"

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
