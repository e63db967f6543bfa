#include "common/query/dir_top.h"

struct search {
	struct db_reader_db *a;
	const struct scope *scope;
	sqlite3_stmt *below; /* the children of a directory and what they have */
	sqlite3_stmt *width; /* how many there are */
	struct dir_heap heap;
	int64_t budget;
};

static void push_row(struct search *s)
{
	struct dir_hit hit = { .dir_id = sqlite3_column_int64(s->below, 0),
			       .rank = dir_rank(s->below, 1, false) };

	if (scope_contains(s->scope, hit.dir_id))
		dir_heap_push(&s->heap, hit);
}

static bool push_children(struct search *s, int64_t dir_id)
{
	struct db *db = &s->a->db;

	db_bind(db, s->width, 1, dir_id);
	if (db_step(db, s->width))
		s->budget -= sqlite3_column_int64(s->width, 0);
	db_check(db, sqlite3_reset(s->width));
	if (s->budget < 0)
		return false;
	db_bind(db, s->below, 1, dir_id);
	while (db_step(db, s->below))
		push_row(s);
	return true;
}

static void push_prefixes(struct search *s, const char *column)
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

bool dir_top(struct db_reader_db *a, const struct scope *scope, const char *column, uint64_t limit,
	     int64_t budget, struct dir_heap *found, struct dir_cost *cost)
{
	struct search s = { .a = a, .scope = scope, .budget = budget };
	char *sql = xasprintf(
		"SELECT d.dir_id, s.%s FROM directories AS d INDEXED BY directories_by_name"
		" CROSS JOIN directory_stats AS s ON s.dir_id = d.dir_id WHERE d.parent_id = ?",
		column);
	bool complete = true;

	s.below = db_prepare(&a->db, sql);
	s.width = db_prepare(&a->db,
			     "SELECT dir_count_nr FROM directory_stats WHERE dir_id = ?");
	push_prefixes(&s, column);
	found->count = 0;
	while (complete && s.heap.count && found->count < limit) {
		struct dir_hit hit = dir_heap_pop(&s.heap);

		found->hits[found->count++] = hit;
		complete = found->count == limit || push_children(&s, hit.dir_id);
	}
	dir_cost_note(cost, s.below);
	dir_cost_note(cost, s.width);
	sqlite3_finalize(s.below);
	sqlite3_finalize(s.width);
	free(s.heap.hits);
	free(sql);
	return complete;
}
