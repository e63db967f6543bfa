/* SPDX-License-Identifier: MIT */
#include "common/query/dir_top.h"

#include "common/db/db_column.h"

#define MATCH_COST 64 /* finding out what matches in a directory, in directories that are read */

struct top {
	struct db_reader_db *a;
	const struct scope *scope;
	sqlite3_stmt *below; /* the children of a directory and what they have */
	sqlite3_stmt *width; /* how many there are */
	struct dir_heap heap;
	bool matching;
	struct dir_match match;
	sqlite3_stmt *lost;  /* what links take from a directory's value; NULL: nothing */
	bool early;          /* see dir_top.h */
	int64_t budget;
};

static void push_row(struct top *s)
{
	struct db *db = &s->a->db;
	struct dir_hit hit = { .dir_id = db_column(db, s->below, SELECTED_ID, DB_ID),
			       .rank = dir_rank(db, s->below, SELECTED_RANK, false),
			       .is_bound = s->matching || s->lost };

	if (scope_contains(s->scope, hit.dir_id))
		dir_heap_push(&s->heap, hit);
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

static int64_t lost_below(struct top *s, int64_t dir_id)
{
	struct db *db = &s->a->db;
	int64_t lost = 0;

	db_bind(db, s->lost, 1, dir_id);
	if (db_step(db, s->lost))
		lost = db_column(db, s->lost, 0, DB_COUNT);
	db_check(db, sqlite3_reset(s->lost));
	return lost;
}

/* The candidate has its true rank from now on; it is none if nothing in it matches. */
static void find_out(struct top *s, const struct dir_question *q, struct dir_hit hit)
{
	hit.is_bound = false;
	if (s->matching) {
		hit.matching = dir_match_below(&s->match, hit.dir_id);
		hit.rank = dir_matching_rank(q, &hit.matching);
		s->budget -= MATCH_COST;
	} else if (hit.rank != -INT64_MAX) {
		hit.rank += lost_below(s, hit.dir_id);
	}
	if (!s->matching || hit.matching.files)
		dir_heap_push(&s->heap, hit);
}

static sqlite3_stmt *prepare_lost(struct db_reader_db *a, const struct dir_question *q)
{
	const char *column = dir_question_lost_column(a, q);
	sqlite3_stmt *select;
	char *sql;

	if (!column)
		return NULL;
	sql = xasprintf("SELECT %s FROM link_stats WHERE dir_id = ?", column);
	select = db_prepare(&a->db, sql);
	free(sql);
	return select;
}

bool dir_top_find(struct db_reader_db *a, const struct scope *scope, const struct dir_question *q,
		  int64_t budget, struct dir_heap *found)
{
	struct top s = { .a = a, .scope = scope, .budget = budget,
			 .matching = dir_question_matches(q) };
	const char *column = dir_question_column(q);
	char *sql = xasprintf(
		"SELECT d.dir_id, s.%s FROM directories AS d INDEXED BY directories_by_parent"
		" CROSS JOIN directory_stats AS s ON s.dir_id = d.dir_id"
		" WHERE d.parent_id = ?1 AND d.dir_id > ?1",
		column);
	bool complete = true;

	if (s.matching)
		dir_match_open(&s.match, a, &q->match, false,
			       q->count_links ? LINKS_SEEN : LINKS_ONCE);
	s.lost = prepare_lost(a, q);
	s.early = s.lost || (s.matching && dir_question_loses(a, q));
	s.below = db_prepare(&a->db, sql);
	s.width = db_prepare(&a->db,
			     "SELECT dir_count_nr FROM directory_stats WHERE dir_id = ?");
	push_prefixes(&s, column);
	found->count = 0;
	while (complete && s.heap.count && found->count < q->limit) {
		struct dir_hit hit = dir_heap_pop(&s.heap);

		if (hit.is_bound) {
			find_out(&s, q, hit);
			complete = s.budget >= 0 && (!s.early || push_children(&s, hit.dir_id));
			continue;
		}
		found->hits[found->count++] = hit;
		complete = s.early || found->count == q->limit ||
			   push_children(&s, hit.dir_id);
	}
	db_reader_finalize(a, s.below);
	db_reader_finalize(a, s.width);
	db_reader_finalize(a, s.lost);
	if (s.matching)
		dir_match_close(&s.match);
	free(s.heap.hits);
	free(sql);
	return complete;
}
