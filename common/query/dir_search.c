/*
 * The n largest, without reading the others: totals of subtrees never grow on the way down (nor does the
 * latest time), so the largest directory that was not given yet is a prefix or a child of one that was.
 * A heap of candidates starts with the prefixes, and each directory that is taken out puts its children
 * in. What is read is the children of n directories. Of equal ones the first in tree order is taken
 * first; it cannot hide below a later one, since a parent has a smaller dir_id.
 *
 * All else: what the statement gives comes in the order of the plan. Unless that is the one asked for, the
 * best so far wait in a heap, or all go through an external sorter.
 */
#include "common/query/dir_search.h"

#include "common/base/wire.h"
#include "common/db/db_column.h"

/*
 * The search for the largest gives way before it looks up this share of all rows, or SEARCH_LEAST:
 * to look up a row takes about eight times as long as to read the next one.
 */
#define SEARCH_SHARE 16
#define SEARCH_LEAST 20000

/* ---- heaps ---- */

static bool hit_before(const struct dir_hit *a, const struct dir_hit *b)
{
	return a->rank != b->rank ? a->rank < b->rank : a->dir_id < b->dir_id;
}

static bool above(const struct dir_heap *heap, size_t a, size_t b)
{
	return heap->last_on_top ? hit_before(&heap->hits[b], &heap->hits[a]) :
				   hit_before(&heap->hits[a], &heap->hits[b]);
}

static void swap(struct dir_heap *heap, size_t a, size_t b)
{
	struct dir_hit kept = heap->hits[a];

	heap->hits[a] = heap->hits[b];
	heap->hits[b] = kept;
}

static void push(struct dir_heap *heap, struct dir_hit hit)
{
	size_t at = heap->count++;

	GROW(heap->hits, heap->capacity, at + 1);
	heap->hits[at] = hit;
	for (; at && above(heap, at, (at - 1) / 2); at = (at - 1) / 2)
		swap(heap, at, (at - 1) / 2);
}

static struct dir_hit pop(struct dir_heap *heap)
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

/* ---- the n largest, without reading the others ---- */

struct top {
	struct db_reader_db *a;
	const struct scope *scope;
	sqlite3_stmt *below; /* the children of a directory and what they have */
	sqlite3_stmt *width; /* how many there are */
	struct dir_heap heap;
	int64_t budget;
};

static void push_row(struct top *s)
{
	struct db *db = &s->a->db;
	struct dir_hit hit = { .dir_id = db_column(db, s->below, SELECTED_ID, DB_ID),
			       .rank = dir_rank(db, s->below, SELECTED_RANK, false) };

	if (scope_contains(s->scope, hit.dir_id))
		push(&s->heap, hit);
}

static bool push_children(struct top *s, int64_t dir_id)
{
	struct db *db = &s->a->db;

	db_bind(db, s->width, 1, dir_id);
	if (db_step(db, s->width))
		s->budget -= db_column(db, s->width, 0, DB_DIRECTORY_COUNT);
	db_check(db, sqlite3_reset(s->width));
	if (s->budget < 0)
		return false;
	db_bind(db, s->below, 1, dir_id);
	while (db_step(db, s->below))
		push_row(s);
	return true;
}

static void push_prefixes(struct top *s, const char *column)
{
	const struct scope *scope = s->scope;
	struct db_reader_db *a = s->a;
	char *sql = xasprintf("SELECT dir_id, %s FROM directory_stats WHERE dir_id = ?", column);
	sqlite3_stmt *children = s->below;

	s->below = db_prepare(&a->db, sql);
	for (size_t i = 0; i < scope->prefix_count; i++) {
		if (scope->prefixes[i].nested)
			continue;
		db_bind(&a->db, s->below, 1, scope->prefixes[i].dir_id);
		while (db_step(&a->db, s->below))
			push_row(s);
	}
	sqlite3_finalize(s->below);
	free(sql);
	s->below = children;
}

/*
 * `column` of directory_stats must be one that never grows on the way down. Gives up (false) before
 * it would read more than `budget` directories. `found->hits` has room for `limit`; they are
 * filled in order. What it cost is added to `cost`.
 */
static bool find_top(struct db_reader_db *a, const struct scope *scope, const char *column, uint64_t limit,
		     int64_t budget, struct dir_heap *found)
{
	struct top s = { .a = a, .scope = scope, .budget = budget };
	char *sql = xasprintf(
		"SELECT d.dir_id, s.%s FROM directories AS d INDEXED BY directories_by_name"
		" CROSS JOIN directory_stats AS s ON s.dir_id = d.dir_id"
		" WHERE d.parent_id = ?1 AND d.dir_id > ?1",
		column);
	bool complete = true;

	s.below = db_prepare(&a->db, sql);
	s.width = db_prepare(&a->db,
			     "SELECT dir_count_nr FROM directory_stats WHERE dir_id = ?");
	push_prefixes(&s, column);
	found->count = 0;
	while (complete && s.heap.count && found->count < limit) {
		struct dir_hit hit = pop(&s.heap);

		found->hits[found->count++] = hit;
		complete = found->count == limit || push_children(&s, hit.dir_id);
	}
	db_reader_finalize(a, s.below);
	db_reader_finalize(a, s.width);
	free(s.heap.hits);
	free(sql);
	return complete;
}

/* ---- rows ---- */

void dir_total_add(struct dir_total *to, const struct dir_total *more)
{
	/* Sums of several databases can reach 2^63-1, and stop there. */
	usage_add(&to->usage, &more->usage);
	to->dirs = add_saturating(to->dirs, more->dirs);
}

static void add_total(struct dir_search *scan)
{
	struct db *db = &scan->a->db;
	sqlite3_stmt *row = scan->select;
	const struct dir_total more = {
		.usage = {
			.sums = { .files = db_column(db, row, SELECTED_FILES, DB_COUNT),
				  .allocated = db_column(db, row, SELECTED_SIZE, DB_SIZE),
				  .apparent = db_column(db, row, SELECTED_APPARENT, DB_SIZE) },
			.max_atime = db_column_or(db, row, SELECTED_ATIME, DB_TIME, TIME_NONE),
			.max_mtime = db_column_or(db, row, SELECTED_MTIME, DB_TIME, TIME_NONE),
		},
		.dirs = (uint64_t)db_column(db, row, SELECTED_DIRS, DB_DIRECTORY_COUNT),
	};

	dir_total_add(&scan->total, &more);
}

/* The next directory that matches; false at the end, when the statement is gone. */
static bool read_row(struct dir_search *scan, struct dir_hit *hit)
{
	const struct dir_question *q = scan->question;

	while (scan->select && db_step(&scan->a->db, scan->select)) {
		bool inner;

		hit->dir_id = db_column(&scan->a->db, scan->select, SELECTED_ID, DB_ID);
		if (q->sort == DIR_BY_PATH)
			hit->rank = q->reverse ? -hit->dir_id : 0;
		else
			hit->rank = dir_rank(&scan->a->db, scan->select, SELECTED_RANK, q->reverse);
		inner = dir_question_nests(q) && hit->dir_id <= scan->until;
		if (inner && q->once)
			continue;
		if (q->want_total && (!inner || q->filter.own))
			add_total(scan);
		if (dir_question_nests(q) && !inner)
			scan->until = hit->dir_id + db_column(&scan->a->db, scan->select,
							      SELECTED_DIRS_BELOW, DB_DIRECTORY_COUNT);
		scan->matches += !scan->counted;
		return true;
	}
	if (scan->select) {
		db_reader_finalize(scan->a, scan->select);
		scan->select = NULL;
	}
	return false;
}

/* ---- putting in order ---- */

static void sort_held(struct dir_heap *held)
{
	size_t count = held->count;

	/* The last ones come out first and take the places that become free. */
	while (held->count) {
		struct dir_hit last = pop(held);

		held->hits[held->count] = last;
	}
	held->count = count;
}

static void hold_best(struct dir_search *scan)
{
	struct dir_hit hit;

	scan->held.last_on_top = true;
	while (read_row(scan, &hit)) {
		if (scan->held.count < scan->question->limit) {
			push(&scan->held, hit);
		} else if (hit_before(&hit, &scan->held.hits[0])) {
			pop(&scan->held);
			push(&scan->held, hit);
		}
	}
	sort_held(&scan->held);
}

/* Signed numbers whose bytes compare as they do. */
static uint64_t sortable(int64_t value)
{
	return (uint64_t)value ^ UINT64_C(1) << 63;
}

static bool never_equal(unsigned char *into, const unsigned char *from)
{
	(void)into;
	(void)from;
	return false;
}

static void sort_all(struct dir_search *scan)
{
	struct extsort_config config = scan->question->sorting;
	struct dir_hit hit;

	config.tail_len = config.key_len = 16;
	config.combine = never_equal;
	scan->sorter = extsort_new(&config);
	while (read_row(scan, &hit)) {
		unsigned char tail[16];

		put_be64(tail, sortable(hit.rank));
		put_be64(tail + 8, (uint64_t)hit.dir_id);
		extsort_add(scan->sorter, "", 0, tail);
	}
	extsort_finish(scan->sorter);
}

static bool next_sorted(struct dir_search *scan, struct dir_hit *hit)
{
	struct extsort_item item;

	if (!extsort_next(scan->sorter, &item))
		return false;
	hit->rank = (int64_t)sortable((int64_t)get_be64(item.tail));
	hit->dir_id = (int64_t)get_be64(item.tail + 8);
	return true;
}

/* ---- from beginning to end ---- */

/* Nothing is filtered and the largest are asked for: try to do without the others. */
static bool search(struct dir_search *scan)
{
	const struct dir_question *q = scan->question;
	int64_t budget = scan->scope->directories / SEARCH_SHARE;

	if (!scan->counted || q->reverse || q->sort_own || q->sort >= DIR_BY_DEPTH ||
	    scan->scope->directories <= RANGE_CHEAP)
		return false;
	scan->held.hits = xcalloc(q->limit, sizeof(*scan->held.hits));
	scan->plan = "search";
	if (budget < SEARCH_LEAST)
		budget = SEARCH_LEAST;
	if (find_top(scan->a, scan->scope, dir_question_column(q), q->limit, budget, &scan->held))
		return true;
	free(scan->held.hits);
	scan->held.hits = NULL;
	return false;
}

void dir_search_start(struct dir_search *scan, struct db_reader_db *a, const struct scope *scope,
		    const struct dir_question *q)
{
	bool heap = q->limit && q->limit <= DIR_HEAP_MAX;
	enum dir_plan plan = dir_plan_choose(a, scope, q);

	*scan = (struct dir_search){ .a = a, .scope = scope, .question = q,
				   .total = DIR_TOTAL_NONE };
	if (heap && dir_question_is_open(q) && !dir_question_nests(q)) {
		scan->counted = true;
		scan->matches = (uint64_t)scope->directories;
	}
	if (plan == PLAN_RANGE && search(scan))
		return;
	scan->in_order = plan == PLAN_SIZE ||
			 (q->sort == DIR_BY_PATH && !(q->reverse && dir_question_nests(q)));
	scan->plan = dir_plan_name(plan);
	scan->select = dir_plan_prepare(a, scope, q, plan, scan->in_order);
	if (scan->in_order)
		return;
	if (heap)
		hold_best(scan);
	else
		sort_all(scan);
}

bool dir_search_next(struct dir_search *scan, struct dir_hit *hit)
{
	if (scan->in_order)
		return read_row(scan, hit);
	if (scan->sorter)
		return next_sorted(scan, hit);
	if (scan->next == scan->held.count)
		return false;
	*hit = scan->held.hits[scan->next++];
	return true;
}

void dir_search_finish(struct dir_search *scan)
{
	struct dir_hit hit;

	if (scan->counted && scan->select) {
		db_reader_finalize(scan->a, scan->select);
		scan->select = NULL;
	}
	while (read_row(scan, &hit))
		;
	free(scan->held.hits);
	if (scan->sorter)
		extsort_free(scan->sorter);
	scan->held = (struct dir_heap){ 0 };
	scan->sorter = NULL;
}
