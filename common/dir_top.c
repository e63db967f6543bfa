#include "common/dir_top.h"

struct search {
	struct dir_scan *scan;
	sqlite3_stmt *below; /* the children of a directory and what they have */
	sqlite3_stmt *width; /* how many there are */
	struct dir_heap heap;
	int64_t budget;
};

static void push_row(struct search *s)
{
	struct dir_hit hit = { .dir_id = sqlite3_column_int64(s->below, 0),
			       .rank = dir_scan_rank(s->below, 1, false) };

	if (scope_contains(s->scan->scope, hit.dir_id))
		dir_heap_push(&s->heap, hit);
}

static bool push_children(struct search *s, int64_t dir_id)
{
	struct db *db = &s->scan->a->db;

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
	const struct scope *scope = s->scan->scope;
	struct answer_db *a = s->scan->a;
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

bool dir_top(struct dir_scan *scan, const char *column, uint64_t limit, int64_t budget,
	     struct dir_hit *found, size_t *count)
{
	struct search s = { .scan = scan, .budget = budget };
	char *sql = xasprintf(
		"SELECT d.dir_id, s.%s FROM directories AS d INDEXED BY directories_by_name"
		" CROSS JOIN directory_stats AS s ON s.dir_id = d.dir_id WHERE d.parent_id = ?",
		column);
	bool complete = true;

	s.below = db_prepare(&scan->a->db, sql);
	s.width = db_prepare(&scan->a->db,
			     "SELECT dir_count_nr FROM directory_stats WHERE dir_id = ?");
	push_prefixes(&s, column);
	*count = 0;
	while (complete && s.heap.count && *count < limit) {
		found[*count] = dir_heap_pop(&s.heap);
		complete = *count + 1 == limit || push_children(&s, found[*count].dir_id);
		(*count)++;
	}
	dir_scan_note_steps(scan, s.below);
	dir_scan_note_steps(scan, s.width);
	sqlite3_finalize(s.below);
	sqlite3_finalize(s.width);
	free(s.heap.hits);
	free(sql);
	return complete;
}
