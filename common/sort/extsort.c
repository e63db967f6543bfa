/* SPDX-License-Identifier: MIT */
/*
 * Records collect in one arena: bytes grow up from its start, references (keysort.h) down from
 * its end. When they meet, the references are sorted, by as many threads as are allowed, and
 * written as a run. At the end all runs are merged, and what is in the arena then with them; if
 * nothing was spilled, nothing touches the disk.
 *
 * At most `fan_in` runs are read at a time. More than that are reduced by merging the shortest
 * first, as Huffman would, so the work is least; with 32 runs of 8 MiB and a fan-in of 8:
 *
 *     32 runs -> four merges, of the 8, 8, 8 and 4 shortest -> 8 runs -> one pass to the output
 *
 * Memory: an eighth is kept for the buffers of runs that are merged with the arena. If it is not
 * enough for all of them, the arena becomes a run too, and is freed before any buffer is made.
 */
#include "common/sort/extsort.h"

#include "common/sort/keysort.h"
#include "common/sort/run.h"

#define RUNS_MAX 1024
#define FAN_IN_MAX 64
#define PROGRESS_STEP 65536
/* Records of the arena lie anywhere: ask for one so many before it is needed. */
#define AHEAD 8

/* Where a merge takes records from: the arena, a run, or the caller. */
struct source {
	const struct keyref *refs; /* of the arena; NULL: another */
	struct keysort *sort;
	size_t at, sorted;
	struct run_reader run;
	extsort_give *give;            /* of the caller; NULL: another */
	void *arg;
	const char *path;              /* current record; path NULL when there is none left */
	size_t len;
	const unsigned char *tail;
};

struct merge {
	struct source *sources;
	size_t count;
	size_t *losers;   /* losers[0] is the winner, losers[1..) the losers on its way */
	struct buf path;  /* the record handed out */
	unsigned char tail[RUN_TAIL_MAX];
};

struct extsort {
	struct extsort_config config;
	struct key_shape shape;
	unsigned char *arena;
	size_t used;            /* bytes of records at the start of the arena */
	struct keyref *refs;    /* the lowest reference in use; refs_end is the arena's end */
	struct keyref *refs_end;
	struct spill spill;
	struct run_writer writer;
	struct run runs[RUNS_MAX];
	size_t run_count, fan_in;
	size_t beside_arena;    /* bytes of memory: for buffers while there is an arena */
	extsort_give *give;     /* extsort_add_last */
	void *give_arg;
	struct merge merge;     /* the last one, which extsort_next reads */
	struct extsort_stats stats;
};

struct extsort *extsort_new(const struct extsort_config *config)
{
	struct extsort *x = xcalloc(1, sizeof(*x));
	size_t memory = config->memory < EXTSORT_MEMORY_MIN ? EXTSORT_MEMORY_MIN : config->memory;

	x->config = *config;
	x->config.memory = memory;
	x->shape = (struct key_shape){ config->tail_len, config->key_len, config->by_level };
	x->fan_in = memory / (2 * RUN_BUFFER);
	if (x->fan_in > FAN_IN_MAX)
		x->fan_in = FAN_IN_MAX;
	x->beside_arena = memory / 8 < FAN_IN_MAX * RUN_BUFFER ? memory / 8
							       : FAN_IN_MAX * RUN_BUFFER;
	spill_init(&x->spill, config->temp_dir, config->quiet);
	return x;
}

/* ---- merging ---- */

static bool arena_next(struct source *s, size_t tail_len)
{
	const unsigned char *record;

	if (s->at == s->sorted) {
		s->sorted = keysort_more(s->sort, s->sorted);
		if (s->at == s->sorted)
			return false;
	}
	if (s->sorted - s->at > AHEAD)
		__builtin_prefetch(s->refs[s->at + AHEAD].record);
	record = s->refs[s->at++].record;
	s->path = record_path(record, tail_len);
	s->len = record_path_len(record);
	s->tail = record_tail(record);
	return true;
}

static bool next_of_run(struct source *s)
{
	if (!run_next(&s->run))
		return false;
	s->path = s->run.path.len ? (const char *)s->run.path.data : "";
	s->len = s->run.path.len;
	s->tail = s->run.tail;
	return true;
}

static bool next_of_caller(struct source *s)
{
	struct extsort_item item;

	if (!s->give(s->arg, &item))
		return false;
	s->path = item.path;
	s->len = item.len;
	s->tail = item.tail;
	return true;
}

static void source_next(struct source *s, size_t tail_len)
{
	if (!(s->refs ? arena_next(s, tail_len) : s->give ? next_of_caller(s) : next_of_run(s)))
		s->path = NULL;
}

static bool source_before(const struct key_shape *shape, const struct source *a,
			  const struct source *b)
{
	if (!a->path || !b->path)
		return a->path != NULL;
	return key_compare(shape, a->path, a->len, a->tail, b->path, b->len, b->tail) < 0;
}

/* Play source `winner` up the tree against the losers that wait there. */
static void replay(struct merge *m, const struct key_shape *shape, size_t winner)
{
	for (size_t node = (winner + m->count) / 2; node; node /= 2) {
		size_t waiting = m->losers[node];

		if (waiting == SIZE_MAX ||
		    source_before(shape, &m->sources[waiting], &m->sources[winner])) {
			m->losers[node] = winner;
			winner = waiting;
			if (winner == SIZE_MAX)
				return; /* the first at this node waits for its opponent */
		}
	}
	m->losers[0] = winner;
}

static void merge_start(struct merge *m, const struct key_shape *shape)
{
	m->losers = xmalloc((m->count + 1) * sizeof(*m->losers));
	for (size_t i = 0; i <= m->count; i++)
		m->losers[i] = SIZE_MAX;
	for (size_t i = 0; i < m->count; i++) {
		source_next(&m->sources[i], shape->tail_len);
		replay(m, shape, i);
	}
}

static struct source *merge_top(struct merge *m)
{
	return m->count ? &m->sources[m->losers[0]] : NULL;
}

static void merge_advance(struct merge *m, const struct key_shape *shape)
{
	source_next(merge_top(m), shape->tail_len);
	replay(m, shape, m->losers[0]);
}

/* The next record, equal keys combined, into m->path and m->tail. */
static bool merge_next(struct extsort *x, struct merge *m)
{
	struct source *top = merge_top(m);

	if (!top || !top->path)
		return false;
	m->path.len = 0;
	buf_add(&m->path, top->path, top->len);
	memcpy(m->tail, top->tail, x->shape.tail_len);
	merge_advance(m, &x->shape);
	for (top = merge_top(m); top->path; top = merge_top(m)) {
		if (top->len != m->path.len ||
		    key_compare(&x->shape, (char *)m->path.data, m->path.len, m->tail, top->path,
				top->len, top->tail))
			break;
		if (!x->config.combine(m->tail, top->tail))
			die(EXIT_INPUT, "%s: a sum of its records exceeds 2^63-1",
			    path_for_message((char *)m->path.data, m->path.len));
		merge_advance(m, &x->shape);
	}
	return true;
}

static void merge_end(struct merge *m)
{
	for (size_t i = 0; i < m->count; i++) {
		keysort_end(m->sources[i].sort);
		run_close(&m->sources[i].run);
	}
	free(m->sources);
	free(m->losers);
	buf_release(&m->path);
	*m = (struct merge){ 0 };
}

static int shorter_first(const void *a, const void *b)
{
	const struct run *ra = a, *rb = b;

	if (ra->length != rb->length)
		return ra->length < rb->length ? -1 : 1;
	return (ra->offset > rb->offset) - (ra->offset < rb->offset);
}

/* The first runs, and room for two other sources. */
static void open_runs(struct extsort *x, struct merge *m, size_t count, size_t memory)
{
	size_t buffer = count ? memory / count : 0;

	if (buffer < RUN_BUFFER)
		buffer = RUN_BUFFER;
	if (buffer > 4 * RUN_BUFFER)
		buffer = 4 * RUN_BUFFER;
	m->count = count;
	m->sources = xcalloc(count + 2, sizeof(*m->sources));
	for (size_t i = 0; i < count; i++)
		run_open(&m->sources[i].run, &x->spill, x->shape.tail_len, &x->runs[i], buffer);
}

static void write_merged_run(struct extsort *x, struct merge *m)
{
	extsort_begin_run(x);
	while (merge_next(x, m)) {
		run_put(&x->writer, (char *)m->path.data, m->path.len, m->tail);
		if (x->config.progress && x->writer.run.records % PROGRESS_STEP == 0)
			progress_update(x->config.progress, x->writer.run.records, 0);
	}
	merge_end(m);
	x->runs[x->run_count++] = run_end(&x->writer);
}

/* Merge the `count` shortest runs into one. */
static void merge_shortest(struct extsort *x, size_t count)
{
	struct merge m = { 0 };
	uint64_t total = 0;

	qsort(x->runs, x->run_count, sizeof(*x->runs), shorter_first);
	for (size_t i = 0; i < count; i++)
		total += x->runs[i].records;
	if (x->config.progress)
		progress_phase(x->config.progress, "merging", "records", total);
	open_runs(x, &m, count, x->config.memory / 2);
	merge_start(&m, &x->shape);
	x->run_count -= count;
	memmove(x->runs, x->runs + count, x->run_count * sizeof(*x->runs));
	write_merged_run(x, &m);
	x->stats.merges++;
}

/* ---- the arena ---- */

static void arena_make(struct extsort *x)
{
	size_t size = (x->config.memory - x->beside_arena) & ~(sizeof(struct keyref) - 1);

	x->arena = xmalloc_large(size);
	x->refs_end = (struct keyref *)(void *)(x->arena + size);
	x->refs = x->refs_end;
}

static void arena_free(struct extsort *x)
{
	free(x->arena);
	x->arena = NULL;
	x->used = 0;
	x->refs = x->refs_end = NULL;
}

/* What is in the arena, sorted as it is taken out. */
static void open_arena(struct extsort *x, struct merge *m)
{
	struct source *s = &m->sources[m->count++];

	s->refs = x->refs;
	s->sort = keysort_start(x->refs, (size_t)(x->refs_end - x->refs), &x->shape,
				x->config.threads);
}

static void make_room_for_run(struct extsort *x)
{
	if (x->run_count == RUNS_MAX)
		merge_shortest(x, x->fan_in);
}

static void spill_arena(struct extsort *x)
{
	struct merge m = { 0 };

	open_runs(x, &m, 0, 0);
	open_arena(x, &m);
	merge_start(&m, &x->shape);
	write_merged_run(x, &m);
	x->stats.runs++;
	x->used = 0;
	x->refs = x->refs_end;
	if (x->run_count == RUNS_MAX) {
		arena_free(x);
		make_room_for_run(x);
	}
}

void extsort_add(struct extsort *x, const char *path, size_t len, const unsigned char *tail)
{
	size_t size = record_size(x->shape.tail_len, len);

	if (!x->arena)
		arena_make(x);
	if (x->used + size > (size_t)((unsigned char *)(x->refs - 1) - x->arena))
		spill_arena(x);
	if (!x->arena)
		arena_make(x);
	record_write(x->arena + x->used, path, len, tail, x->shape.tail_len);
	(--x->refs)->record = x->arena + x->used;
	x->used += size;
	x->stats.records_in++;
}

void extsort_begin_run(struct extsort *x)
{
	run_begin(&x->writer, &x->spill, x->shape.tail_len);
}

void extsort_put_run(struct extsort *x, const char *path, size_t len, const unsigned char *tail)
{
	run_put(&x->writer, path, len, tail);
	x->stats.records_in++;
}

void extsort_end_run(struct extsort *x)
{
	x->runs[x->run_count++] = run_end(&x->writer);
	x->stats.runs++;
	make_room_for_run(x);
}

void extsort_add_last(struct extsort *x, extsort_give *give, void *arg)
{
	x->give = give;
	x->give_arg = arg;
}

void extsort_end_input(struct extsort *x)
{
	struct merge *m = &x->merge;

	if (x->refs != x->refs_end && x->run_count > x->beside_arena / RUN_BUFFER)
		spill_arena(x);
	if (x->refs == x->refs_end)
		arena_free(x);
	while (x->run_count > x->fan_in) {
		size_t surplus = x->run_count - x->fan_in + 1;

		merge_shortest(x, surplus < x->fan_in ? surplus : x->fan_in);
	}
	qsort(x->runs, x->run_count, sizeof(*x->runs), shorter_first);
	open_runs(x, m, x->run_count, x->arena ? x->beside_arena : x->config.memory / 2);
	if (x->arena)
		open_arena(x, m);
	if (x->give) {
		m->sources[m->count].give = x->give;
		m->sources[m->count++].arg = x->give_arg;
	}
	merge_start(m, &x->shape);
}

bool extsort_next(struct extsort *x, struct extsort_item *item)
{
	if (!merge_next(x, &x->merge))
		return false;
	item->path = x->merge.path.len ? (char *)x->merge.path.data : "";
	item->len = x->merge.path.len;
	item->tail = x->merge.tail;
	x->stats.records_out++;
	return true;
}

struct extsort_stats extsort_stats(const struct extsort *x)
{
	struct extsort_stats stats = x->stats;

	stats.spill_written = x->spill.written;
	stats.spill_peak = x->spill.peak;
	return stats;
}

void extsort_free(struct extsort *x)
{
	merge_end(&x->merge);
	arena_free(x);
	spill_release(&x->spill);
	free(x);
}
