/* SPDX-License-Identifier: MIT */
#include "common/sort/keysort.h"

#include <pthread.h>

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

/* Three groups in place: caches below the pivot, equal, from *high on above. Returns the pivot. */
static uint64_t split(struct sorter *s, struct keyref *refs, size_t count, size_t *low,
		      size_t *high)
{
	uint64_t pivot = pick_pivot(s, refs, count);
	size_t below = 0, i = 0, above = count;

	while (i < above) {
		struct keyref ref = refs[i];

		if (ref.cache < pivot) {
			refs[i++] = refs[below];
			refs[below++] = ref;
		} else if (ref.cache > pivot) {
			refs[i] = refs[--above];
			refs[above] = ref;
		} else {
			i++;
		}
	}
	*low = below;
	*high = above;
	return pivot;
}

static void sort_group(struct sorter *s, struct keyref *refs, size_t count, struct position at);

/* Quicksort by cache; records with equal caches go deeper into their keys. */
static void sort_cached(struct sorter *s, struct keyref *refs, size_t count, struct position at)
{
	while (count >= SMALL) {
		struct position deeper = at;
		size_t low, high;
		uint64_t pivot = split(s, refs, count, &low, &high);

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

static void start_group(const struct sorter *s, struct keyref *refs, size_t count,
			struct position *at)
{
	if (at->part == IN_PATH)
		at->offset += shared_bytes(refs, count, s->shape, at->offset);
	load_caches(refs, count, s->shape, *at);
}

static void sort_group(struct sorter *s, struct keyref *refs, size_t count, struct position at)
{
	if (count >= SMALL)
		start_group(s, refs, count, &at);
	sort_cached(s, refs, count, at);
}

/* ---- from the front, with several threads ---- */

/*
 * The references are a list of stretches, each of which belongs behind the one before. Whoever has
 * nothing to do takes the first that is not sorted: a long one becomes three, a short one is
 * sorted.
 */
struct stretch {
	struct keyref *refs;
	size_t count;
	enum { UNSORTED, IN_WORK, SORTED } state;
	struct position at;
	bool started; /* the caches are those of `at` */
	struct stretch *next;
};

/* References that one thread sorts at a time: about a millisecond. */
#define SHORT 4096

struct keysort {
	struct key_shape shape;
	struct stretch *first; /* that keysort_more has not counted */
	size_t sorted;
	bool stop;
	unsigned working; /* on stretches */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t *helpers;
	unsigned helper_count;
};

/* The first stretch to be worked on. On the way there, what is sorted becomes one. */
static struct stretch *first_unsorted(struct keysort *s)
{
	struct stretch *w = s->first;

	while (w && w->state != UNSORTED) {
		struct stretch *next = w->next;

		if (!next || w->state != SORTED || next->state != SORTED) {
			w = next;
			continue;
		}
		w->count += next->count;
		w->next = next->next;
		free(next);
	}
	return w;
}

static void sort_short(const struct keysort *s, struct stretch *w)
{
	struct sorter sorter = { &s->shape, (uintptr_t)w->refs };

	if (w->started)
		sort_cached(&sorter, w->refs, w->count, w->at);
	else
		sort_group(&sorter, w->refs, w->count, w->at);
}

static struct stretch *new_stretch(const struct stretch *from, struct stretch *next)
{
	struct stretch *w;

	if (!from->count)
		return next;
	w = xmalloc(sizeof(*w));
	*w = *from;
	w->next = next;
	return w;
}

/* What is left of `w` itself are the first references, or none; the others are in `behind`. */
static void split_long(const struct keysort *s, struct stretch *w, struct stretch **behind)
{
	struct sorter sorter = { &s->shape, (uintptr_t)w->refs };
	struct stretch equal = { 0 }, above = { 0 };
	size_t low, high;
	uint64_t pivot;

	if (!w->started)
		start_group(&sorter, w->refs, w->count, &w->at);
	w->started = true;
	pivot = split(&sorter, w->refs, w->count, &low, &high);
	above = equal = *w;
	above.refs += high;
	above.count -= high;
	equal.refs += low;
	equal.count = high - low;
	equal.started = false;
	if (equal.count == 1 || !advance(&equal.at, pivot, &s->shape))
		equal.state = SORTED;
	w->count = low;
	*behind = new_stretch(&equal, new_stretch(&above, NULL));
}

/* One step, without the lock, which is held before and after. */
static void work_on(struct keysort *s, struct stretch *w)
{
	struct stretch *behind = NULL, **last = &behind;
	bool is_short = w->count < SHORT;

	w->state = IN_WORK;
	s->working++;
	pthread_mutex_unlock(&s->lock);
	if (is_short)
		sort_short(s, w);
	else
		split_long(s, w, &behind);
	pthread_mutex_lock(&s->lock);
	s->working--;
	w->state = is_short || !w->count ? SORTED : UNSORTED;
	for (; *last; last = &(*last)->next) {
		if ((*last)->state == IN_WORK)
			(*last)->state = UNSORTED;
	}
	*last = w->next;
	w->next = behind;
	pthread_cond_broadcast(&s->changed);
}

static void *help(void *arg)
{
	struct keysort *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!s->stop) {
		struct stretch *w = first_unsorted(s);

		if (w)
			work_on(s, w);
		else if (s->working)
			pthread_cond_wait(&s->changed, &s->lock);
		else
			break;
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

struct keysort *keysort_start(struct keyref *refs, size_t count, const struct key_shape *shape,
			      unsigned threads)
{
	const struct stretch all = { .refs = refs, .count = count,
				     .at = { shape->by_level ? AT_LEVEL : IN_PATH, 0 } };
	struct keysort *s = xcalloc(1, sizeof(*s));

	s->shape = *shape;
	s->first = new_stretch(&all, NULL);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	if (threads > 1 + count / SHORT)
		threads = (unsigned)(1 + count / SHORT);
	s->helpers = xcalloc(threads, sizeof(*s->helpers));
	for (; s->helper_count + 1 < threads; s->helper_count++) {
		errno = pthread_create(&s->helpers[s->helper_count], NULL, help, s);
		if (errno)
			die_errno("cannot start a thread to sort; -j 1 needs none");
	}
	return s;
}

size_t keysort_more(struct keysort *s, size_t sorted)
{
	struct stretch *w;

	pthread_mutex_lock(&s->lock);
	while (s->sorted <= sorted && (w = s->first)) {
		if (w->state == UNSORTED) {
			work_on(s, w);
		} else if (w->state == IN_WORK) {
			pthread_cond_wait(&s->changed, &s->lock);
		} else {
			s->sorted += w->count;
			s->first = w->next;
			free(w);
		}
	}
	pthread_mutex_unlock(&s->lock);
	return s->sorted;
}

void keysort_end(struct keysort *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	for (unsigned i = 0; i < s->helper_count; i++)
		pthread_join(s->helpers[i], NULL);
	for (struct stretch *w = s->first, *next; w; w = next) {
		next = w->next;
		free(w);
	}
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
	free(s->helpers);
	free(s);
}
