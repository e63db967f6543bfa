/* SPDX-License-Identifier: MIT */
#include "common/load/load_sort.h"

#include "common/base/wire.h"

/*
 * A tail, all big-endian, and then struct sums:
 *     usage_r       part 1, dir_id 8, uid 4, gid 4, age 1, size 1
 *     uids, gids    part 1, id 8, dir_id 8, 0 0
 */
#define KEY_LEN 19
#define TAIL_LEN (KEY_LEN + sizeof(struct sums))

static bool add_sums(unsigned char *into, const unsigned char *from)
{
	return sums_add_stored(into + KEY_LEN, from + KEY_LEN);
}

void load_sort_init(struct load_sort *s, const struct extsort_config *config)
{
	struct extsort_config own = *config;

	own.tail_len = TAIL_LEN;
	own.key_len = KEY_LEN;
	own.combine = add_sums;
	*s = (struct load_sort){ .sorter = extsort_new(&own) };
}

void load_sort_add(struct load_sort *s, const struct load_item *item)
{
	const struct sums counts = { (int64_t)item->directories, (int64_t)item->owned, 0 };
	bool usage = item->part == PART_USAGE_R;
	unsigned char tail[TAIL_LEN] = { (unsigned char)item->part };

	if (usage) {
		put_be64(tail + 1, (uint64_t)item->dir_id);
		put_be32(tail + 9, item->key.uid);
		put_be32(tail + 13, item->key.gid);
		tail[17] = item->key.age_bucket;
		tail[18] = item->key.size_bucket;
	} else {
		put_be64(tail + 1, item->id);
		put_be64(tail + 9, (uint64_t)item->dir_id);
	}
	memcpy(tail + KEY_LEN, usage ? &item->sums : &counts, sizeof(item->sums));
	extsort_add(s->sorter, "", 0, tail);
}

static void read_next(struct load_sort *s)
{
	struct load_item *item = &s->next;
	struct extsort_item sorted;
	const unsigned char *tail;
	struct sums sums;

	*item = (struct load_item){ .part = 0 };
	s->have_next = extsort_next(s->sorter, &sorted);
	if (!s->have_next)
		return;
	tail = sorted.tail;
	memcpy(&sums, tail + KEY_LEN, sizeof(sums));
	item->part = (enum load_part)tail[0];
	if (item->part == PART_USAGE_R) {
		item->dir_id = (int64_t)get_be64(tail + 1);
		item->key = (struct usage_key){ get_be32(tail + 9), get_be32(tail + 13), tail[17],
						tail[18] };
		item->sums = sums;
	} else {
		item->id = (uint32_t)get_be64(tail + 1);
		item->dir_id = (int64_t)get_be64(tail + 9);
		/* However many rows of it the directory has. */
		item->directories = item->dir_id ? 1 : (uint64_t)sums.files;
		item->owned = (uint64_t)sums.allocated;
	}
}

void load_sort_end_input(struct load_sort *s)
{
	extsort_end_input(s->sorter);
	read_next(s);
}

bool load_sort_next(struct load_sort *s, enum load_part part, struct load_item *item)
{
	if (!s->have_next || s->next.part != part)
		return false;
	*item = s->next;
	read_next(s);
	while (part != PART_USAGE_R && s->have_next && s->next.part == part &&
	       s->next.id == item->id) {
		item->directories += s->next.directories;
		item->owned += s->next.owned;
		read_next(s);
	}
	return true;
}

void load_sort_release(struct load_sort *s)
{
	extsort_free(s->sorter);
	*s = (struct load_sort){ 0 };
}
