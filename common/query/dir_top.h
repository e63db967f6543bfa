/*
 * dir_top - the n largest directories of a scope, without reading the others.
 *
 * Totals of subtrees never grow on the way down (nor does the latest time), so the largest
 * directory that was not given yet is a prefix or a child of one that was: a heap of candidates
 * starts with the prefixes, and each directory that is taken out puts its children in. What is read
 * is the children of n directories. Of equal ones the first in tree order is taken first; it cannot
 * hide below a later one, since a parent has a smaller dir_id.
 */
#ifndef TREETALLY_DIR_TOP_H
#define TREETALLY_DIR_TOP_H

#include "common/query/dir_heap.h"
#include "common/query/dir_plan.h"

/*
 * `column` of directory_stats must be one that never grows on the way down. Gives up (false) before
 * it would read more than `budget` directories. `found->hits` has room for `limit`; they are
 * filled in order. What it cost is added to `cost`.
 */
bool dir_top(struct db_reader_db *a, const struct scope *scope, const char *column, uint64_t limit,
	     int64_t budget, struct dir_heap *found, struct dir_cost *cost);

#endif
