/* SPDX-License-Identifier: MIT */
/*
 * The text of the SELECT is put together from the fixed pieces below; values are bound. CROSS JOIN
 * tells SQLite the order of its loops.
 */
#include "common/query/dir_select.h"

#include <inttypes.h>

#include "common/db/db_column.h"
#include "common/query/name_glob.h"

/*
 * In the index by size every so many rows is one of the scope, if sizes are alike everywhere; the n
 * largest are then found after n times as many.
 */
#define LARGEST_SHARE 16

/* Columns of directory_stats, and of link_stats what links take from them: of the directory, of all. */
static const struct {
	const char *own, *whole, *lost_own, *lost_whole;
} sort_columns[] = {
	[DIR_BY_SIZE] = { "total_size_nr", "total_size_r", "repeated_size_nr", "repeated_size_r" },
	[DIR_BY_APPARENT] = { "apparent_size_nr", "apparent_size_r", "repeated_apparent_nr",
			      "repeated_apparent_r" },
	[DIR_BY_FILES] = { "file_count_nr", "file_count_r", "repeated_files_nr",
			   "repeated_files_r" },
	[DIR_BY_DIRS] = { "dir_count_nr", "dir_count_r", NULL, NULL },
	[DIR_BY_ATIME] = { "max_atime_nr", "max_atime_r", NULL, NULL },
	[DIR_BY_MTIME] = { "max_mtime_nr", "max_mtime_r", NULL, NULL },
	[DIR_BY_SHARED] = { "repeated_size_nr", "repeated_size_r", NULL, NULL },
	[DIR_BY_MATCHING] = { "total_size_nr", "total_size_r", NULL, NULL },
	[DIR_BY_MATCHING_FILES] = { "file_count_nr", "file_count_r", NULL, NULL },
	[DIR_BY_DEPTH] = { NULL, NULL, NULL, NULL },
	[DIR_BY_PATH] = { NULL, NULL, NULL, NULL },
};

const char *dir_question_column(const struct dir_question *q)
{
	return q->sort_own ? sort_columns[q->sort].own : sort_columns[q->sort].whole;
}

bool dir_question_loses(const struct db_reader_db *a, const struct dir_question *q)
{
	return a->linked && !q->count_links;
}

const char *dir_question_lost_column(const struct db_reader_db *a, const struct dir_question *q)
{
	if (!dir_question_loses(a, q))
		return NULL;
	return q->sort_own ? sort_columns[q->sort].lost_own : sort_columns[q->sort].lost_whole;
}

bool dir_question_nests(const struct dir_question *q)
{
	return q->once || q->want_total || dir_question_matches(q);
}

bool dir_question_matches(const struct dir_question *q)
{
	return file_match_is_given(&q->match);
}

bool dir_sort_is_matching(enum dir_sort sort)
{
	return sort == DIR_BY_MATCHING || sort == DIR_BY_MATCHING_FILES;
}

int64_t dir_matching_rank(const struct dir_question *q, const struct sums *sums)
{
	int64_t value = q->sort == DIR_BY_MATCHING ? sums->allocated : sums->files;

	return q->reverse ? value : -value;
}

bool dir_question_is_open(const struct dir_question *q)
{
	const struct dir_filter *f = &q->filter;

	for (int i = 0; i < DIR_LIMIT_COUNT; i++) {
		if (dir_filter_has(f, (enum dir_limit)i))
			return false;
	}
	return !f->single_owner && !f->leaves_only && !f->pattern_count && !f->users.count &&
	       !f->groups.count && !dir_filter_has_cold(f) && q->levels == FILTER_NONE;
}

/* ---- conditions ---- */

static const struct {
	const char *sql;
	bool is_moment;
} limits[] = {
#define NUMBER false
#define SIZE false
#define TOTAL false
#define WHEN true
#define LIMIT_ROW(id, type, option, argument, sql) [DIR_##id] = { sql, type },
	DIR_LIMITS(LIMIT_ROW)
#undef LIMIT_ROW
#undef NUMBER
#undef SIZE
#undef TOTAL
#undef WHEN
};

void dir_filter_init(struct dir_filter *f)
{
	const struct human_when never = { .days = DAY_NONE };

	*f = (struct dir_filter){ .cold = never };
	for (int i = 0; i < DIR_LIMIT_COUNT; i++) {
		f->number[i] = FILTER_NONE;
		f->when[i] = never;
	}
}

void dir_filter_release(struct dir_filter *f)
{
	owners_release(&f->users);
	owners_release(&f->groups);
	free(f->patterns);
	f->patterns = NULL;
	f->pattern_count = 0;
}

bool dir_filter_has(const struct dir_filter *f, enum dir_limit limit)
{
	return limits[limit].is_moment ? f->when[limit].days != DAY_NONE :
					 f->number[limit] != FILTER_NONE;
}

bool dir_filter_has_cold(const struct dir_filter *f)
{
	return f->cold.days != DAY_NONE;
}

/* {size} and {files}. */
static const struct {
	const char *word, *seen, *lost;
} counted[] = {
	{ "{size}", "s.total_size%", "(s.total_size% - ifnull(l.repeated_size%, 0))" },
	{ "{files}", "s.file_count%", "(s.file_count% - ifnull(l.repeated_files%, 0))" },
};

/* `%` stands for _nr or _r, `?` for the value, {size} and {files} for what `loses` says. */
static void add_text(struct buf *sql, const char *text, bool own, bool loses, int64_t value)
{
	while (*text) {
		size_t i = 0, words = sizeof(counted) / sizeof(counted[0]);

		while (i < words && strncmp(text, counted[i].word, strlen(counted[i].word)))
			i++;
		if (i < words) {
			add_text(sql, loses ? counted[i].lost : counted[i].seen, own, loses, value);
			text += strlen(counted[i].word);
			continue;
		}
		if (*text == '%')
			buf_add_str(sql, own ? "_nr" : "_r");
		else if (*text == '?')
			buf_printf(sql, "%" PRId64, value);
		else
			buf_add_char(sql, *text);
		text++;
	}
}

static void add_condition(struct buf *sql, const char *condition, bool own, bool loses,
			  int64_t value)
{
	buf_add_str(sql, " AND ");
	add_text(sql, condition, own, loses, value);
}

static void add_owners(struct buf *sql, const char *column, const struct owners_wanted *wanted)
{
	if (!wanted->count)
		return;
	buf_printf(sql, " AND %s IN (", column);
	for (size_t i = 0; i < wanted->count; i++)
		buf_printf(sql, "%s%" PRIu32, i ? ", " : "", wanted->ids[i]);
	buf_add_char(sql, ')');
}

/* Whole subtrees only. Scans without times of modification leave it to access. */
static void add_cold(struct buf *sql, const struct dir_filter *f, int64_t scan_day)
{
	int64_t since = human_when_seconds(&f->cold, scan_day);

	add_condition(sql, "s.max_atime_r < ? AND in_scope(s.dir_id, s.dir_id + s.dir_count_r)",
		      false, false, since);
	if (!f->cold_by_atime)
		add_condition(sql, "ifnull(s.max_mtime_r < ?, 1)", false, false, since);
}

static void add_limits(struct buf *sql, const struct dir_filter *f, int64_t scan_day, bool loses)
{
	for (int i = 0; i < DIR_LIMIT_COUNT; i++) {
		if (!dir_filter_has(f, (enum dir_limit)i))
			continue;
		/* What was not seen is not there, and link_stats need not be asked. */
		if (loses && (i == DIR_MIN_SIZE || i == DIR_MIN_FILES))
			add_condition(sql, limits[i].sql, f->own, false, f->number[i]);
		add_condition(sql, limits[i].sql, f->own, loses,
			      limits[i].is_moment ? human_when_seconds(&f->when[i], scan_day) :
						    f->number[i]);
	}
}

/* Each with " AND " before it. Moments that are ages differ from database to database. */
static void add_conditions(struct buf *sql, const struct dir_filter *f, int64_t scan_day, bool loses)
{
	add_limits(sql, f, scan_day, loses);
	add_owners(sql, f->own ? DIR_OWN_OWNER("uid") : "s.owner_uid", &f->users);
	add_owners(sql, f->own ? DIR_OWN_OWNER("gid") : "s.owner_gid", &f->groups);
	if (dir_filter_has_cold(f))
		add_cold(sql, f, scan_day);
	if (f->single_owner)
		add_condition(sql, f->own ? DIR_OWN_OWNER("uid") " >= 0" : "s.owner_uid >= 0",
			      f->own, false, 0);
	if (f->leaves_only)
		add_condition(sql, "s.dir_count_nr = 0", f->own, false, 0);
	if (f->pattern_count)
		add_condition(sql, "name_matches(d.name)", f->own, false, 0);
}

static bool needs_directories(const struct dir_question *q)
{
	const struct dir_filter *f = &q->filter;

	return q->sort == DIR_BY_DEPTH || f->pattern_count || dir_filter_has(f, DIR_MIN_DEPTH) ||
	       dir_filter_has(f, DIR_MAX_DEPTH);
}

static bool needs_links(const struct db_reader_db *a, const struct dir_question *q,
			enum dir_plan plan)
{
	bool limited = false;

	if (plan == PLAN_SHARED)
		return false;
	for (int i = DIR_MIN_SIZE; i <= DIR_MAX_AVERAGE; i++)
		limited = limited || dir_filter_has(&q->filter, (enum dir_limit)i);
	return q->sort == DIR_BY_SHARED || dir_question_lost_column(a, q) ||
	       (limited && dir_question_loses(a, q));
}

static void name_matches(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct dir_filter *f = sqlite3_user_data(context);
	const char *name = sqlite3_value_blob(values[0]);
	size_t len = (size_t)sqlite3_value_bytes(values[0]);
	bool matches = false;

	(void)count;
	for (size_t i = 0; i < f->pattern_count && !matches; i++)
		matches = name_glob_match(f->patterns[i], name ? name : "", len, f->ignore_case);
	sqlite3_result_int(context, matches);
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
	db_check(&a->db, sqlite3_create_function(a->db.handle, "name_matches", 1,
						 SQLITE_UTF8 | SQLITE_DETERMINISTIC,
						 (void *)(uintptr_t)&q->filter, name_matches, NULL,
						 NULL));
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
		" CROSS JOIN directories AS c INDEXED BY directories_by_parent"
		" ON c.parent_id = walk.dir_id AND c.dir_id > walk.dir_id WHERE more > 0) ",
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
	/* Directories of several owners; those of one are found by owner. */
	[PLAN_GROUP] = {
		"index", "", "directory_stats AS s INDEXED BY stats_by_group",
		"s.owner_uid IS NULL AND in_scope(s.dir_id, s.dir_id)", "", "",
	},
	[PLAN_SHARED] = {
		"index", "", "link_stats AS l CROSS JOIN directory_stats AS s ON s.dir_id = l.dir_id",
		"in_scope(l.dir_id, l.dir_id)",
		" ORDER BY l.repeated_size_r, l.dir_id", " ORDER BY l.repeated_size_r DESC, l.dir_id",
	},
};

enum dir_plan dir_plan_choose(const struct db_reader_db *a, const struct scope *scope,
			      const struct dir_question *q)
{
	const struct dir_filter *f = &q->filter;

	if (q->levels != FILTER_NONE)
		return PLAN_LEVELS;
	if (q->sort == DIR_BY_SHARED)
		return PLAN_SHARED;
	if (dir_question_nests(q) || scope->directories <= RANGE_CHEAP || q->sort == DIR_BY_PATH)
		return PLAN_RANGE;
	if (f->users.count && !f->own)
		return PLAN_OWNER;
	if (f->groups.count && !f->own)
		return PLAN_GROUP;
	/* Where the scope is a good part of the whole, its largest come soon. */
	if (dir_question_is_open(q) && q->limit && q->sort == DIR_BY_SIZE && !q->sort_own &&
	    scope->directories > a->directories / LARGEST_SHARE &&
	    !(dir_question_loses(a, q) && (q->reverse || q->limit > DIR_HEAP_MAX)))
		return PLAN_SIZE;
	return PLAN_RANGE;
}

const char *dir_plan_name(enum dir_plan plan)
{
	return plans[plan].name;
}

static void add_columns(struct buf *sql, const struct db_reader_db *a, const struct dir_question *q)
{
	const char *lost = dir_question_lost_column(a, q);
	const char *suffix = q->filter.own ? "_nr" : "_r";

	buf_add_str(sql, "SELECT s.dir_id, ");
	if (q->sort == DIR_BY_PATH)
		buf_add_str(sql, "NULL");
	else if (q->sort == DIR_BY_DEPTH)
		buf_add_str(sql, "d.depth");
	else
		buf_printf(sql, "%s.%s", q->sort == DIR_BY_SHARED ? "l" : "s",
			   dir_question_column(q));
	if (lost)
		buf_printf(sql, ", ifnull(l.%s, 0)", lost);
	else
		buf_add_str(sql, ", 0");
	if (dir_question_nests(q))
		buf_add_str(sql, ", s.dir_count_r");
	if (q->want_total)
		buf_printf(sql, ", s.total_size%s, s.apparent_size%s, s.file_count%s,"
				" s.dir_count%s, s.max_atime%s, s.max_mtime%s",
			   suffix, suffix, suffix, suffix, suffix, suffix);
}

/* Only owners who have a file of one of the groups can have directories of it. */
static void add_owners_of(struct buf *sql, const struct owners_wanted *groups)
{
	buf_add_str(sql, " AND s.owner_uid IN (SELECT uid FROM group_owners WHERE 1");
	add_owners(sql, "gid", groups);
	buf_add_char(sql, ')');
}

/* All directories of some groups, where their order must be that of the range. */
static void add_ids_of(struct buf *sql, const struct owners_wanted *groups)
{
	buf_add_str(sql, " AND s.dir_id IN (SELECT dir_id FROM directory_stats AS s"
			 " INDEXED BY stats_by_group WHERE s.owner_uid IS NULL");
	add_owners(sql, "s.owner_gid", groups);
	buf_add_str(sql, " UNION ALL SELECT dir_id FROM directory_stats AS s"
			 " INDEXED BY stats_by_owner WHERE 1");
	add_owners(sql, "s.owner_gid", groups);
	add_owners_of(sql, groups);
	buf_add_char(sql, ')');
}

static void add_select(struct buf *sql, const struct db_reader_db *a, const struct scope *scope,
		       const struct dir_question *q, enum dir_plan plan)
{
	const struct dir_filter *f = &q->filter;

	add_columns(sql, a, q);
	buf_printf(sql, " FROM %s", plans[plan].from);
	if (needs_directories(q))
		buf_add_str(sql, " CROSS JOIN directories AS d ON d.dir_id = s.dir_id");
	if (needs_links(a, q, plan))
		buf_add_str(sql, " LEFT JOIN link_stats AS l ON l.dir_id = s.dir_id");
	buf_printf(sql, " WHERE %s", plans[plan].where);
	add_conditions(sql, f, a->scan_day, dir_question_loses(a, q));
	if (plan == PLAN_RANGE && f->groups.count && !f->users.count && !f->own &&
	    scope->directories > RANGE_CHEAP)
		add_ids_of(sql, &f->groups);
	if (q->sort == DIR_BY_SHARED)
		buf_printf(sql, " AND l.%s > 0", dir_question_column(q));
}

sqlite3_stmt *dir_plan_prepare(struct db_reader_db *a, const struct scope *scope,
			       const struct dir_question *q, enum dir_plan plan, bool in_order)
{
	/* Paths go up by nature, all else goes down. */
	bool down = in_order && q->reverse == (q->sort == DIR_BY_PATH);
	sqlite3_stmt *select;
	struct buf sql = { 0 };
	int levels;

	attach(a, scope, q);
	buf_add_str(&sql, plans[plan].with);
	add_select(&sql, a, scope, q, plan);
	if (plan == PLAN_GROUP) {
		buf_add_str(&sql, " UNION ALL ");
		add_select(&sql, a, scope, q, PLAN_OWNER);
		add_owners_of(&sql, &q->filter.groups);
	}
	if (plan == PLAN_SHARED && dir_question_nests(q))
		buf_add_str(&sql, " ORDER BY l.dir_id");
	else if (in_order || dir_question_nests(q))
		buf_add_str(&sql, down ? plans[plan].down : plans[plan].up);
	buf_add_char(&sql, '\0');
	select = db_prepare(&a->db, (char *)sql.data);
	buf_release(&sql);
	levels = sqlite3_bind_parameter_index(select, ":levels");
	if (levels)
		db_bind(&a->db, select, levels, q->levels);
	return select;
}

int64_t dir_rank(struct db *db, sqlite3_stmt *row, int column, bool smallest_first)
{
	int64_t value;

	if (db_column_is_null(row, column))
		return INT64_MAX;
	value = db_column(db, row, column, DB_SORTED);
	return smallest_first ? value : -value;
}
