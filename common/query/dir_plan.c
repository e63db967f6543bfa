/*
 * The text of the SELECT is put together from the fixed pieces below; values are bound. CROSS JOIN
 * tells SQLite the order of its loops.
 */
#include "common/query/dir_plan.h"

/*
 * In the index by size every so many rows is one of the scope, if sizes are alike everywhere; the n
 * largest are then found after n times as many.
 */
#define LARGEST_SHARE 16

static const struct {
	const char *own, *whole; /* columns of directory_stats */
} sort_columns[] = {
	[SORT_SIZE] = { "total_size_nr", "total_size_r" },
	[SORT_APPARENT] = { "apparent_size_nr", "apparent_size_r" },
	[SORT_FILES] = { "file_count_nr", "file_count_r" },
	[SORT_DIRS] = { "dir_count_nr", "dir_count_r" },
	[SORT_ATIME] = { "max_atime_nr", "max_atime_r" },
	[SORT_MTIME] = { "max_mtime_nr", "max_mtime_r" },
};

const char *dir_question_column(const struct dir_question *q)
{
	return q->sort_own ? sort_columns[q->sort].own : sort_columns[q->sort].whole;
}

bool dir_question_nests(const struct dir_question *q)
{
	return q->once || q->want_total;
}

bool dir_question_is_open(const struct dir_question *q)
{
	return dir_filter_is_plain(&q->filter) && q->filter.owner == FILTER_NONE &&
	       q->filter.group == FILTER_NONE && q->levels == FILTER_NONE;
}

/* ---- the scope, as SQL sees it ---- */

/* in_scope(FIRST, LAST): is all of this part of the tree asked for? */
static void in_scope(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct scope *scope = sqlite3_user_data(context);
	int64_t first = sqlite3_value_int64(values[0]), last = sqlite3_value_int64(values[1]);
	bool inside = scope_contains(scope, first);

	(void)count;
	for (size_t i = 0; inside && last > first && i < scope->exclude_count; i++)
		inside = scope->excludes[i].last < first || scope->excludes[i].first > last;
	sqlite3_result_int(context, inside);
}

/* Temporary tables: they are not of the database file, which nobody writes. */
static void fill_table(struct db_reader_db *a, const struct scope *s, const char *name, size_t count,
		       bool prefixes)
{
	char *create =
		xasprintf("CREATE TEMP TABLE %s(first INTEGER PRIMARY KEY, last INTEGER)", name);
	char *sql = xasprintf("INSERT INTO temp.%s VALUES(?, ?)", name);
	struct db *db = &a->db;
	sqlite3_stmt *insert;

	db_exec(db, create);
	insert = db_prepare(db, sql);
	for (size_t i = 0; i < count; i++) {
		db_bind(db, insert, 1, prefixes ? s->prefixes[i].dir_id : s->ranges[i].first);
		db_bind(db, insert, 2, prefixes ? s->prefixes[i].last : s->ranges[i].last);
		db_step(db, insert);
	}
	sqlite3_finalize(insert);
	free(create);
	free(sql);
}

static void attach(struct db_reader_db *a, const struct scope *scope, const struct dir_question *q)
{
	db_check(&a->db, sqlite3_create_function(a->db.handle, "in_scope", 2, SQLITE_UTF8,
						 (void *)(uintptr_t)scope, in_scope, NULL, NULL));
	dir_filter_attach(&q->filter, a);
	if (q->levels != FILTER_NONE)
		fill_table(a, scope, "prefixes", scope->prefix_count, true);
	else
		fill_table(a, scope, "ranges", scope->range_count, false);
}

/* ---- the statement ---- */

static const struct {
	const char *name;
	const char *with, *from, *where;
	const char *up, *down; /* ORDER BY, for what the plan gives by itself */
} plans[] = {
	[PLAN_RANGE] = {
		"range", "", "temp.ranges AS r CROSS JOIN directory_stats AS s",
		"s.dir_id BETWEEN r.first AND r.last",
		" ORDER BY r.first, s.dir_id", " ORDER BY r.first DESC, s.dir_id DESC",
	},
	[PLAN_LEVELS] = {
		"levels",
		"WITH RECURSIVE walk(dir_id, more) AS (SELECT first, :levels FROM temp.prefixes"
		" UNION ALL SELECT c.dir_id, more - 1 FROM walk"
		" CROSS JOIN directories AS c INDEXED BY directories_by_name"
		" ON c.parent_id = walk.dir_id WHERE more > 0) ",
		"(SELECT DISTINCT dir_id FROM walk WHERE in_scope(dir_id, dir_id)) AS w"
		" CROSS JOIN directory_stats AS s",
		"s.dir_id = w.dir_id", " ORDER BY w.dir_id", " ORDER BY w.dir_id DESC",
	},
	[PLAN_SIZE] = {
		"index", "", "directory_stats AS s INDEXED BY stats_by_size",
		"in_scope(s.dir_id, s.dir_id)",
		" ORDER BY s.total_size_r, s.dir_id", " ORDER BY s.total_size_r DESC, s.dir_id",
	},
	[PLAN_OWNER] = {
		"index", "", "directory_stats AS s INDEXED BY stats_by_owner",
		"in_scope(s.dir_id, s.dir_id)", "", "",
	},
	[PLAN_GROUP] = {
		"index", "", "directory_stats AS s INDEXED BY stats_by_group",
		"in_scope(s.dir_id, s.dir_id)", "", "",
	},
};

enum dir_plan dir_plan_choose(const struct db_reader_db *a, const struct scope *scope,
			      const struct dir_question *q)
{
	const struct dir_filter *f = &q->filter;

	if (q->levels != FILTER_NONE)
		return PLAN_LEVELS;
	if (dir_question_nests(q) || scope->directories <= RANGE_CHEAP || q->sort == SORT_PATH)
		return PLAN_RANGE;
	if (f->owner != FILTER_NONE && !f->own)
		return PLAN_OWNER;
	if (f->group != FILTER_NONE && !f->own)
		return PLAN_GROUP;
	/* Where the scope is a good part of the whole, its largest come soon. */
	if (dir_question_is_open(q) && q->limit && q->sort == SORT_SIZE && !q->sort_own &&
	    scope->directories > a->directories / LARGEST_SHARE)
		return PLAN_SIZE;
	return PLAN_RANGE;
}

const char *dir_plan_name(enum dir_plan plan)
{
	return plans[plan].name;
}

static void add_columns(struct buf *sql, const struct dir_question *q)
{
	const char *suffix = q->filter.own ? "_nr" : "_r";

	buf_add_str(sql, "SELECT s.dir_id, ");
	if (q->sort == SORT_PATH)
		buf_add_str(sql, "NULL");
	else if (q->sort == SORT_DEPTH)
		buf_add_str(sql, "d.depth");
	else
		buf_printf(sql, "s.%s", dir_question_column(q));
	if (dir_question_nests(q))
		buf_add_str(sql, ", s.dir_count_r");
	if (q->want_total)
		buf_printf(sql, ", s.total_size%s, s.apparent_size%s, s.file_count%s,"
				" s.dir_count%s, s.max_atime%s, s.max_mtime%s",
			   suffix, suffix, suffix, suffix, suffix, suffix);
}

sqlite3_stmt *dir_plan_prepare(struct db_reader_db *a, const struct scope *scope,
			       const struct dir_question *q, enum dir_plan plan, bool in_order)
{
	/* Paths go up by nature, all else goes down. */
	bool down = in_order && q->reverse == (q->sort == SORT_PATH);
	sqlite3_stmt *select;
	struct buf sql = { 0 };
	int levels;

	attach(a, scope, q);
	buf_add_str(&sql, plans[plan].with);
	add_columns(&sql, q);
	buf_printf(&sql, " FROM %s", plans[plan].from);
	if (q->sort == SORT_DEPTH || dir_filter_needs_directories(&q->filter))
		buf_add_str(&sql, " CROSS JOIN directories AS d ON d.dir_id = s.dir_id");
	buf_printf(&sql, " WHERE %s", plans[plan].where);
	dir_filter_add_sql(&q->filter, &sql);
	if (in_order || dir_question_nests(q))
		buf_add_str(&sql, down ? plans[plan].down : plans[plan].up);
	buf_add_char(&sql, '\0');
	select = db_prepare(&a->db, (char *)sql.data);
	buf_release(&sql);
	levels = sqlite3_bind_parameter_index(select, ":levels");
	if (levels)
		db_bind(&a->db, select, levels, q->levels);
	dir_filter_bind(&q->filter, a, select);
	return select;
}

void dir_cost_note(struct dir_cost *cost, sqlite3_stmt *statement)
{
	cost->steps += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1);
	cost->full_steps += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
}

int64_t dir_rank(sqlite3_stmt *row, int column, bool smallest_first)
{
	int64_t value = sqlite3_column_int64(row, column);

	if (sqlite3_column_type(row, column) == SQLITE_NULL)
		return INT64_MAX;
	return smallest_first ? value : -value;
}
