/* SPDX-License-Identifier: MIT */
#include "common/load/tree_rows.h"

#include "common/base/path.h"
#include "common/db/db_column.h"

enum { ROW_DIR_ID, ROW_PARENT_ID, ROW_DEPTH, ROW_UID, ROW_GID, ROW_NAME };

static void read_ahead(struct tree_rows *t)
{
	sqlite3_stmt *s = t->select;
	struct db_text name;

	t->have_ahead = db_step(t->db, s);
	if (!t->have_ahead)
		return;
	t->ahead = (struct tree_row){
		.dir_id = db_column(t->db, s, ROW_DIR_ID, DB_ID),
		.parent_id = db_column_or(t->db, s, ROW_PARENT_ID, DB_ID, 0),
		.depth = db_column(t->db, s, ROW_DEPTH, DB_DEPTH),
		.has_line = !db_column_is_null(s, ROW_UID),
		.uid = (uint32_t)db_column_or(t->db, s, ROW_UID, DB_UID, 0),
		.gid = (uint32_t)db_column_or(t->db, s, ROW_GID, DB_UID, 0),
	};
	name = db_column_text(t->db, s, ROW_NAME, DB_NAME_BYTES);
	t->ahead_name.len = 0;
	buf_add(&t->ahead_name, name.bytes, name.len);
}

void tree_rows_open(struct tree_rows *t, struct db *db)
{
	*t = (struct tree_rows){ .db = db };
	t->select = db_prepare(db,
			       "SELECT dir_id, parent_id, depth, uid, gid, name FROM directories"
			       " ORDER BY dir_id");
	read_ahead(t);
}

/* Go from the path of the directory before to that of the row ahead. */
static bool follow(struct tree_rows *t)
{
	const struct tree_row *next = &t->ahead;
	bool root = next->dir_id == 1;

	if (next->dir_id != t->row.dir_id + 1 || (next->depth == 0) != root || next->depth < 0 ||
	    (!root && next->depth > t->row.depth + 1))
		return false;
	if (root)
		return true;
	for (int64_t depth = t->row.depth; depth >= next->depth; depth--)
		t->path.len = path_parent((char *)t->path.data, t->path.len);
	buf_add_char(&t->path, '\0');
	buf_add(&t->path, t->ahead_name.data, t->ahead_name.len);
	return t->ahead_name.len && t->path.len <= PATH_BYTES_MAX &&
	       !memchr(t->ahead_name.data, '\0', t->ahead_name.len);
}

bool tree_rows_next(struct tree_rows *t)
{
	if (!t->have_ahead)
		return false;
	if (!follow(t))
		die(EXIT_INPUT, "%s: table directories is damaged at dir_id %" PRId64, t->db->name,
		    t->ahead.dir_id);
	t->row = t->ahead;
	read_ahead(t);
	t->has_child = t->have_ahead && t->ahead.parent_id == t->row.dir_id;
	return true;
}

void tree_rows_close(struct tree_rows *t)
{
	sqlite3_finalize(t->select);
	buf_release(&t->path);
	buf_release(&t->ahead_name);
	*t = (struct tree_rows){ 0 };
}
