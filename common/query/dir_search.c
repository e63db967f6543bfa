/* SPDX-License-Identifier: MIT */
/*
 * What the statement gives comes in the order of the plan. Unless that is the one asked for, the best so
 * far wait in a heap, or all go through an external sorter.
 */
#include "common/query/dir_search.h"

#include "common/base/wire.h"
#include "common/db/db_column.h"
#include "common/query/dir_top.h"

/*
 * The search for the largest gives way before it looks up this share of all rows, or SEARCH_LEAST:
 * to look up a row takes about eight times as long as to read the next one.
 */
#define SEARCH_SHARE 16
#define SEARCH_LEAST 20000

/* ---- rows ---- */

/* What the current row has. */
static struct dir_total row_total(struct dir_search *scan)
{
	struct db *db = &scan->a->db;
	sqlite3_stmt *row = scan->select;

	return (struct dir_total){
		.usage = {
			.sums = { .files = db_column(db, row, SELECTED_FILES, DB_COUNT),
				  .allocated = db_column(db, row, SELECTED_SIZE, DB_SIZE),
				  .apparent = db_column(db, row, SELECTED_APPARENT, DB_SIZE) },
			.max_atime = db_column_or(db, row, SELECTED_ATIME, DB_TIME, TIME_NONE),
			.max_mtime = db_column_or(db, row, SELECTED_MTIME, DB_TIME, TIME_NONE),
		},
		.dirs = (uint64_t)db_column(db, row, SELECTED_DIRS, DB_DIRECTORY_COUNT),
	};
}

/*
 * The next directory that the statement gives; false at the end, when it is gone. `inner`: it lies in
 * one that came before. `last` is where its subtree ends, if the question nests.
 */
static bool read_row(struct dir_search *scan, struct dir_hit *hit, bool *inner, int64_t *last)
{
	const struct dir_question *q = scan->question;
	struct db *db = &scan->a->db;

	while (scan->select && db_step(db, scan->select)) {
		*hit = (struct dir_hit){ .dir_id = db_column(db, scan->select, SELECTED_ID, DB_ID) };
		if (q->sort == DIR_BY_PATH)
			hit->rank = q->reverse ? -hit->dir_id : 0;
		else if (!dir_sort_is_matching(q->sort))
			hit->rank = dir_rank(db, scan->select, SELECTED_RANK, q->reverse);
		*inner = dir_question_nests(q) && hit->dir_id <= scan->until;
		if (*inner && q->once)
			continue;
		if (dir_question_nests(q))
			*last = hit->dir_id + db_column(db, scan->select, SELECTED_DIRS_BELOW,
							DB_DIRECTORY_COUNT);
		if (dir_question_nests(q) && !*inner)
			scan->until = *last;
		return true;
	}
	if (scan->select) {
		db_reader_finalize(scan->a, scan->select);
		scan->select = NULL;
	}
	return false;
}

/* For dir_match_next. */
static bool read_candidate(void *arg, struct match_dir *dir)
{
	struct dir_search *scan = arg;
	const struct dir_question *q = scan->question;
	struct dir_hit hit;
	bool inner;

	if (!read_row(scan, &hit, &inner, &dir->last))
		return false;
	if (q->filter.own)
		dir->last = hit.dir_id;
	dir->dir_id = hit.dir_id;
	dir->rank = hit.rank;
	dir->sums = (struct sums){ 0 };
	if (q->want_total && (!inner || q->filter.own))
		dir->total = row_total(scan);
	return true;
}

static bool next_match(struct dir_search *scan, struct dir_hit *hit)
{
	const struct dir_question *q = scan->question;
	struct match_dir dir;

	if (!scan->select && !scan->match.begun)
		return false;
	if (!dir_match_next(&scan->match, read_candidate, scan, &dir))
		return false;
	*hit = (struct dir_hit){ dir.dir_id, dir.rank, false, dir.sums };
	if (dir_sort_is_matching(q->sort))
		hit->rank = dir_matching_rank(q, &dir.sums);
	if (q->want_total && dir.outermost) {
		dir.total.matching = dir.sums;
		dir_total_add(&scan->total, &dir.total);
	}
	return true;
}

/* The next directory that the list is made of; false at the end. */
static bool read_hit(struct dir_search *scan, struct dir_hit *hit)
{
	const struct dir_question *q = scan->question;
	int64_t last = 0;
	bool inner = false, is_there;

	if (dir_question_matches(q)) {
		is_there = next_match(scan, hit);
	} else {
		is_there = read_row(scan, hit, &inner, &last);
		if (is_there && q->want_total && (!inner || q->filter.own)) {
			struct dir_total total = row_total(scan);

			dir_total_add(&scan->total, &total);
		}
	}
	scan->matches += is_there && !scan->counted;
	return is_there;
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

static void hold_best(struct dir_search *scan)
{
	struct dir_hit hit;

	scan->held.last_on_top = true;
	while (read_hit(scan, &hit)) {
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

#define SORTED_BYTES 32 /* rank, dir_id and what matches */

static void sort_all(struct dir_search *scan)
{
	struct extsort_config config = scan->question->sorting;
	struct dir_hit hit;

	config.key_len = 16;
	config.tail_len = SORTED_BYTES;
	config.combine = never_equal;
	scan->sorter = extsort_new(&config);
	while (read_hit(scan, &hit)) {
		unsigned char tail[SORTED_BYTES];

		put_be64(tail, sortable(hit.rank));
		put_be64(tail + 8, (uint64_t)hit.dir_id);
		put_be64(tail + 16, (uint64_t)hit.matching.files);
		put_be64(tail + 24, (uint64_t)hit.matching.allocated);
		extsort_add(scan->sorter, "", 0, tail);
	}
	extsort_end_input(scan->sorter);
}

static bool next_sorted(struct dir_search *scan, struct dir_hit *hit)
{
	struct extsort_item item;

	if (!extsort_next(scan->sorter, &item))
		return false;
	*hit = (struct dir_hit){
		.rank = (int64_t)sortable((int64_t)get_be64(item.tail)),
		.dir_id = (int64_t)get_be64(item.tail + 8),
		.matching = { .files = (int64_t)get_be64(item.tail + 16),
			      .allocated = (int64_t)get_be64(item.tail + 24) },
	};
	return true;
}

/* ---- from beginning to end ---- */

/* Nothing is filtered and the largest are asked for: try to do without the others. */
static bool search(struct dir_search *scan)
{
	const struct dir_question *q = scan->question;
	int64_t budget = scan->scope->directories / SEARCH_SHARE;

	if (!dir_question_is_open(q) || q->want_total || q->once || q->filter.own || !q->limit ||
	    q->limit > DIR_HEAP_MAX || q->reverse || q->sort_own || q->sort >= DIR_BY_DEPTH ||
	    dir_question_matches(q) != dir_sort_is_matching(q->sort) ||
	    scan->scope->directories <= RANGE_CHEAP)
		return false;
	scan->held.hits = xcalloc(q->limit, sizeof(*scan->held.hits));
	scan->plan = "search";
	if (budget < SEARCH_LEAST)
		budget = SEARCH_LEAST;
	if (dir_top_find(scan->a, scan->scope, q, budget, &scan->held)) {
		scan->counted = true;
		if (dir_question_matches(q))
			scan->matches = scan->held.count < q->limit ? scan->held.count :
								      DIR_MATCHES_UNKNOWN;
		return true;
	}
	free(scan->held.hits);
	scan->held = (struct dir_heap){ 0 };
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
	scan->in_order = !dir_question_matches(q) &&
			 (plan == PLAN_SIZE ||
			  (q->sort == DIR_BY_PATH && !(q->reverse && dir_question_nests(q))));
	scan->plan = dir_plan_name(plan);
	scan->select = dir_plan_prepare(a, scope, q, plan, scan->in_order);
	if (dir_question_matches(q))
		dir_match_open(&scan->match, a, &q->match);
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
		return read_hit(scan, hit);
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
	while (read_hit(scan, &hit))
		;
	free(scan->held.hits);
	if (scan->sorter)
		extsort_free(scan->sorter);
	if (scan->match.select)
		dir_match_close(&scan->match);
	scan->held = (struct dir_heap){ 0 };
	scan->sorter = NULL;
}
