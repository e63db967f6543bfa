/* SPDX-License-Identifier: MIT */
/*
 * dir_scope - the part of a scope that lies below directories that match.
 */
#ifndef TREETALLY_DIR_SCOPE_H
#define TREETALLY_DIR_SCOPE_H

#include "common/query/dir_select.h"

/*
 * Leave of the scope what lies below the directories that the filter and the levels of the question
 * select. Of nested ones only the outermost counts, so that no file is there twice. Costs one pass
 * over directory_stats of the scope, and 60 bytes for each directory that it leaves; once for each database.
 */
void dir_scope_narrow(struct db_reader_db *a, struct scope *scope,
		      const struct dir_question *question);

#endif
