/* SPDX-License-Identifier: MIT */
/*
 * usage_r - the table usage_r, and usage_by, which its rows are added up to on their way.
 *
 * usage_fold.h tells which directories have rows, and hands them out in no order; load_sort puts
 * them into that of the table.
 */
#ifndef TREETALLY_USAGE_R_H
#define TREETALLY_USAGE_R_H

#include "common/db/db_batch.h"
#include "common/load/load_sort.h"

/*
 * Write these tables from the first part of the sorter. `root_id` is the scan root, whose rows the
 * sorter has as those of USAGE_WHOLE. *written counts rows of usage_r.
 */
void usage_r_write(struct load_sort *sorted, struct db *db, int64_t root_id, uint64_t *written);

#endif
