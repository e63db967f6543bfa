/* SPDX-License-Identifier: MIT */
#include "common/audit/audit_report.h"

#include <inttypes.h>

#include "common/base/path.h"

/* Longest way up that is followed; in a damaged table it may go in circles. */
#define STEPS_MAX (PATH_BYTES_MAX / 2 + 1)

/* Put a name and its separator in front of what is known of the path, memory form (path.h). */
static void put_before(struct buf *path, const void *name, size_t len)
{
	buf_reserve(path, len + 1);
	if (path->len)
		memmove(path->data + len + 1, path->data, path->len);
	path->data[0] = '\0';
	if (len)
		memcpy(path->data + 1, name, len);
	path->len += len + 1;
}

/* The path as parent_id tells it, for a message; the caller frees it. */
static char *path_of(struct db *db, int64_t dir_id)
{
	sqlite3_stmt *select = db_prepare(
		db, "SELECT parent_id, name FROM directories WHERE dir_id = ?");
	struct buf path = { 0 };
	char *text;

	for (int steps = 0; dir_id > 1 && steps < STEPS_MAX && path.len <= PATH_BYTES_MAX;
	     steps++) {
		db_bind(db, select, 1, dir_id);
		if (!db_step(db, select))
			break;
		put_before(&path, sqlite3_column_blob(select, 1),
			   (size_t)sqlite3_column_bytes(select, 1));
		dir_id = sqlite3_column_int64(select, 0);
		db_check(db, sqlite3_reset(select));
	}
	sqlite3_finalize(select);
	text = path_for_message((char *)path.data, path.len);
	buf_release(&path);
	return text;
}

void audit_lie(struct db *db, int64_t dir_id, const char *fmt, ...)
{
	char what[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (!dir_id)
		die(EXIT_NO, "%s: %s", db->name, what);
	die(EXIT_NO, "%s: dir_id %" PRId64 ", %s: %s", db->name, dir_id, path_of(db, dir_id), what);
}

static const char *number(char text[24], int64_t value)
{
	if (value == AUDIT_NULL)
		return "NULL";
	snprintf(text, 24, "%" PRId64, value);
	return text;
}

void audit_number(struct db *db, int64_t dir_id, const char *what, int64_t is, int64_t should)
{
	char here[24], there[24];

	if (is != should)
		audit_lie(db, dir_id, "%s is %s, should be %s", what, number(here, is),
			  number(there, should));
}

void audit_compare(struct db *db, const struct audit_query *query)
{
	sqlite3_stmt *select = db_prepare(db, query->sql);

	if (sqlite3_bind_parameter_count(select) >= 1)
		db_bind(db, select, 1, query->first);
	if (sqlite3_bind_parameter_count(select) >= 2)
		db_bind(db, select, 2, query->last);
	if (db_step(db, select)) {
		for (int i = 1; i + 1 < sqlite3_column_count(select); i += 2) {
			char *what = xasprintf("%s, %s: %s", query->table,
					       (const char *)sqlite3_column_text(select, 0),
					       sqlite3_column_name(select, i));

			audit_number(db, query->dir_id, what, sqlite3_column_int64(select, i),
				     sqlite3_column_int64(select, i + 1));
			free(what);
		}
		audit_lie(db, query->dir_id, "%s, %s: differs", query->table,
			  (const char *)sqlite3_column_text(select, 0));
	}
	sqlite3_finalize(select);
}

void audit_proved(bool quiet, const char *fmt, ...)
{
	va_list args;

	if (quiet)
		return;
	fputs("ok: ", stdout);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	if (fflush(stdout) || ferror(stdout))
		die_errno("cannot write standard output");
}

/* ---- rows ---- */

void audit_rows_next(struct audit_rows *r)
{
	int64_t before = r->dir_id;

	r->have = db_step(r->db, r->select);
	if (!r->have)
		return;
	r->count++;
	r->dir_id = audit_cell(r, AUDIT_DIR_dir_id, 0, INT64_MAX);
	if (r->dir_id < before)
		audit_lie(r->db, r->dir_id,
			  "table %s is out of order: it stands behind dir_id %" PRId64, r->table,
			  before);
}

void audit_rows_open(struct audit_rows *r, struct db *db, const char *table, const char *sql)
{
	*r = (struct audit_rows){ .db = db, .table = table, .dir_id = INT64_MIN };
	r->select = db_prepare(db, sql);
	audit_rows_next(r);
}

void audit_rows_close(struct audit_rows *r)
{
	if (r->have)
		audit_lie(r->db, 0, "%s has a row for dir_id %" PRId64 ", which is not there",
			  r->table, r->dir_id);
	sqlite3_finalize(r->select);
	r->select = NULL;
}

int64_t audit_cell(struct audit_rows *r, int column, int64_t least, int64_t most)
{
	int64_t value = sqlite3_column_int64(r->select, column);
	const char *text;

	if (sqlite3_column_type(r->select, column) == SQLITE_INTEGER && value >= least &&
	    value <= most)
		return value;
	text = (const char *)sqlite3_column_text(r->select, column);
	audit_lie(r->db, r->dir_id,
		  "%s in %s is %s, should be an integer from %" PRId64 " to %" PRId64,
		  sqlite3_column_name(r->select, column), r->table, text ? text : "NULL", least,
		  most);
}

int64_t audit_cell_or_null(struct audit_rows *r, int column, int64_t least, int64_t most)
{
	if (sqlite3_column_type(r->select, column) == SQLITE_NULL)
		return AUDIT_NULL;
	return audit_cell(r, column, least, most);
}

struct sums audit_cell_sums(struct audit_rows *r, int column, int64_t least)
{
	return (struct sums){
		.files = audit_cell(r, column, least, INT64_MAX),
		.allocated = audit_cell(r, column + 1, 0, INT64_MAX),
		.apparent = audit_cell(r, column + 2, 0, INT64_MAX),
	};
}

void audit_add(struct audit_rows *r, struct sums *sum, const struct sums *more)
{
	if (__builtin_add_overflow(sum->files, more->files, &sum->files) ||
	    __builtin_add_overflow(sum->allocated, more->allocated, &sum->allocated))
		audit_lie(r->db, r->dir_id, "%s adds up to more than 2^63-1", r->table);
	if (__builtin_add_overflow(sum->apparent, more->apparent, &sum->apparent))
		sum->apparent = INT64_MAX;
}
