/*
 * dir_search - the directories of one database that answer a question, in the order that it asks for.
 *
 * With a limit the best so far wait in a heap; without one all go through an external sorter,
 * unless the plan has the order by itself. So memory is bounded by the limit or by `memory`.
 */
#ifndef TREETALLY_DIR_SEARCH_H
#define TREETALLY_DIR_SEARCH_H

#include "common/query/dir_select.h"

/* Less `rank` comes first, then less dir_id. */
struct dir_hit {
	int64_t dir_id, rank;
};

/* Zeroed is empty; `hits` is allocated and to be freed. */
struct dir_heap {
	struct dir_hit *hits;
	size_t count, capacity;
	bool last_on_top; /* what comes last is on top */
};

/* More than this many best directories are not kept in a heap, but sorted with all others. */
#define DIR_HEAP_MAX (256u << 10)

/* Sums in which each directory counts once, be it listed itself or below one that is. */
struct dir_total {
	struct usage usage; /* its times are TIME_NONE when there is no directory with files */
	uint64_t dirs;
};
#define DIR_TOTAL_NONE \
	(struct dir_total){ .usage = { .max_atime = TIME_NONE, .max_mtime = TIME_NONE } }

void dir_total_add(struct dir_total *to, const struct dir_total *more);

struct dir_search {
	struct db_reader_db *a;
	const struct scope *scope;
	const struct dir_question *question;
	uint64_t matches;       /* after dir_search_finish: how many there are, limit or not */
	struct dir_total total; /* after dir_search_finish, if wanted */
	const char *plan;

	/* private */
	sqlite3_stmt *select;   /* NULL: all rows have been read */
	bool in_order;          /* rows come as they are to be given */
	bool counted;           /* `matches` is known without reading on */
	int64_t until;          /* last dir_id below the last outermost directory */
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
