#include "common/query/dir_filter.h"

void dir_filter_init(struct dir_filter *f)
{
	*f = (struct dir_filter){
		.min_depth = FILTER_NONE, .max_depth = FILTER_NONE,
		.owner = FILTER_NONE, .group = FILTER_NONE,
		.min_size = FILTER_NONE, .max_size = FILTER_NONE,
		.min_files = FILTER_NONE, .max_files = FILTER_NONE,
		.min_average = FILTER_NONE, .max_average = FILTER_NONE,
	};
}

/* ---- conditions ---- */

/*
 * Each condition with its parameter. `%` stands for _nr or _r. Averages multiply instead of
 * dividing, so nothing is rounded; a product beyond 2^63 becomes a REAL, near enough there.
 */
enum condition {
	MIN_DEPTH, MAX_DEPTH, OWNER, GROUP, MIN_SIZE, MAX_SIZE, MIN_FILES, MAX_FILES,
	MIN_AVERAGE, MAX_AVERAGE, ACCESSED_BEFORE, ACCESSED_AFTER, MODIFIED_BEFORE, MODIFIED_AFTER,
	COLD_ACCESS, COLD_CHANGE, CONDITIONS
};

static const struct {
	const char *parameter, *sql, *own_sql; /* own_sql NULL: the same */
} conditions[CONDITIONS] = {
	[MIN_DEPTH] = { ":min_depth", "d.depth >= :min_depth", NULL },
	[MAX_DEPTH] = { ":max_depth", "d.depth <= :max_depth", NULL },
	[OWNER] = { ":owner", "s.owner_uid = :owner", DIR_OWN_OWNER("uid") " = :owner" },
	[GROUP] = { ":group", "s.owner_gid = :group", DIR_OWN_OWNER("gid") " = :group" },
	[MIN_SIZE] = { ":min_size", "s.total_size% >= :min_size", NULL },
	[MAX_SIZE] = { ":max_size", "s.total_size% <= :max_size", NULL },
	[MIN_FILES] = { ":min_files", "s.file_count% >= :min_files", NULL },
	[MAX_FILES] = { ":max_files", "s.file_count% <= :max_files", NULL },
	[MIN_AVERAGE] = { ":min_average",
			  "s.file_count% > 0 AND s.total_size% >= :min_average * s.file_count%",
			  NULL },
	[MAX_AVERAGE] = { ":max_average",
			  "s.file_count% > 0 AND s.total_size% <= :max_average * s.file_count%",
			  NULL },
	[ACCESSED_BEFORE] = { ":accessed_before", "s.max_atime% < :accessed_before", NULL },
	[ACCESSED_AFTER] = { ":accessed_after", "s.max_atime% >= :accessed_after", NULL },
	[MODIFIED_BEFORE] = { ":modified_before", "s.max_mtime% < :modified_before", NULL },
	[MODIFIED_AFTER] = { ":modified_after", "s.max_mtime% >= :modified_after", NULL },
	/* Whole subtrees only. Scans without times of modification leave it to access. */
	[COLD_ACCESS] = { ":cold",
			  "s.max_atime_r < :cold AND in_scope(s.dir_id, s.dir_id + s.dir_count_r)",
			  NULL },
	[COLD_CHANGE] = { ":cold", "ifnull(s.max_mtime_r < :cold, 1)", NULL },
};

/* Is the condition asked for, and with which value? Moments are those of a scan on `scan_day`. */
static bool wanted(const struct dir_filter *f, enum condition which, int64_t scan_day,
		   int64_t *value)
{
	const struct human_when *when = NULL;
	bool given = false;

	switch (which) {
	case MIN_DEPTH: *value = f->min_depth; break;
	case MAX_DEPTH: *value = f->max_depth; break;
	case OWNER: *value = f->owner; break;
	case GROUP: *value = f->group; break;
	case MIN_SIZE: *value = f->min_size; break;
	case MAX_SIZE: *value = f->max_size; break;
	case MIN_FILES: *value = f->min_files; break;
	case MAX_FILES: *value = f->max_files; break;
	case MIN_AVERAGE: *value = f->min_average; break;
	case MAX_AVERAGE: *value = f->max_average; break;
	case ACCESSED_BEFORE: when = &f->accessed_before, given = f->has_accessed_before; break;
	case ACCESSED_AFTER: when = &f->accessed_after, given = f->has_accessed_after; break;
	case MODIFIED_BEFORE: when = &f->modified_before, given = f->has_modified_before; break;
	case MODIFIED_AFTER: when = &f->modified_after, given = f->has_modified_after; break;
	case COLD_ACCESS: when = &f->cold, given = f->has_cold; break;
	case COLD_CHANGE: when = &f->cold, given = f->has_cold && !f->cold_by_atime; break;
	case CONDITIONS: break;
	}
	if (!when)
		return *value != FILTER_NONE;
	*value = human_when_seconds(when, scan_day);
	return given;
}

bool dir_filter_is_plain(const struct dir_filter *f)
{
	int64_t value;

	for (int i = 0; i < CONDITIONS; i++) {
		if (i != OWNER && i != GROUP && wanted(f, (enum condition)i, 0, &value))
			return false;
	}
	return !f->single_owner && !f->leaves_only && !f->pattern_count &&
	       !(f->own && (f->owner != FILTER_NONE || f->group != FILTER_NONE));
}

bool dir_filter_needs_directories(const struct dir_filter *f)
{
	return f->min_depth != FILTER_NONE || f->max_depth != FILTER_NONE || f->pattern_count;
}

static void add_condition(struct buf *sql, const char *condition, bool own)
{
	buf_add_str(sql, " AND ");
	for (; *condition; condition++) {
		if (*condition == '%')
			buf_add_str(sql, own ? "_nr" : "_r");
		else
			buf_add_char(sql, *condition);
	}
}

static const char *condition_sql(const struct dir_filter *f, int which)
{
	const char *own = conditions[which].own_sql;

	return f->own && own ? own : conditions[which].sql;
}

void dir_filter_add_sql(const struct dir_filter *f, struct buf *sql)
{
	int64_t value;

	for (int i = 0; i < CONDITIONS; i++) {
		if (wanted(f, (enum condition)i, 0, &value))
			add_condition(sql, condition_sql(f, i), f->own);
	}
	if (f->single_owner)
		add_condition(sql, f->own ? DIR_OWN_OWNER("uid") " >= 0" : "s.owner_uid >= 0",
			      f->own);
	if (f->leaves_only)
		add_condition(sql, "s.dir_count_nr = 0", f->own);
	if (f->pattern_count)
		add_condition(sql, "name_matches(d.name)", f->own);
}

/* ---- names ---- */

/* A copy without upper case, as far as ASCII goes. */
static char *folded(const char *text)
{
	char *copy = xstrdup(text);

	for (char *at = copy; *at; at++) {
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	}
	return copy;
}

void dir_filter_ignore_case(struct dir_filter *f)
{
	f->ignore_case = true;
	for (size_t i = 0; i < f->pattern_count; i++)
		f->patterns[i] = folded(f->patterns[i]);
}

void dir_filter_release(struct dir_filter *f)
{
	for (size_t i = 0; f->ignore_case && i < f->pattern_count; i++)
		free((void *)(uintptr_t)f->patterns[i]);
	free(f->patterns);
	f->patterns = NULL;
	f->pattern_count = 0;
}

static bool matches(const struct dir_filter *f, const char *name)
{
	for (size_t i = 0; i < f->pattern_count; i++) {
		if (sqlite3_strglob(f->patterns[i], name) == 0)
			return true;
	}
	return false;
}

static void name_matches(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct dir_filter *f = sqlite3_user_data(context);
	const char *name = (const char *)sqlite3_value_text(values[0]);
	char *copy;

	(void)count;
	if (!f->ignore_case) {
		sqlite3_result_int(context, name && matches(f, name));
		return;
	}
	copy = folded(name ? name : "");
	sqlite3_result_int(context, matches(f, copy));
	free(copy);
}

void dir_filter_attach(const struct dir_filter *f, struct db_reader_db *a)
{
	if (f->pattern_count)
		db_check(&a->db,
			 sqlite3_create_function(a->db.handle, "name_matches", 1,
						 SQLITE_UTF8 | SQLITE_DETERMINISTIC,
						 (void *)(uintptr_t)f, name_matches, NULL, NULL));
}

void dir_filter_bind(const struct dir_filter *f, struct db_reader_db *a, sqlite3_stmt *statement)
{
	for (int i = 0; i < CONDITIONS; i++) {
		int at = sqlite3_bind_parameter_index(statement, conditions[i].parameter);
		int64_t value;

		if (at && wanted(f, (enum condition)i, a->scan_day, &value))
			db_bind(&a->db, statement, at, value);
	}
}
