/* SPDX-License-Identifier: MIT */
#include "common/load/link_sort.h"

#include "common/base/wire.h"

/*
 * A tail: first 5, second 5, uid 4, gid 4, age and size 1, kind 1, big-endian; then struct sums. The
 * shorter it is, the faster; nobody has 2^40 directories.
 */
#define KEY_LEN 20
#define TAIL_LEN (KEY_LEN + sizeof(struct sums))

static void put_id(unsigned char *to, int64_t dir_id)
{
	if (dir_id >> 40)
		die(EXIT_INPUT, "more than 2^40 directories");
	to[0] = (unsigned char)(dir_id >> 32);
	put_be32(to + 1, (uint32_t)dir_id);
}

static int64_t get_id(const unsigned char *from)
{
	return (int64_t)from[0] << 32 | get_be32(from + 1);
}

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

	put_id(tail, item->first);
	put_id(tail + 5, item->second);
	put_be32(tail + 10, item->key.uid);
	put_be32(tail + 14, item->key.gid);
	tail[18] = (unsigned char)(item->key.age_bucket << 4 | item->key.size_bucket);
	tail[19] = (unsigned char)item->kind;
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
		.first = get_id(tail), .second = get_id(tail + 5),
		.key = { get_be32(tail + 10), get_be32(tail + 14), tail[18] >> 4, tail[18] & 15 },
		.kind = (enum link_kind)tail[19],
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
