/* SPDX-License-Identifier: MIT */
#include "common/load/link_sort.h"

#include "common/base/wire.h"

/* A tail: first 8, second 8, uid 4, gid 4, age 1, size 1, kind 1, big-endian; then struct sums. */
#define KEY_LEN 27
#define TAIL_LEN (KEY_LEN + sizeof(struct sums))

static bool add_sums(unsigned char *into, const unsigned char *from)
{
	struct sums sum, more;
	bool fits;

	memcpy(&sum, into + KEY_LEN, sizeof(sum));
	memcpy(&more, from + KEY_LEN, sizeof(more));
	fits = sums_add(&sum, &more);
	memcpy(into + KEY_LEN, &sum, sizeof(sum));
	return fits;
}

void link_sort_init(struct link_sort *s, const struct extsort_config *config)
{
	struct extsort_config own = *config;

	own.tail_len = TAIL_LEN;
	own.key_len = KEY_LEN;
	own.combine = add_sums;
	s->sorter = extsort_new(&own);
}

void link_sort_add(struct link_sort *s, const struct link_item *item)
{
	unsigned char tail[TAIL_LEN];

	put_be64(tail, (uint64_t)item->first);
	put_be64(tail + 8, (uint64_t)item->second);
	put_be32(tail + 16, item->key.uid);
	put_be32(tail + 20, item->key.gid);
	tail[24] = item->key.age_bucket;
	tail[25] = item->key.size_bucket;
	tail[26] = (unsigned char)item->kind;
	memcpy(tail + KEY_LEN, &item->sums, sizeof(item->sums));
	extsort_add(s->sorter, "", 0, tail);
}

void link_sort_end_input(struct link_sort *s)
{
	extsort_end_input(s->sorter);
}

bool link_sort_next(struct link_sort *s, struct link_item *item)
{
	struct extsort_item sorted;
	const unsigned char *tail;

	if (!extsort_next(s->sorter, &sorted))
		return false;
	tail = sorted.tail;
	*item = (struct link_item){
		.first = (int64_t)get_be64(tail), .second = (int64_t)get_be64(tail + 8),
		.key = { get_be32(tail + 16), get_be32(tail + 20), tail[24], tail[25] },
		.kind = (enum link_kind)tail[26],
	};
	memcpy(&item->sums, tail + KEY_LEN, sizeof(item->sums));
	return true;
}

uint64_t link_sort_release(struct link_sort *s)
{
	uint64_t spilled = s->sorter ? extsort_stats(s->sorter).spill_written : 0;

	if (s->sorter)
		extsort_free(s->sorter);
	s->sorter = NULL;
	return spilled;
}
