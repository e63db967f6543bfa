/* SPDX-License-Identifier: MIT */
#include "common/load/usage_r.h"

#include "common/load/usage_by.h"
#include "common/load/usage_fold.h"
#include "common/load/usage_row.h"

void usage_r_write(struct load_sort *sorted, const struct usage_r_config *config,
		   uint64_t *written)
{
	struct load_item next;
	struct usage_by by;

	usage_by_init(&by, config->usage_by, config->temp_dir);
	for (*written = 0; load_sort_next(sorted, PART_USAGE_R, &next); ++*written) {
		int64_t dir_id = next.dir_id == USAGE_WHOLE ? config->root_id : next.dir_id;

		usage_row_add(config->usage_r, dir_id, &next.key, &next.sums);
		usage_by_add(&by, dir_id, &next.key, &next.sums);
	}
	usage_by_release(&by);
	db_tree_end(config->usage_r);
	db_tree_end(config->usage_by);
}
