/* SPDX-License-Identifier: MIT */
/*
 * usage_dirs - how many directories the owners and groups of a usage question have.
 *
 * A directory belongs to the owner that its own line names. Files and directories together are the
 * inodes that a quota counts. All directories of the scope are read.
 */
#ifndef TREETALLY_USAGE_DIRS_H
#define TREETALLY_USAGE_DIRS_H

#include "common/query/usage_query.h"

/* Has the question no key but owner, group, fs and scan? Directories have no other ones. */
bool usage_dirs_can(const struct usage_query *ask);

/* As usage_query_totals; they are counted as `files`. */
void usage_dirs_totals(const struct usage_query *ask, struct db_reader_db *a,
		       const struct scope *scope, int64_t fs, struct totals *totals);

#endif
