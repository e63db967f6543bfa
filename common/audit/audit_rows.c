#include "common/audit/audit_rows.h"

#include <inttypes.h>

void audit_rows_next(struct audit_rows *r)
{
	int64_t before = r->dir_id;

	r->have = db_step(r->db, r->select);
	if (!r->have)
		return;
	r->count++;
	r->dir_id = audit_cell(r, 0, 0, INT64_MAX);
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

struct audit_sums audit_cell_sums(struct audit_rows *r, int column)
{
	return (struct audit_sums){
		.files = audit_cell(r, column, 1, INT64_MAX),
		.total_size = audit_cell(r, column + 1, 0, INT64_MAX),
		.apparent_size = audit_cell(r, column + 2, 0, INT64_MAX),
	};
}

void audit_add(struct audit_rows *r, struct audit_sums *sum, const struct audit_sums *more)
{
	if (__builtin_add_overflow(sum->files, more->files, &sum->files) ||
	    __builtin_add_overflow(sum->total_size, more->total_size, &sum->total_size))
		audit_lie(r->db, r->dir_id, "%s adds up to more than 2^63-1", r->table);
	if (__builtin_add_overflow(sum->apparent_size, more->apparent_size, &sum->apparent_size))
		sum->apparent_size = INT64_MAX;
}
