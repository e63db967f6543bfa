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

/* By which rows are sorted. */
static int64_t row_rank(struct dir_search *scan)
{
	const struct dir_question *q = scan->question;
	struct db *db = &scan->a->db;
	int64_t rank = dir_rank(db, scan->select, SELECTED_RANK, q->reverse), lost;

	/* A length of INT64_MAX is that or more. */
	if (db_column_is_null(scan->select, SELECTED_RANK) || rank == INT64_MAX ||
	    rank == -INT64_MAX)
		return rank;
	scan->bound = rank;
	lost = db_column(db, scan->select, SELECTED_LOST, DB_COUNT);
	return q->reverse ? rank - lost : rank + lost;
}

/* Can files match in a directory, and none in one around it (dir_outer.h)? */
static bool may_match_inside(const struct dir_search *scan)
{
	const struct dir_question *q = scan->question;

	return dir_question_matches(q) && dir_question_loses(scan->a, q) && !q->filter.own;
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
			hit->rank = row_rank(scan);
		*inner = dir_question_nests(q) && hit->dir_id <= scan->until;
		if (*inner && q->once && !may_match_inside(scan))
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
	dir->sums = dir->lost = (struct sums){ 0 };
	if (q->want_total && (!inner || q->filter.own || may_match_inside(scan)))
		dir->total = row_total(scan);
	return true;
}

/* Its files are in the total from here on, each link for itself: lose_links comes later. */
static void add_to_total(struct dir_search *scan, const struct dir_total *total, int64_t dir_id,
			 int64_t last)
{
	const struct dir_question *q = scan->question;

	dir_total_add(&scan->total, total);
	if (!dir_question_loses(scan->a, q))
		return;
	link_parts_add(&scan->listed, dir_id, q->filter.own ? dir_id : last, 0);
	scan->listed_count++;
}

static void add_match_to_total(struct dir_search *scan, struct match_dir *dir)
{
	if (!scan->question->want_total)
		return;
	dir->total.matching = dir->sums;
	sums_add(&dir->total.matching, &dir->lost);
	add_to_total(scan, &dir->total, dir->dir_id, dir->last);
}

/* The next one in which files match, of the outermost ones if only these are listed. */
static bool find_match(struct dir_search *scan, struct match_dir *dir)
{
	const struct dir_question *q = scan->question;
	struct match_dir outer;

	for (;;) {
		if (q->once && dir_outer_next(&scan->outer, dir)) {
			add_match_to_total(scan, dir);
			return true;
		}
		if (scan->all_matched)
			return false;
		scan->all_matched = !dir_match_next(&scan->match, read_candidate, scan, dir);
		if (scan->all_matched)
			dir_outer_end(&scan->outer);
		else if (q->once || q->want_total)
			dir_outer_add(&scan->outer, dir);
		if (!q->once) {
			while (dir_outer_next(&scan->outer, &outer))
				add_match_to_total(scan, &outer);
			return !scan->all_matched;
		}
	}
}

static bool next_match(struct dir_search *scan, struct dir_hit *hit)
{
	const struct dir_question *q = scan->question;
	struct match_dir dir;

	if (!scan->select && !scan->match.begun)
		return false;
	if (!find_match(scan, &dir))
		return false;
	*hit = (struct dir_hit){ dir.dir_id, dir.rank, false, dir.sums };
	if (dir_sort_is_matching(q->sort))
		hit->rank = dir_matching_rank(q, &dir.sums);
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

			add_to_total(scan, &total, hit->dir_id, last);
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
		bool full = scan->held.count == scan->question->limit;

		if (full && scan->by_seen && scan->bound > scan->held.hits[0].rank)
			break;
		if (!full) {
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
	if (heap && dir_question_is_open(q) && !dir_question_nests(q) &&
	    q->sort != DIR_BY_SHARED) {
		scan->counted = true;
		scan->matches = (uint64_t)scope->directories;
	}
	if (plan == PLAN_RANGE && search(scan))
		return;
	scan->by_seen = plan == PLAN_SIZE && dir_question_loses(a, q);
	scan->in_order = !dir_question_matches(q) && !scan->by_seen &&
			 (plan == PLAN_SIZE ||
			  (plan == PLAN_SHARED && !q->sort_own && !dir_question_nests(q)) ||
			  (q->sort == DIR_BY_PATH && !(q->reverse && dir_question_nests(q))));
	scan->plan = dir_plan_name(plan);
	scan->select = dir_plan_prepare(a, scope, q, plan, scan->in_order || scan->by_seen);
	if (dir_question_matches(q))
		dir_match_open(&scan->match, a, &q->match, q->filter.own,
			       q->count_links ? LINKS_SEEN : LINKS_ONCE);
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

/* What links take from files of the listed directories. */
static struct sums lost_in_total(struct dir_search *scan, const struct file_match *match,
				 enum link_count loss)
{
	const struct link_parts *listed = &scan->listed;
	struct totals lost = { 0 };
	struct usage_rows rows = { .a = scan->a, .match = match, .loss = loss, .totals = &lost,
				   .part = { -1, -1, -1, -1 } };
	struct sums sums;

	usage_rows_open(&rows);
	if (scan->listed_count == 1 && !scan->question->filter.own)
		usage_rows_subtree(&rows, listed->parts[0].first, listed->parts[0].last, false);
	else
		link_rows_take(&rows, listed, -1);
	usage_rows_close(&rows);
	sums = *totals_at(&lost, rows.key);
	totals_release(&lost);
	return sums;
}

/* So far each link counts in the total. */
static void lose_links(struct dir_search *scan)
{
	const struct dir_question *q = scan->question;
	struct dir_total *total = &scan->total;
	struct file_match all;
	struct sums lost;

	file_match_init(&all);
	total->seen = total->freed = total->usage.sums;
	if (!dir_question_loses(scan->a, q) || !q->want_total)
		return;
	lost = lost_in_total(scan, &all, LINKS_ONCE);
	link_rows_lose(scan->a, &total->usage.sums, &lost);
	if (q->links) {
		lost = lost_in_total(scan, &all, LINKS_FREED);
		link_rows_lose(scan->a, &total->freed, &lost);
	}
	if (dir_question_matches(q)) {
		lost = lost_in_total(scan, &q->match, LINKS_ONCE);
		lost.apparent = 0; /* nor has what matches a length */
		link_rows_lose(scan->a, &total->matching, &lost);
	}
	link_parts_release(&scan->listed);
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
	if (scan->match.seen.select)
		dir_match_close(&scan->match);
	dir_outer_release(&scan->outer);
	lose_links(scan);
	scan->held = (struct dir_heap){ 0 };
	scan->sorter = NULL;
}
