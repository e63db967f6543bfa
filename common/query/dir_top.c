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
	int64_t budget;
};

static void push_row(struct top *s)
{
	struct db *db = &s->a->db;
	struct dir_hit hit = { .dir_id = db_column(db, s->below, SELECTED_ID, DB_ID),
			       .rank = dir_rank(db, s->below, SELECTED_RANK, false),
			       .is_bound = s->matching };

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

/* The candidate has its true rank from now on; it is none if nothing in it matches. */
static void find_out(struct top *s, const struct dir_question *q, struct dir_hit hit)
{
	hit.is_bound = false;
	hit.matching = dir_match_below(&s->match, hit.dir_id);
	hit.rank = dir_matching_rank(q, &hit.matching);
	s->budget -= MATCH_COST;
	if (hit.matching.files)
		dir_heap_push(&s->heap, hit);
}

bool dir_top_find(struct db_reader_db *a, const struct scope *scope, const struct dir_question *q,
		  int64_t budget, struct dir_heap *found)
{
	struct top s = { .a = a, .scope = scope, .budget = budget,
			 .matching = dir_question_matches(q) };
	const char *column = dir_question_column(q);
	char *sql = xasprintf(
		"SELECT d.dir_id, s.%s FROM directories AS d INDEXED BY directories_by_name"
		" CROSS JOIN directory_stats AS s ON s.dir_id = d.dir_id"
		" WHERE d.parent_id = ?1 AND d.dir_id > ?1",
		column);
	bool complete = true;

	if (s.matching)
		dir_match_open(&s.match, a, &q->match);
	s.below = db_prepare(&a->db, sql);
	s.width = db_prepare(&a->db,
			     "SELECT dir_count_nr FROM directory_stats WHERE dir_id = ?");
	push_prefixes(&s, column);
	found->count = 0;
	while (complete && s.heap.count && found->count < q->limit) {
		struct dir_hit hit = dir_heap_pop(&s.heap);

		if (hit.is_bound) {
			find_out(&s, q, hit);
			complete = s.budget >= 0;
			continue;
		}
		found->hits[found->count++] = hit;
		complete = found->count == q->limit || push_children(&s, hit.dir_id);
	}
	db_reader_finalize(a, s.below);
	db_reader_finalize(a, s.width);
	if (s.matching)
		dir_match_close(&s.match);
	free(s.heap.hits);
	free(sql);
	return complete;
}
