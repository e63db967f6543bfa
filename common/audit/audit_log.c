#include "common/audit/audit_log.h"

#include <inttypes.h>
#include <unistd.h>

#include "common/audit/audit_ledger.h"
#include "common/base/path.h"
#include "common/stream/tree_in.h"

struct audit_log {
	struct db *db;
	struct tree_in dirs, usage;               /* of the log */
	bool have_dir, have_usage;                /* they have a current record */
	struct audit_rows rows, stats, usage_nr;  /* of the database */
	struct buf path;                          /* of the current row, memory form */
	int64_t depth;
};

static void open_stream(struct tree_in *in, enum rec_kind kind, int fd)
{
	const struct stream_in_options opt = { .kind = kind };
	char *name = xasprintf("/dev/fd/%d", fd);

	tree_in_open(in, name, &opt);
	close(fd);
	free(name);
}

static void open_all(struct audit_log *a, struct audit_children *children)
{
	open_stream(&a->dirs, KIND_DIR, children->dirs);
	open_stream(&a->usage, KIND_USAGE, children->usage);
	a->have_dir = tree_in_next(&a->dirs);
	a->have_usage = tree_in_next(&a->usage);
	audit_rows_open(&a->rows, a->db, "directories",
			"SELECT dir_id, depth, name, inode, generation, uid, gid,"
			" mode, allocated FROM directories ORDER BY dir_id");
	audit_rows_open(&a->stats, a->db, "directory_stats",
			"SELECT dir_id, max_atime_nr, max_mtime_nr"
			" FROM directory_stats ORDER BY dir_id");
	audit_rows_open(&a->usage_nr, a->db, "usage_nr",
			"SELECT dir_id, uid, gid, age_bucket, size_bucket,"
			" file_count, total_size, apparent_size FROM usage_nr"
			" ORDER BY dir_id, uid, gid, age_bucket, size_bucket");
}

static void follow_path(struct audit_log *a)
{
	int64_t depth = sqlite3_column_int64(a->rows.select, 1);

	for (; a->depth >= depth && a->path.len; a->depth--)
		a->path.len = path_parent((char *)a->path.data, a->path.len);
	a->depth = depth;
	if (!depth)
		return;
	buf_add_char(&a->path, '\0');
	buf_add(&a->path, sqlite3_column_blob(a->rows.select, 2),
		(size_t)sqlite3_column_bytes(a->rows.select, 2));
}

/* Is the current record of a stream about the current directory? An earlier one is not here. */
static bool is_here(struct audit_log *a, const struct tree_in *in, bool have)
{
	int order;

	if (!have)
		return false;
	order = path_compare(in->path.data, in->path.len, a->path.data, a->path.len);
	if (order < 0)
		audit_lie(a->db, 0, "%s is in the log, but not here",
			  path_for_message((char *)in->path.data, in->path.len));
	return order == 0;
}

/* ---- a directory's own line ---- */

static void compare_line(struct audit_log *a, const struct inode_line *line)
{
	static const char *const names[] = {
		"inode", "generation", "uid", "gid", "mode", "allocated",
	};
	const int64_t should[] = {
		(int64_t)line->inode, (int64_t)line->generation, line->uid, line->gid, line->mode,
		(int64_t)line->allocated,
	};

	for (int i = 0; i < 6; i++) {
		char what[40];

		snprintf(what, sizeof(what), "%s in directories", names[i]);
		audit_number(a->db, a->rows.dir_id, what,
			     audit_cell(&a->rows, 3 + i, INT64_MIN, INT64_MAX), should[i]);
	}
}

static void compare_directory(struct audit_log *a)
{
	bool has_line = sqlite3_column_type(a->rows.select, 3) != SQLITE_NULL;
	bool here = is_here(a, &a->dirs, a->have_dir);

	if (here && a->dirs.line && !has_line)
		audit_lie(a->db, a->rows.dir_id, "has a line in the log, but none here");
	if (here && a->dirs.line)
		compare_line(a, a->dirs.line);
	else if (has_line)
		audit_lie(a->db, a->rows.dir_id, "has a line here, but none in the log");
	if (here)
		a->have_dir = tree_in_next(&a->dirs);
}

/* ---- the files directly in it ---- */

static void compare_row(struct audit_log *a)
{
	static const char *const names[] = {
		"uid", "gid", "age_bucket", "size_bucket", "file_count", "total_size",
		"apparent_size",
	};
	const struct usage_key *key = &a->usage.key;
	const struct sums *sums = &a->usage.usage.sums;
	const int64_t should[] = {
		key->uid, key->gid, key->age_bucket, key->size_bucket, sums->files,
		sums->allocated, sums->apparent,
	};

	if (!a->usage_nr.have || a->usage_nr.dir_id != a->rows.dir_id)
		audit_lie(a->db, a->rows.dir_id,
			  "usage_nr has fewer rows than the log gives: none for uid %" PRIu32
			  ", gid %" PRIu32,
			  key->uid, key->gid);
	for (int i = 0; i < 7; i++) {
		char what[40];

		snprintf(what, sizeof(what), "usage_nr: uid %" PRIu32 ": %s", key->uid, names[i]);
		audit_number(a->db, a->rows.dir_id, what,
			     audit_cell(&a->usage_nr, 1 + i, 0, INT64_MAX), should[i]);
	}
}

static void compare_usage(struct audit_log *a)
{
	int64_t atime = AUDIT_NULL, mtime = AUDIT_NULL;
	bool more = is_here(a, &a->usage, a->have_usage);

	while (more) {
		compare_row(a);
		atime = a->usage.usage.max_atime > atime ? a->usage.usage.max_atime : atime;
		mtime = a->usage.usage.max_mtime > mtime ? a->usage.usage.max_mtime : mtime;
		audit_rows_next(&a->usage_nr);
		a->have_usage = tree_in_next(&a->usage);
		more = a->have_usage && a->usage.same_path;
	}
	if (a->usage_nr.have && a->usage_nr.dir_id == a->rows.dir_id)
		audit_lie(a->db, a->rows.dir_id,
			  "usage_nr has a row that the log does not give, for uid %" PRId64,
			  audit_cell(&a->usage_nr, 1, 0, INT64_MAX));
	audit_number(a->db, a->rows.dir_id, "max_atime_nr",
		     audit_cell_or_null(&a->stats, 1, INT64_MIN + 1, INT64_MAX), atime);
	audit_number(a->db, a->rows.dir_id, "max_mtime_nr",
		     audit_cell_or_null(&a->stats, 2, INT64_MIN + 1, INT64_MAX), mtime);
	audit_rows_next(&a->stats);
}

/* ---- the accounts ---- */

static void compare_ledger(struct audit_log *a)
{
	const struct tally *sum = &a->dirs.stream.ledger.sum;
	char should[DIGEST_TEXT_SIZE], what[80];
	sqlite3_stmt *select;

	for (int i = 0; i < LEDGER_COUNTS; i++) {
		const char *name = ledger_count_columns[i];

		snprintf(what, sizeof(what), "scan_metadata: %s", name);
		audit_number(a->db, 0, what, audit_metadata(a->db, name), (int64_t)sum->count[i]);
	}
	select = db_prepare(a->db, "SELECT digest FROM scan_metadata");
	if (!db_step(a->db, select) || strcmp((const char *)sqlite3_column_text(select, 0),
					      digest_text(should, sum->digest)))
		audit_lie(a->db, 0, "scan_metadata: digest is not that of the log, %s", should);
	sqlite3_finalize(select);
	select = db_prepare(a->db, "SELECT lines FROM scan_rejects WHERE reason = ?");
	for (int i = 0; i < REJECT_REASONS; i++) {
		db_bind_name(a->db, select, 1, reject_names[i], strlen(reject_names[i]));
		snprintf(what, sizeof(what), "scan_rejects: %s: lines", reject_names[i]);
		audit_number(a->db, 0, what,
			     db_step(a->db, select) ? sqlite3_column_int64(select, 0) : 0,
			     (int64_t)sum->rejects[i]);
		sqlite3_reset(select);
	}
	sqlite3_finalize(select);
}

static void finish(struct audit_log *a)
{
	const struct tree_in *left = a->have_dir ? &a->dirs : a->have_usage ? &a->usage : NULL;

	if (left)
		audit_lie(a->db, 0, "%s is in the log, but not here",
			  path_for_message((char *)left->path.data, left->path.len));
	audit_rows_close(&a->rows);
	audit_rows_close(&a->stats);
	audit_rows_close(&a->usage_nr);
}

void audit_log_check(struct db *db, const struct audit_log_options *opt,
		     struct audit_log_counts *counts)
{
	struct audit_log a = { .db = db };
	struct audit_children children;

	audit_children_start(&children, opt);
	open_all(&a, &children);
	for (; a.rows.have; audit_rows_next(&a.rows)) {
		follow_path(&a);
		compare_directory(&a);
		compare_usage(&a);
	}
	finish(&a);
	compare_ledger(&a);
	audit_children_wait(&children);
	counts->directories = a.dirs.records;
	counts->usage = a.usage.records;
	counts->lines = (int64_t)a.dirs.stream.ledger.sum.count[COUNT_LINES];
	tree_in_close(&a.dirs);
	tree_in_close(&a.usage);
	buf_release(&a.path);
}
