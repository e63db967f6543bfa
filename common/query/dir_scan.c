/*
 * What the statement gives comes in the order of the plan. Unless that is the one asked for, the
 * best so far wait in a heap, or all go through an external sorter.
 */
#include "common/query/dir_scan.h"

#include "common/query/dir_top.h"
#include "common/base/wire.h"

/*
 * The search for the largest gives way before it looks up this share of all rows, or SEARCH_LEAST:
 * to look up a row takes about eight times as long as to read the next one.
 */
#define SEARCH_SHARE 16
#define SEARCH_LEAST 20000

/* ---- rows ---- */

static void add_sum(uint64_t *sum, sqlite3_stmt *row, int column)
{
	*sum = add_saturating(*sum, (uint64_t)sqlite3_column_int64(row, column));
}

static void add_latest(int64_t *latest, sqlite3_stmt *row, int column)
{
	if (sqlite3_column_type(row, column) != SQLITE_NULL &&
	    sqlite3_column_int64(row, column) > *latest)
		*latest = sqlite3_column_int64(row, column);
}

static void add_total(struct dir_scan *scan)
{
	struct dir_total *total = &scan->total;

	add_sum(&total->size, scan->select, 3);
	add_sum(&total->apparent, scan->select, 4);
	add_sum(&total->files, scan->select, 5);
	add_sum(&total->dirs, scan->select, 6);
	add_latest(&total->atime, scan->select, 7);
	add_latest(&total->mtime, scan->select, 8);
}

/* The next directory that matches; false at the end, when the statement is gone. */
static bool read_row(struct dir_scan *scan, struct dir_hit *hit)
{
	const struct dir_question *q = scan->question;

	while (scan->select && db_step(&scan->a->db, scan->select)) {
		bool inner;

		hit->dir_id = sqlite3_column_int64(scan->select, 0);
		if (q->sort == SORT_PATH)
			hit->rank = q->reverse ? -hit->dir_id : 0;
		else
			hit->rank = dir_rank(scan->select, 1, q->reverse);
		inner = dir_question_nests(q) && hit->dir_id <= scan->until;
		if (inner && q->once)
			continue;
		if (q->want_total && (!inner || q->filter.own))
			add_total(scan);
		if (dir_question_nests(q) && !inner)
			scan->until = hit->dir_id + sqlite3_column_int64(scan->select, 2);
		scan->matches += !scan->counted;
		return true;
	}
	if (scan->select) {
		dir_cost_note(&scan->cost, scan->select);
		sqlite3_finalize(scan->select);
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
		struct dir_hit last = dir_heap_pop(held);

		held->hits[held->count] = last;
	}
	held->count = count;
}

static void hold_best(struct dir_scan *scan)
{
	struct dir_hit hit;

	scan->held.last_on_top = true;
	while (read_row(scan, &hit)) {
		if (scan->held.count < scan->question->limit) {
			dir_heap_push(&scan->held, hit);
		} else if (dir_hit_before(&hit, &scan->held.hits[0])) {
			dir_heap_pop(&scan->held);
			dir_heap_push(&scan->held, hit);
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

static void sort_all(struct dir_scan *scan)
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

static bool next_sorted(struct dir_scan *scan, struct dir_hit *hit)
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
static bool search(struct dir_scan *scan)
{
	const struct dir_question *q = scan->question;
	int64_t budget = scan->scope->directories / SEARCH_SHARE;

	if (!scan->counted || q->reverse || q->sort_own || q->sort >= SORT_DEPTH ||
	    scan->scope->directories <= RANGE_CHEAP)
		return false;
	scan->held.hits = xcalloc(q->limit, sizeof(*scan->held.hits));
	scan->plan = "search";
	if (budget < SEARCH_LEAST)
		budget = SEARCH_LEAST;
	if (dir_top(scan->a, scan->scope, dir_question_column(q), q->limit, budget, &scan->held,
		    &scan->cost))
		return true;
	free(scan->held.hits);
	scan->held.hits = NULL;
	return false;
}

void dir_scan_start(struct dir_scan *scan, struct db_reader_db *a, const struct scope *scope,
		    const struct dir_question *q)
{
	bool heap = q->limit && q->limit <= DIR_HEAP_MAX;
	enum dir_plan plan = dir_plan_choose(a, scope, q);

	*scan = (struct dir_scan){ .a = a, .scope = scope, .question = q,
				   .total = { .atime = TIME_NONE, .mtime = TIME_NONE } };
	if (heap && dir_question_is_open(q) && !dir_question_nests(q)) {
		scan->counted = true;
		scan->matches = (uint64_t)scope->directories;
	}
	if (plan == PLAN_RANGE && search(scan))
		return;
	scan->in_order = plan == PLAN_SIZE ||
			 (q->sort == SORT_PATH && !(q->reverse && dir_question_nests(q)));
	scan->plan = dir_plan_name(plan);
	scan->select = dir_plan_prepare(a, scope, q, plan, scan->in_order);
	if (scan->in_order)
		return;
	if (heap)
		hold_best(scan);
	else
		sort_all(scan);
}

bool dir_scan_next(struct dir_scan *scan, struct dir_hit *hit)
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

void dir_scan_finish(struct dir_scan *scan)
{
	struct dir_hit hit;

	if (scan->counted && scan->select) {
		dir_cost_note(&scan->cost, scan->select);
		sqlite3_finalize(scan->select);
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
