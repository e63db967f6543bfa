/* SPDX-License-Identifier: MIT */
#include "common/load/link_tree.h"

#include <inttypes.h>

#include "common/base/path.h"

void link_tree_init(struct link_tree *t, struct db *db)
{
	*t = (struct link_tree){ .db = db };
	t->parent = db_prepare(db, "SELECT parent_id, name FROM directories WHERE dir_id = ?");
}

/* The statement stands on the row until it is reset. */
static int64_t look_up(struct link_tree *t, int64_t dir_id)
{
	int64_t parent = 0;

	db_bind(t->db, t->parent, 1, dir_id);
	if (db_step(t->db, t->parent))
		parent = sqlite3_column_int64(t->parent, 0);
	/* Parents come first, and only `/` has none. */
	if (parent >= dir_id || (parent > 0) != (dir_id > 1))
		die(EXIT_INPUT, "%s: table directories is damaged at dir_id %" PRId64, t->db->name,
		    dir_id);
	return parent;
}

size_t link_tree_enter(struct link_tree *t, int64_t dir_id)
{
	size_t kept;

	t->above_count = 0;
	for (int64_t id = dir_id; id; ) {
		while (t->depth && t->open[t->depth - 1] > id)
			t->depth--;
		if (t->depth && t->open[t->depth - 1] == id)
			break;
		GROW(t->above, t->above_cap, t->above_count + 1);
		t->above[t->above_count++] = id;
		id = look_up(t, id);
		sqlite3_reset(t->parent);
	}
	kept = t->depth;
	GROW(t->open, t->cap, t->depth + t->above_count);
	while (t->above_count)
		t->open[t->depth++] = t->above[--t->above_count];
	return kept;
}

int64_t link_tree_common(const struct link_tree *t, int64_t dir_id)
{
	size_t low = 0, high = t->depth - 1;

	while (low < high) {
		size_t middle = low + (high - low + 1) / 2;

		if (t->open[middle] <= dir_id)
			low = middle;
		else
			high = middle - 1;
	}
	return t->open[low];
}

void link_tree_add_path(struct link_tree *t, struct buf *out, int64_t dir_id)
{
	struct buf path = { 0 }, name = { 0 };
	int64_t parent;

	for (; dir_id > 1 && path.len <= PATH_BYTES_MAX; dir_id = parent) {
		parent = look_up(t, dir_id);
		name.len = 0;
		buf_add_char(&name, '\0');
		buf_add(&name, sqlite3_column_blob(t->parent, 1),
			(size_t)sqlite3_column_bytes(t->parent, 1));
		buf_add(&name, path.data, path.len);
		path.len = 0;
		buf_add(&path, name.data, name.len);
		sqlite3_reset(t->parent);
	}
	path_add_escaped(out, (char *)path.data, path.len);
	buf_release(&path);
	buf_release(&name);
}

void link_tree_release(struct link_tree *t)
{
	sqlite3_finalize(t->parent);
	free(t->open);
	free(t->above);
	*t = (struct link_tree){ 0 };
}
