/* SPDX-License-Identifier: MIT */
#include "common/db/db_tree.h"

#include "common/db/db_record.h"

/* SQLite keeps no cell of fewer bytes. */
#define CELL_LEAST 4

/* ---- a page that is being filled ---- */

static bool has_room(const struct db_tree *t, unsigned level, size_t len)
{
	const struct db_level *l = &t->levels[level];

	return db_page_head(level) + 2 * (l->count + 1) + len <= l->start;
}

/* Where the next cell goes, which has room. */
static unsigned char *add_cell(struct db_tree *t, unsigned level, size_t len)
{
	struct db_level *l = &t->levels[level];

	l->start -= (unsigned)(len < CELL_LEAST ? CELL_LEAST : len);
	put_be16(l->page + db_page_head(level) + 2 * l->count++, l->start);
	return l->page + l->start;
}

/* Take the last cell back. Its bytes stay where they are until the page is sealed. */
static const unsigned char *take_cell(struct db_tree *t, unsigned level, size_t *len)
{
	struct db_level *l = &t->levels[level];
	unsigned start = l->start;

	l->count--;
	l->start = l->count ? get_be16(l->page + db_page_head(level) + 2 * (l->count - 1)) :
			      t->file->page_size;
	*len = l->start - start;
	return l->page + start;
}

static void empty_page(struct db_tree *t, unsigned level)
{
	t->levels[level].count = 0;
	t->levels[level].start = t->file->page_size;
}

/* Make what was filled a page; `last_child` of inner ones. */
static void seal_page(struct db_tree *t, unsigned level, uint32_t last_child)
{
	struct db_level *l = &t->levels[level];
	unsigned cells_end = db_page_head(level) + 2 * l->count;

	if (t->of_rows)
		l->page[0] = level ? INNER_ROWS : LEAF_ROWS;
	else
		l->page[0] = level ? INNER_KEYS : LEAF_KEYS;
	put_be16(l->page + 1, 0);
	put_be16(l->page + PAGE_CELLS, l->count);
	put_be16(l->page + PAGE_START, l->start);
	l->page[7] = 0;
	if (level)
		put_be32(l->page + PAGE_LAST_CHILD, last_child);
	memset(l->page + cells_end, 0, l->start - cells_end);
}

/* ---- inner pages ---- */

/* A level that is new gets a page. */
static void need_level(struct db_tree *t, unsigned level)
{
	if (level == DB_TREE_LEVELS)
		bug("a tree of more levels than SQLite follows");
	if (level <= t->top)
		return;
	t->top = level;
	t->levels[level].page = xmalloc(t->file->page_size);
	empty_page(t, level);
}

/*
 * On this level: `child`, with all keys below it before `key`, or rowids up to it. Keys are cells
 * as leaves have them, rowids varints.
 */
static void add_child(struct db_tree *t, unsigned level, uint32_t child, const unsigned char *key,
		      size_t len)
{
	unsigned char *cell;

	need_level(t, level);
	if (!has_room(t, level, 4 + len)) {
		size_t last_len;
		const unsigned char *last = take_cell(t, level, &last_len);
		uint32_t number = db_pages_take(t->file);

		add_child(t, level + 1, number, last + 4, last_len - 4);
		seal_page(t, level, get_be32(last));
		db_pages_write(t->file, t->levels[level].page, number, 1);
		empty_page(t, level);
	}
	cell = add_cell(t, level, 4 + len);
	put_be32(cell, child);
	memcpy(cell + 4, key, len);
}

/* ---- leaves ---- */

/* The next leaf, behind those that are full. */
static void open_leaf(struct db_tree *t)
{
	t->levels[0].page = t->leaves + (size_t)t->full * t->file->page_size;
	empty_page(t, 0);
}

/*
 * The first `count` leaves get their numbers, are written, and known to their parents as far as
 * there are keys for them. Returns the number of the last one.
 */
static uint32_t write_leaves(struct db_tree *t, unsigned count)
{
	const unsigned char *key = t->keys.data, *end = key + t->keys.len;
	uint32_t first = 0, number = 0;
	unsigned from = 0;

	db_pages_await(t->file, t->turn);
	for (unsigned i = 0; i < count; i++) {
		uint32_t before = number;

		number = db_pages_take(t->file);
		/* A gap: of the page of locks, or of inner pages. */
		if (i && number != before + 1) {
			db_pages_write(t->file, t->leaves + (size_t)from * t->file->page_size, first,
				    i - from);
			from = i;
		}
		if (from == i)
			first = number;
		if (key < end) {
			add_child(t, 1, number, key + 4, get_be32(key));
			key += 4 + get_be32(key);
		}
	}
	db_pages_write(t->file, t->leaves + (size_t)from * t->file->page_size, first, count - from);
	t->keys.len = 0;
	t->full = 0;
	return number;
}

/* The open leaf is full; the parent gets `key` for it. */
static void end_leaf(struct db_tree *t, const unsigned char *key, size_t len)
{
	unsigned char size[4];

	put_be32(size, (uint32_t)len);
	buf_add(&t->keys, size, sizeof(size));
	buf_add(&t->keys, key, len);
	seal_page(t, 0, 0);
	if (++t->full == t->most)
		write_leaves(t, t->full);
	open_leaf(t);
}

/* ---- cells ---- */

/* What a cell has no room for: returns the number of the first of its pages. */
static uint32_t write_overflow(struct db_pages *f, const unsigned char *data, size_t len)
{
	unsigned char *page = xcalloc(1, f->page_size);
	uint32_t first = db_pages_take(f), number = first;

	while (number) {
		size_t part = len < f->page_size - 4 ? len : f->page_size - 4;
		uint32_t next = len > part ? db_pages_take(f) : 0;

		put_be32(page, next);
		memcpy(page + 4, data, part);
		memset(page + 4 + part, 0, f->page_size - 4 - part);
		db_pages_write(f, page, number, 1);
		data += part;
		len -= part;
		number = next;
	}
	free(page);
	return first;
}

/* How much of a payload stands in the cell: section 1.6, "Cell payload overflow". */
static size_t local_part(const struct db_tree *t, size_t len)
{
	size_t usable = t->file->page_size, least = (usable - 12) * 32 / 255 - 23, part;
	size_t most = t->of_rows ? usable - 35 : (usable - 12) * 64 / 255 - 23;

	if (len <= most)
		return len;
	part = least + (len - least) % (usable - 4);
	return part <= most ? part : least;
}

/* What stands in a cell, which was made for it: `head` before the payload. */
static void fill_cell(struct db_tree *t, unsigned char *cell, const unsigned char *head,
		      size_t head_len, const unsigned char *record, size_t len)
{
	size_t part = local_part(t, len);

	memcpy(cell, head, head_len);
	memcpy(cell + head_len, record, part);
	if (part < len) {
		db_pages_await(t->file, t->turn);
		put_be32(cell + head_len + part,
			 write_overflow(t->file, record + part, len - part));
	} else if (head_len + len < CELL_LEAST)
		memset(cell + head_len + len, 0, CELL_LEAST - head_len - len);
}

static void add_leaf_cell(struct db_tree *t, const unsigned char *head, size_t head_len,
			  const unsigned char *record, size_t len)
{
	size_t part = local_part(t, len), all = head_len + part + (part < len ? 4 : 0);
	unsigned char rowid[DB_VARINT_MAX], *cell;

	if (all < CELL_LEAST)
		all = CELL_LEAST;
	t->count++;
	/* There is a key behind the one that waits, so that one stands between two leaves. */
	if (t->waiting.len)
		end_leaf(t, t->waiting.data, t->waiting.len);
	t->waiting.len = 0;
	if (!has_room(t, 0, all) && t->of_rows)
		end_leaf(t, rowid,
			 (size_t)(db_put_varint(rowid, (uint64_t)t->last_rowid) - rowid));
	if (has_room(t, 0, all)) {
		cell = add_cell(t, 0, all);
	} else {
		cell = buf_reserve(&t->waiting, all);
		t->waiting.len = all;
	}
	fill_cell(t, cell, head, head_len, record, len);
}

void db_tree_add_row(struct db_tree *t, int64_t rowid, const unsigned char *record, size_t len)
{
	unsigned char head[2 * DB_VARINT_MAX], *end = db_put_varint(head, len);

	if (t->count && rowid <= t->last_rowid)
		bug("rows of a table are out of order");
	end = db_put_varint(end, (uint64_t)rowid);
	add_leaf_cell(t, head, (size_t)(end - head), record, len);
	t->last_rowid = rowid;
}

void db_tree_add_key(struct db_tree *t, const unsigned char *record, size_t len)
{
	unsigned char head[DB_VARINT_MAX], *end = db_put_varint(head, len);

	add_leaf_cell(t, head, (size_t)(end - head), record, len);
}

/* ---- a tree ---- */

void db_tree_begin(struct db_tree *t, struct db_pages *f, uint32_t root, bool of_rows,
		   size_t piece)
{
	size_t most = piece / f->page_size;

	*t = (struct db_tree){ .file = f, .root = root, .of_rows = of_rows,
			       .most = most > 1 ? (unsigned)most : 1 };
	t->leaves = xmalloc((size_t)t->most * f->page_size);
	open_leaf(t);
}

/* The key that waits is the last one: it gets a leaf, and what stands before it goes up instead. */
static void settle_waiting(struct db_tree *t)
{
	size_t len;
	const unsigned char *before = take_cell(t, 0, &len);

	end_leaf(t, before, len);
	memcpy(add_cell(t, 0, t->waiting.len), t->waiting.data, t->waiting.len);
}

void db_tree_end(struct db_tree *t)
{
	uint32_t last = 0;

	if (t->waiting.len)
		settle_waiting(t);
	seal_page(t, 0, 0);
	if (t->top || t->full)
		last = write_leaves(t, t->full + 1);
	/* Each level has a page left, to the right of all others; the highest one is the root. */
	for (unsigned level = 1; level <= t->top; level++) {
		seal_page(t, level, last);
		if (level < t->top) {
			last = db_pages_take(t->file);
			db_pages_write(t->file, t->levels[level].page, last, 1);
		}
	}
	db_pages_write(t->file, t->levels[t->top].page, t->root, 1);
	for (unsigned level = 1; level <= t->top; level++)
		free(t->levels[level].page);
	free(t->leaves);
	buf_release(&t->keys);
	buf_release(&t->waiting);
}
