/* SPDX-License-Identifier: MIT */
#include "common/load/usage_r.h"

#include "common/db/db_record.h"
#include "common/load/usage_by.h"
#include "common/load/usage_fold.h"
#include "common/load/usage_row.h"
#include "common/sort/word_sort.h"

/* Rows of the scan root come by owner, and then by group. */
static void note_owner(struct word_sort *owners, struct word_item *last, const struct usage_key *key)
{
	const struct word_item pair = { { key->gid, key->uid } };

	if (last->word[0] == pair.word[0] && last->word[1] == pair.word[1])
		return;
	*last = pair;
	word_sort_add(owners, last);
}

static void write_owners(struct word_sort *owners, struct db_tree *table)
{
	unsigned char bytes[DB_RECORD_MAX];
	struct word_item item;
	struct db_record r;

	word_sort_end_input(owners);
	while (word_sort_next(owners, &item)) {
		db_record_begin(&r, bytes, 2, 0);
		db_record_integer(&r, (int64_t)item.word[0]);
		db_record_integer(&r, (int64_t)item.word[1]);
		db_tree_add_key(table, bytes, db_record_end(&r));
	}
	word_sort_release(owners);
	db_tree_end(table);
}

void usage_r_write(struct load_sort *sorted, const struct usage_r_config *config,
		   uint64_t *written)
{
	const struct word_sort_config by_group = { .words = 2, .unsorted = 1,
						   .temp_dir = config->temp_dir, .quiet = true };
	struct word_item last = { { UINT64_MAX } };
	struct word_sort owners;
	struct load_item next;
	struct usage_by by;

	word_sort_init(&owners, &by_group);
	usage_by_init(&by, config->usage_by, config->temp_dir);
	for (*written = 0; load_sort_next(sorted, PART_USAGE_R, &next); ++*written) {
		int64_t dir_id = next.dir_id == USAGE_WHOLE ? config->root_id : next.dir_id;

		usage_row_add(config->usage_r, dir_id, &next.key, &next.sums);
		usage_by_add(&by, dir_id, &next.key, &next.sums);
		if (dir_id == config->root_id)
			note_owner(&owners, &last, &next.key);
	}
	usage_by_release(&by);
	db_tree_end(config->usage_r);
	db_tree_end(config->usage_by);
	write_owners(&owners, config->group_owners);
}
