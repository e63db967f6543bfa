/* SPDX-License-Identifier: MIT */
#include "common/load/link_sort.h"

/* The words of an item; what is equal in all of them costs no time. */
enum { FIRST, OWNER, CLASSES, SECOND, FILES, ALLOCATED, APPARENT, WORDS };
/* CLASSES: age 8, size 8, kind 8 */

void link_sort_init(struct link_sort *s, const struct extsort_config *config, bool pairs)
{
	const struct word_sort_config words = {
		.words = WORDS, .unsorted = pairs ? OWNER : SECOND, .memory = config->memory,
		.temp_dir = config->temp_dir, .quiet = config->quiet,
	};

	word_sort_init(&s->items, &words);
}

void link_sort_add(struct link_sort *s, const struct link_item *item)
{
	const struct usage_key *key = &item->key;

	word_sort_add(&s->items, &(struct word_item){ {
		[FIRST] = (uint64_t)item->first,
		[OWNER] = (uint64_t)key->uid << 32 | key->gid,
		[CLASSES] = (uint64_t)key->age_bucket << 16 | (uint64_t)key->size_bucket << 8 |
			    (uint64_t)item->kind,
		[SECOND] = (uint64_t)item->second,
		[FILES] = (uint64_t)item->sums.files,
		[ALLOCATED] = (uint64_t)item->sums.allocated,
		[APPARENT] = (uint64_t)item->sums.apparent,
	} });
}

void link_sort_end_input(struct link_sort *s)
{
	word_sort_end_input(&s->items);
}

bool link_sort_next(struct link_sort *s, struct link_item *item)
{
	struct word_item sorted;
	const uint64_t *word = sorted.word;

	if (!word_sort_next(&s->items, &sorted))
		return false;
	*item = (struct link_item){
		.first = (int64_t)word[FIRST], .second = (int64_t)word[SECOND],
		.key = { (uint32_t)(word[OWNER] >> 32), (uint32_t)word[OWNER],
			 (uint8_t)(word[CLASSES] >> 16), (uint8_t)(word[CLASSES] >> 8) },
		.kind = (enum link_kind)(word[CLASSES] & 0xff),
		.sums = { (int64_t)word[FILES], (int64_t)word[ALLOCATED], (int64_t)word[APPARENT] },
	};
	return true;
}

uint64_t link_sort_release(struct link_sort *s)
{
	word_sort_release(&s->items);
	return s->items.spilled;
}
