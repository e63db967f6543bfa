/* SPDX-License-Identifier: MIT */
#include "common/query/dir_heap.h"

bool dir_hit_before(const struct dir_hit *a, const struct dir_hit *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank;
	if (a->is_bound != b->is_bound)
		return a->is_bound;
	return a->dir_id < b->dir_id;
}

static bool above(const struct dir_heap *heap, size_t a, size_t b)
{
	return heap->last_on_top ? dir_hit_before(&heap->hits[b], &heap->hits[a]) :
				   dir_hit_before(&heap->hits[a], &heap->hits[b]);
}

static void swap(struct dir_heap *heap, size_t a, size_t b)
{
	struct dir_hit kept = heap->hits[a];

	heap->hits[a] = heap->hits[b];
	heap->hits[b] = kept;
}

void dir_heap_push(struct dir_heap *heap, struct dir_hit hit)
{
	size_t at = heap->count++;

	GROW(heap->hits, heap->capacity, at + 1);
	heap->hits[at] = hit;
	for (; at && above(heap, at, (at - 1) / 2); at = (at - 1) / 2)
		swap(heap, at, (at - 1) / 2);
}

struct dir_hit dir_heap_pop(struct dir_heap *heap)
{
	struct dir_hit top = heap->hits[0];
	size_t at = 0, child;

	heap->hits[0] = heap->hits[--heap->count];
	while ((child = 2 * at + 1) < heap->count) {
		if (child + 1 < heap->count && above(heap, child + 1, child))
			child++;
		if (!above(heap, child, at))
			break;
		swap(heap, child, at);
		at = child;
	}
	return top;
}
