/* SPDX-License-Identifier: MIT */
#include "common/db/db_pages.h"

#include <sys/stat.h>

#include "common/base/fd.h"
#include "common/db/db_record.h"

/* The header of the file: offsets, and what we want there. */
enum {
	HEADER_PAGE_SIZE = 16, HEADER_WRITE_VERSION = 18, HEADER_READ_VERSION = 19,
	HEADER_RESERVED = 20, HEADER_CHANGES = 24, HEADER_PAGES = 28, HEADER_SCHEMA_FORMAT = 44,
	HEADER_LARGEST_ROOT = 52, HEADER_ENCODING = 56, HEADER_VALID_FOR = 92, HEADER_BYTES = 100,
};
#define ROLLBACK_JOURNAL 1
#define SCHEMA_FORMAT 4
#define ENCODING_UTF8 1

/* Kinds of pages. */
enum { INNER_KEYS = 2, INNER_ROWS = 5, LEAF_KEYS = 10, LEAF_ROWS = 13 };
/* Offsets in the head of a page. */
enum { PAGE_CELLS = 3, PAGE_START = 5, PAGE_LAST_CHILD = 8 };

/* Bytes from here on are for locks; no page may hold them. */
#define LOCK_BYTE 0x40000000u
/* SQLite's own limit for the number of pages, until one sets another. */
#define PAGES_MOST 1073741823u
#define CELL_LEAST 4

static void put_be16(unsigned char *p, unsigned v)
{
	p[0] = (unsigned char)(v >> 8);
	p[1] = (unsigned char)v;
}

static unsigned get_be16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* ---- the file ---- */

static void write_pages(struct db_pages *f, const unsigned char *pages, uint32_t first,
			uint32_t count)
{
	if (!fd_write_at(f->fd, pages, (size_t)count * f->page_size,
			 (uint64_t)(first - 1) * f->page_size))
		die_errno("cannot write %s", f->name);
}

static void read_at(struct db_pages *f, unsigned char *to, size_t len, uint64_t offset)
{
	ssize_t n = fd_read_at(f->fd, to, len, offset);

	if (n < 0)
		die_errno("cannot read %s", f->name);
	if ((size_t)n < len)
		die(EXIT_SYSTEM, "%s: has become shorter meanwhile", f->name);
}

static uint32_t lock_page(const struct db_pages *f)
{
	return LOCK_BYTE / f->page_size + 1;
}

/* The number of a new page. */
static uint32_t take_page(struct db_pages *f)
{
	uint32_t number = ++f->count;

	if (number == lock_page(f))
		number = ++f->count;
	if (number > PAGES_MOST)
		die(EXIT_SYSTEM, "%s: is too large for SQLite", f->name);
	return number;
}

static const char *wrong_header(const unsigned char *h, unsigned page_size)
{
	/* 65,536 does not fit, and stands as 1. */
	if (get_be16(h + HEADER_PAGE_SIZE) != (page_size & 0xffff) + (page_size >> 16))
		return "pages of another size";
	if (h[HEADER_WRITE_VERSION] != ROLLBACK_JOURNAL || h[HEADER_READ_VERSION] != ROLLBACK_JOURNAL)
		return "a write-ahead log";
	if (h[HEADER_RESERVED])
		return "reserved bytes in its pages";
	if (get_be32(h + HEADER_LARGEST_ROOT))
		return "pages that are vacuumed by themselves";
	if (get_be32(h + HEADER_SCHEMA_FORMAT) != SCHEMA_FORMAT)
		return "another schema format";
	if (get_be32(h + HEADER_ENCODING) != ENCODING_UTF8)
		return "another encoding";
	return NULL;
}

const char *db_pages_open(struct db_pages *f, int fd, const char *name, unsigned page_size)
{
	unsigned char h[HEADER_BYTES];
	const char *wrong;
	struct stat st;

	*f = (struct db_pages){ .name = name, .fd = fd, .page_size = page_size };
	if (fstat(fd, &st))
		die_errno("cannot read %s", name);
	read_at(f, h, sizeof(h), 0);
	f->count = get_be32(h + HEADER_PAGES);
	wrong = wrong_header(h, page_size);
	if (!wrong && (get_be32(h + HEADER_CHANGES) != get_be32(h + HEADER_VALID_FOR) ||
		       (uint64_t)st.st_size != (uint64_t)f->count * page_size))
		wrong = "another length than it says";
	return wrong;
}

void db_pages_finish(struct db_pages *f)
{
	unsigned char h[HEADER_BYTES];
	uint32_t changes;

	read_at(f, h, sizeof(h), 0);
	changes = get_be32(h + HEADER_CHANGES) + 1;
	put_be32(h + HEADER_CHANGES, changes);
	put_be32(h + HEADER_VALID_FOR, changes);
	put_be32(h + HEADER_PAGES, f->count);
	if (!fd_write_at(f->fd, h, sizeof(h), 0))
		die_errno("cannot write %s", f->name);
}

/* ---- a page that is being filled ---- */

static unsigned head_size(unsigned level)
{
	return level ? 12 : 8;
}

static bool has_room(const struct db_tree *t, unsigned level, size_t len)
{
	const struct db_level *l = &t->levels[level];

	return head_size(level) + 2 * (l->count + 1) + len <= l->start;
}

/* Where the next cell goes, which has room. */
static unsigned char *add_cell(struct db_tree *t, unsigned level, size_t len)
{
	struct db_level *l = &t->levels[level];

	l->start -= (unsigned)(len < CELL_LEAST ? CELL_LEAST : len);
	put_be16(l->page + head_size(level) + 2 * l->count++, l->start);
	return l->page + l->start;
}

/* Take the last cell back. Its bytes stay where they are until the page is sealed. */
static const unsigned char *take_cell(struct db_tree *t, unsigned level, size_t *len)
{
	struct db_level *l = &t->levels[level];
	unsigned start = l->start;

	l->count--;
	l->start = l->count ? get_be16(l->page + head_size(level) + 2 * (l->count - 1)) :
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
	unsigned cells_end = head_size(level) + 2 * l->count;

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
	if (level == DB_PAGES_LEVELS)
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
		uint32_t number = take_page(t->file);

		add_child(t, level + 1, number, last + 4, last_len - 4);
		seal_page(t, level, get_be32(last));
		write_pages(t->file, t->levels[level].page, number, 1);
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

	for (unsigned i = 0; i < count; i++) {
		uint32_t before = number;

		number = take_page(t->file);
		/* A gap: of the page of locks, or of inner pages. */
		if (i && number != before + 1) {
			write_pages(t->file, t->leaves + (size_t)from * t->file->page_size, first,
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
	write_pages(t->file, t->leaves + (size_t)from * t->file->page_size, first, count - from);
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
	uint32_t first = take_page(f), number = first;

	while (number) {
		size_t part = len < f->page_size - 4 ? len : f->page_size - 4;
		uint32_t next = len > part ? take_page(f) : 0;

		put_be32(page, next);
		memcpy(page + 4, data, part);
		memset(page + 4 + part, 0, f->page_size - 4 - part);
		write_pages(f, page, number, 1);
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
	if (part < len)
		put_be32(cell + head_len + part,
			 write_overflow(t->file, record + part, len - part));
	else if (head_len + len < CELL_LEAST)
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
		   size_t memory)
{
	size_t most = memory / f->page_size;

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
			last = take_page(t->file);
			write_pages(t->file, t->levels[level].page, last, 1);
		}
	}
	write_pages(t->file, t->levels[t->top].page, t->root, 1);
	for (unsigned level = 1; level <= t->top; level++)
		free(t->levels[level].page);
	free(t->leaves);
	buf_release(&t->keys);
	buf_release(&t->waiting);
}

/* ---- a row again ---- */

static const unsigned char *get_number(const unsigned char *p, uint64_t *v)
{
	*v = 0;
	for (int i = 0; i < DB_VARINT_MAX - 1; i++) {
		*v = *v << 7 | (*p & 0x7f);
		if (!(*p++ & 0x80))
			return p;
	}
	*v = *v << 8 | *p;
	return p + 1;
}

/* The number of the first cell whose rowid is not below `rowid`; that of cells if there is none. */
static unsigned find_cell(const unsigned char *page, int64_t rowid)
{
	bool inner = page[0] == INNER_ROWS;
	unsigned low = 0, high = get_be16(page + PAGE_CELLS);

	while (low < high) {
		unsigned middle = (low + high) / 2;
		const unsigned char *cell = page + get_be16(page + head_size(inner) + 2 * middle);
		uint64_t number;

		cell = inner ? cell + 4 : get_number(cell, &number);
		get_number(cell, &number);
		if ((int64_t)number < rowid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Read the leaf that has the row; returns its number. */
static uint32_t find_leaf(struct db_pages *f, uint32_t root, int64_t rowid, unsigned char *page)
{
	uint32_t number = root;

	for (;;) {
		unsigned i;

		read_at(f, page, f->page_size, (uint64_t)(number - 1) * f->page_size);
		if (page[0] != INNER_ROWS)
			return number;
		i = find_cell(page, rowid);
		number = get_be32(page + (i == get_be16(page + PAGE_CELLS) ?
						  PAGE_LAST_CHILD :
						  get_be16(page + head_size(1) + 2 * i)));
	}
}

/* Cell `i` gets shorter by `less` bytes: the cells behind it, which stand before it, move up. */
static void shorten_cell(unsigned char *page, unsigned i, unsigned less)
{
	unsigned start = get_be16(page + PAGE_START), count = get_be16(page + PAGE_CELLS);
	unsigned at = get_be16(page + head_size(0) + 2 * i);

	memmove(page + start + less, page + start, at - start);
	memset(page + start, 0, less);
	put_be16(page + PAGE_START, start + less);
	for (; i < count; i++) {
		unsigned char *to = page + head_size(0) + 2 * i;

		put_be16(to, get_be16(to) + less);
	}
}

void db_pages_replace(struct db_pages *f, uint32_t root, int64_t rowid,
		      const unsigned char *record, size_t len)
{
	unsigned char *page = xmalloc(f->page_size), head[2 * DB_VARINT_MAX], *end, *cell;
	uint32_t number = find_leaf(f, root, rowid, page);
	unsigned i = find_cell(page, rowid);
	uint64_t old_len = 0, row = 0;
	size_t old = 0;

	if (page[0] == LEAF_ROWS && i < get_be16(page + PAGE_CELLS)) {
		cell = page + get_be16(page + head_size(0) + 2 * i);
		old = (size_t)(get_number(get_number(cell, &old_len), &row) - cell) + old_len;
	}
	end = db_put_varint(db_put_varint(head, len), (uint64_t)rowid);
	if ((int64_t)row != rowid || len > old_len)
		bug("a row to be replaced is not there, or too short");
	shorten_cell(page, i, (unsigned)(old - (size_t)(end - head) - len));
	cell = page + get_be16(page + head_size(0) + 2 * i);
	memcpy(cell, head, (size_t)(end - head));
	memcpy(cell + (end - head), record, len);
	write_pages(f, page, number, 1);
	free(page);
}
