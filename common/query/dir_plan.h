/*
 * dir_plan - a question about directories, and the one SELECT that answers it.
 *
 * The cheapest of four plans is taken:
 *
 *     range    the rows of directory_stats in the scope, once, in the order of dir_id
 *     levels   from each prefix down, through the index on (parent_id, name)
 *     index    by size, owner or group: an index that has the order or the directories
 *     search   the n largest without reading the others (dir_top.h); it gives way to `range`
 */
#ifndef TREETALLY_DIR_PLAN_H
#define TREETALLY_DIR_PLAN_H

#include "common/query/dir_filter.h"
#include "common/sort/extsort.h"
#include "common/query/scope.h"

/* Reading so many rows in order is cheaper than looking for better plans (some milliseconds). */
#define RANGE_CHEAP 16384

enum dir_sort {
	SORT_SIZE, SORT_APPARENT, SORT_FILES, SORT_DIRS, SORT_ATIME, SORT_MTIME,
	SORT_DEPTH, SORT_PATH
};

struct dir_question {
	struct dir_filter filter;
	enum dir_sort sort;    /* largest, latest, deepest first; paths from the first on */
	bool sort_own;         /* by the value of the directory itself */
	bool reverse;
	uint64_t limit;        /* 0: none */
	int64_t levels;        /* below each prefix; FILTER_NONE: all */
	bool once;             /* of nested directories that match only the outermost */
	bool want_total;
	struct extsort_config sorting; /* memory, threads, temp_dir */
};

/* Does it matter which directories lie in which, so that rows must come in tree order? */
bool dir_question_nests(const struct dir_question *q);
/* Is everything in the scope wanted? */
bool dir_question_is_open(const struct dir_question *q);
/* The column of directory_stats that the order is by; not for SORT_DEPTH and SORT_PATH. */
const char *dir_question_column(const struct dir_question *q);

/* What statements cost: VM instructions, rows of full scans. */
struct dir_cost {
	int64_t steps, full_steps;
};

void dir_cost_note(struct dir_cost *cost, sqlite3_stmt *statement);

/* The rank (dir_heap.h) of a value by which the largest come first, or the smallest. NULL is last. */
int64_t dir_rank(sqlite3_stmt *row, int column, bool smallest_first);

enum dir_plan { PLAN_RANGE, PLAN_LEVELS, PLAN_SIZE, PLAN_OWNER, PLAN_GROUP };

enum dir_plan dir_plan_choose(const struct db_reader_db *a, const struct scope *scope,
			      const struct dir_question *q);
const char *dir_plan_name(enum dir_plan plan);

/*
 * Columns: dir_id, what the order is by, then, if dir_question_nests, dir_count_r, and for totals
 * size, apparent size, files, directories, atime and mtime. Rows come as they are wanted if
 * `in_order`, which not every plan can; else in tree order if the question nests, else in any.
 * Scope and question must outlive the statement. Once for each database.
 */
sqlite3_stmt *dir_plan_prepare(struct db_reader_db *a, const struct scope *scope,
			       const struct dir_question *q, enum dir_plan plan, bool in_order);

#endif
