/* SPDX-License-Identifier: MIT */
#include "common/sort/keysort.h"

#include "common/base/wire.h"

/* Groups below this size are sorted by insertion. */
#define SMALL 12
/* Bytes of a path that one cache holds; its lowest byte says how many of them are there. */
#define CHUNK 7

/* How far a group of records is known to be equal. */
struct position {
	enum { AT_LEVEL, IN_PATH, IN_KEY } part;
	size_t offset;
};

struct sorter {
	const struct key_shape *shape;
	uint64_t random; /* picks pivots, so that no crafted order is slow for sure */
};

void record_write(unsigned char *to, const char *path, size_t len, const unsigned char *tail,
		  size_t tail_len)
{
	uint32_t len32 = (uint32_t)len;

	memcpy(to, &len32, sizeof(len32));
	memcpy(to + sizeof(len32), tail, tail_len);
	if (len)
		memcpy(to + sizeof(len32) + tail_len, path, len);
}

static size_t level_of(const char *path, size_t len)
{
	const char *end = memmem(path, len, "\0", 2);

	return path_depth(path, end ? (size_t)(end - path) : len);
}

int key_compare(const struct key_shape *shape, const char *path_a, size_t len_a,
		const unsigned char *tail_a, const char *path_b, size_t len_b,
		const unsigned char *tail_b)
{
	int order = 0;

	if (shape->by_level) {
		size_t a = level_of(path_a, len_a), b = level_of(path_b, len_b);

		order = (a > b) - (a < b);
	}
	if (!order)
		order = path_compare(path_a, len_a, path_b, len_b);
	if (!order && shape->key_len)
		order = memcmp(tail_a, tail_b, shape->key_len);
	return order;
}

static int compare_records(const struct key_shape *shape, const unsigned char *a,
			   const unsigned char *b)
{
	return key_compare(shape, record_path(a, shape->tail_len), record_path_len(a),
			   record_tail(a), record_path(b, shape->tail_len), record_path_len(b),
			   record_tail(b));
}

static void insertion_sort(struct keyref *refs, size_t count, const struct key_shape *shape)
{
	for (size_t i = 1; i < count; i++) {
		struct keyref moving = refs[i];
		size_t to = i;

		while (to && compare_records(shape, moving.record, refs[to - 1].record) < 0) {
			refs[to] = refs[to - 1];
			to--;
		}
		refs[to] = moving;
	}
}

/*
 * Seven bytes from p, as a number that orders like memcmp, and below them how many there were, 8
 * for "more follow": so a path that ends sorts before those it is a prefix of, and equal caches
 * below 8 mean equal paths.
 */
static uint64_t chunk(const unsigned char *p, size_t left)
{
	unsigned char bytes[8] = { 0 };

	if (left > CHUNK)
		return (get_be64(p) & ~UINT64_C(0xff)) | 8;
	memcpy(bytes, p, left);
	return get_be64(bytes) | left;
}

static void load_caches(struct keyref *refs, size_t count, const struct key_shape *shape,
			struct position at)
{
	for (size_t i = 0; i < count; i++) {
		const unsigned char *record = refs[i].record;
		const unsigned char *path = (const unsigned char *)record_path(record,
									       shape->tail_len);
		size_t len = record_path_len(record);

		if (at.part == AT_LEVEL)
			refs[i].cache = level_of((const char *)path, len);
		else if (at.part == IN_PATH)
			refs[i].cache = chunk(path + at.offset, len - at.offset);
		else
			refs[i].cache = chunk(record_tail(record) + at.offset,
					      shape->key_len - at.offset);
	}
}

/* Bytes from `at` on that all records share: they need no pass of their own. */
static size_t shared_bytes(const struct keyref *refs, size_t count, const struct key_shape *shape,
			   size_t at)
{
	const char *first = record_path(refs[0].record, shape->tail_len) + at;
	size_t shared = record_path_len(refs[0].record) - at;

	for (size_t i = 1; i < count && shared; i++) {
		size_t len = record_path_len(refs[i].record) - at;

		shared = path_common(first, shared,
				     record_path(refs[i].record, shape->tail_len) + at, len);
	}
	return shared;
}

static uint64_t pick_pivot(struct sorter *s, const struct keyref *refs, size_t count)
{
	uint64_t pick[3];

	for (int i = 0; i < 3; i++) {
		s->random = s->random * 6364136223846793005u + 1442695040888963407u;
		pick[i] = refs[(s->random >> 33) % count].cache;
	}
	if (pick[0] > pick[1]) {
		uint64_t low = pick[1];

		pick[1] = pick[0];
		pick[0] = low;
	}
	return pick[2] < pick[0] ? pick[0] : pick[2] < pick[1] ? pick[2] : pick[1];
}

/*
 * Where a group whose caches all are `cache` goes on; false when it has no bytes left to compare.
 */
static bool advance(struct position *at, uint64_t cache, const struct key_shape *shape)
{
	bool part_ends = (cache & 0xff) < 8;

	if (at->part == AT_LEVEL) {
		*at = (struct position){ IN_PATH, 0 };
	} else if (!part_ends) {
		at->offset += CHUNK;
	} else if (at->part == IN_PATH && shape->key_len) {
		*at = (struct position){ IN_KEY, 0 };
	} else {
		return false;
	}
	return true;
}

static void sort_group(struct sorter *s, struct keyref *refs, size_t count, struct position at);

/* Quicksort by cache; records with equal caches go deeper into their keys. */
static void sort_cached(struct sorter *s, struct keyref *refs, size_t count, struct position at)
{
	while (count >= SMALL) {
		uint64_t pivot = pick_pivot(s, refs, count);
		size_t low = 0, i = 0, high = count;
		struct position deeper = at;

		while (i < high) {
			struct keyref ref = refs[i];

			if (ref.cache < pivot) {
				refs[i++] = refs[low];
				refs[low++] = ref;
			} else if (ref.cache > pivot) {
				refs[i] = refs[--high];
				refs[high] = ref;
			} else {
				i++;
			}
		}
		if (high - low > 1 && advance(&deeper, pivot, s->shape))
			sort_group(s, refs + low, high - low, deeper);
		/* The smaller side by recursion: the stack stays logarithmic. */
		if (low < count - high) {
			sort_cached(s, refs, low, at);
			refs += high;
			count -= high;
		} else {
			sort_cached(s, refs + high, count - high, at);
			count = low;
		}
	}
	insertion_sort(refs, count, s->shape);
}

static void sort_group(struct sorter *s, struct keyref *refs, size_t count, struct position at)
{
	if (count >= SMALL) {
		if (at.part == IN_PATH)
			at.offset += shared_bytes(refs, count, s->shape, at.offset);
		load_caches(refs, count, s->shape, at);
	}
	sort_cached(s, refs, count, at);
}

void keysort(struct keyref *refs, size_t count, const struct key_shape *shape)
{
	struct sorter s = { .shape = shape, .random = (uintptr_t)refs ^ (uintptr_t)&s };

	sort_group(&s, refs, count, (struct position){ shape->by_level ? AT_LEVEL : IN_PATH, 0 });
}
