/* SPDX-License-Identifier: MIT */
/*
 * dir_search - the directories of one database that answer a question, in the order that it asks for.
 *
 * With a limit the best so far wait in a heap; without one all go through an external sorter,
 * unless the plan has the order by itself. So memory is bounded by the limit or by `memory`. A total in
 * which links count once takes 24 bytes more for each row of neighbours that are listed.
 */
#ifndef TREETALLY_DIR_SEARCH_H
#define TREETALLY_DIR_SEARCH_H

#include "common/query/dir_heap.h"
#include "common/query/dir_outer.h"
#include "common/query/dir_select.h"
#include "common/query/link_rows.h"

#define DIR_MATCHES_UNKNOWN UINT64_MAX

struct dir_search {
	struct db_reader_db *a;
	const struct scope *scope;
	const struct dir_question *question;
	uint64_t matches;       /* after dir_search_finish: how many there are, limit or not, */
				/* or DIR_MATCHES_UNKNOWN, if more than the limit */
	struct dir_total total; /* after dir_search_finish, if wanted */
	const char *plan;
	int64_t until;          /* last dir_id below the last outermost directory that was read */

	/* private */
	sqlite3_stmt *select;   /* NULL: all rows have been read */
	bool in_order;          /* rows come as they are to be given */
	bool counted;           /* `matches` is known without reading on */
	bool by_seen;           /* rows come in the order of what was seen, which is no less */
	int64_t bound;          /* then: the rank that the last row has as seen */
	struct link_parts listed; /* what the total is about, where it loses links */
	size_t listed_count;    /* how many directories these are */
	struct dir_outer outer; /* of those where files match, if only these count */
	bool all_matched;
	struct dir_match match;   /* where files have to match */
	struct dir_heap held;   /* the best, when there is a limit */
	size_t next;            /* of `held`, once it is sorted */
	struct extsort *sorter; /* all, when there is none */
};

void dir_search_start(struct dir_search *scan, struct db_reader_db *a, const struct scope *scope,
		    const struct dir_question *question);
/* At least `limit` of them, in order; false at the end. */
bool dir_search_next(struct dir_search *scan, struct dir_hit *hit);
/* Read what is left, for `matches` and `total`; nothing can be asked for after it. */
void dir_search_finish(struct dir_search *scan);

#endif
