/* SPDX-License-Identifier: MIT */
#include "common/load/tree_rows.h"

#include "common/base/path.h"
#include "common/db/db_column.h"

#define BLOCKS 4
#define BLOCK_ROWS 1024
#define BLOCK_NAMES (64u << 10) /* bytes; when there are more, the block is full */

struct row_block {
	size_t count;
	bool last;
	struct tree_row rows[BLOCK_ROWS];
	struct buf names; /* one behind the other */
};

enum { ROW_DIR_ID, ROW_PARENT_ID, ROW_DEPTH, ROW_UID, ROW_GID, ROW_NAME };

static void read_row(struct tree_rows *t, struct row_block *b)
{
	struct tree_row *row = &b->rows[b->count++];
	sqlite3_stmt *s = t->select;
	struct db_text name;
	int64_t uid;

	uid = db_column_or(t->db, s, ROW_UID, DB_UID, -1);
	*row = (struct tree_row){
		.dir_id = db_column(t->db, s, ROW_DIR_ID, DB_ID),
		.parent_id = db_column_or(t->db, s, ROW_PARENT_ID, DB_ID, 0),
		.depth = db_column(t->db, s, ROW_DEPTH, DB_DEPTH),
		.has_line = uid >= 0,
		.uid = (uint32_t)uid,
		.gid = (uint32_t)db_column_or(t->db, s, ROW_GID, DB_UID, 0),
	};
	name = db_column_text(t->db, s, ROW_NAME, DB_NAME_BYTES);
	buf_add(&b->names, name.bytes, name.len);
	row->name_end = b->names.len;
}

static void read_block(void *arg, unsigned worker, void *item)
{
	struct tree_rows *t = arg;
	struct row_block *b = item;

	(void)worker;
	b->count = b->names.len = 0;
	while (!t->ended && b->count < BLOCK_ROWS && b->names.len < BLOCK_NAMES) {
		t->ended = !db_step(t->db, t->select);
		if (!t->ended)
			read_row(t, b);
	}
	b->last = t->ended;
}

void tree_rows_open(struct tree_rows *t, struct db *db, bool threaded)
{
	*t = (struct tree_rows){ .db = db };
	t->select = db_prepare(db,
			       "SELECT dir_id, parent_id, depth, uid, gid, name FROM directories"
			       " ORDER BY dir_id");
	t->ahead = pool_start_helpers(threaded, BLOCKS, read_block, t);
	for (int i = 0; i < (threaded ? BLOCKS : 1); i++)
		pool_put(t->ahead, xcalloc(1, sizeof(struct row_block)));
	t->block = pool_take(t->ahead, true);
}

/* The next row; NULL: there are no more. */
static const struct tree_row *look_ahead(struct tree_rows *t)
{
	while (t->next == t->block->count && !t->block->last) {
		pool_put(t->ahead, t->block);
		t->block = pool_take(t->ahead, true);
		t->next = 0;
	}
	return t->next < t->block->count ? &t->block->rows[t->next] : NULL;
}

/* Go from the path of the directory before to that of the next row. */
static bool follow(struct tree_rows *t, const struct tree_row *next)
{
	size_t from = t->next ? next[-1].name_end : 0, len = next->name_end - from;
	const unsigned char *name = t->block->names.data + from;
	bool root = next->dir_id == 1;

	if (next->dir_id != t->row.dir_id + 1 || (next->depth == 0) != root || next->depth < 0 ||
	    (!root && next->depth > t->row.depth + 1))
		return false;
	if (root)
		return true;
	for (int64_t depth = t->row.depth; depth >= next->depth; depth--)
		t->path.len = path_parent((char *)t->path.data, t->path.len);
	buf_add_char(&t->path, '\0');
	buf_add(&t->path, name, len);
	return len && t->path.len <= PATH_BYTES_MAX && !memchr(name, '\0', len);
}

bool tree_rows_next(struct tree_rows *t)
{
	const struct tree_row *next = look_ahead(t);

	if (!next)
		return false;
	if (!follow(t, next))
		die(EXIT_INPUT, "%s: table directories is damaged at dir_id %" PRId64, t->db->name,
		    next->dir_id);
	t->row = *next;
	t->next++;
	next = look_ahead(t);
	t->has_child = next && next->parent_id == t->row.dir_id;
	return true;
}

void tree_rows_close(struct tree_rows *t)
{
	struct row_block *b = t->block;

	for (; b; b = pool_take(t->ahead, true)) {
		buf_release(&b->names);
		free(b);
	}
	pool_stop(t->ahead);
	sqlite3_finalize(t->select);
	buf_release(&t->path);
	*t = (struct tree_rows){ 0 };
}
