#include "common/audit/audit_say.h"

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
