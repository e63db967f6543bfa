/* SPDX-License-Identifier: MIT */
/*
 * usage_r - the table usage_r; usage_by, which its rows are added up to on their way; and
 * group_owners, of those of the scan root.
 *
 * usage_fold.h tells which directories have rows, and hands them out in no order; load_sort puts
 * them into that of the table.
 */
#ifndef TREETALLY_USAGE_R_H
#define TREETALLY_USAGE_R_H

#include "common/db/db_tree.h"
#include "common/load/load_sort.h"

struct usage_r_config {
	struct db_tree *usage_r, *usage_by, *group_owners; /* begun; they are ended */
	int64_t root_id;                    /* the scan root: the rows of USAGE_WHOLE are its */
	const char *temp_dir;
};

/* Write the tables from the first part of the sorter. *written counts rows of usage_r. */
void usage_r_write(struct load_sort *sorted, const struct usage_r_config *config,
		   uint64_t *written);

#endif
