/* SPDX-License-Identifier: MIT */
/*
 * dir_top - the n largest directories, without reading the others.
 *
 * Totals of subtrees never grow on the way down (nor does the latest time), so the largest directory
 * that was not given yet is a prefix or a child of one that was. A heap of candidates starts with the
 * prefixes, and each directory that is taken out puts its children in. What is read is the children of
 * n directories. Of equal ones the first in tree order is taken first; it cannot hide below a later
 * one, since a parent has a smaller dir_id.
 *
 * What matches in a directory is no more than what there is, nor is what counts once of its links. So a
 * candidate waits with what was seen for its rank, and the rest is found out when no other candidate
 * can be larger. Paths of one file can disagree about it (it changed during the scan), and then less
 * may count in a directory than below it: so where links count once, children become candidates as
 * soon as their parent is looked at, not when it is taken out.
 */
#ifndef TREETALLY_DIR_TOP_H
#define TREETALLY_DIR_TOP_H

#include "common/query/dir_heap.h"
#include "common/query/dir_select.h"

/*
 * The question is open, not reversed, and its column never grows on the way down. Gives up (false)
 * before it would read more than `budget` directories. `found->hits` has room for the limit; they are
 * filled in order.
 */
bool dir_top_find(struct db_reader_db *a, const struct scope *scope, const struct dir_question *q,
		  int64_t budget, struct dir_heap *found);

#endif
