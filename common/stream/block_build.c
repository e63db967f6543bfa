/* SPDX-License-Identifier: MIT */
/*
 * Numbers of entries are collected column by column and encoded when the block is full; those of
 * directories and usage rows are stored as varint differences to the record before.
 */
#include "common/stream/block_build.h"

#include "common/stream/buckets.h"

/* Bytes that the numbers of any one record take at most, and those of a directory in section 1. */
#define NUMBERS_MAX 96
#define DIR_NUMBERS_MAX 8

#define COLUMN_HEADS_MAX ((LINE_COLUMNS + ROW_COLUMNS) * NUMBER_COLUMN_HEAD_MAX)
_Static_assert(BLOCK_PAYLOAD_MAX / ENTRY_WIDTH_MAX < ENTRY_VALUES_MAX, "a block's entries fit");
_Static_assert(ENTRY_VALUES_MAX <= BLOCK_ENTRIES_MAX, "readers take what fits");
_Static_assert(BLOCK_PAYLOAD_MAX <= BLOCK_ENTRY_PATHS_MAX, "the bound counts each directory");

void block_build_init(struct block_build *b, enum rec_kind kind)
{
	*b = (struct block_build){ .kind = kind };
	if (kind != KIND_ENTRY)
		return;
	dir_table_init(&b->table);
	b->line_values = xmalloc(sizeof(*b->line_values));
	b->row_values = xmalloc(sizeof(*b->row_values));
	b->line_values->count = b->row_values->count = 0;
}

static size_t payload_len(const struct block_build *b)
{
	return b->coded_dirs.len + b->coded_lines.len + b->coded_rows.len;
}

/*
 * Does a record fit that makes a payload of `len` bytes at most, and adds `paths` bytes of paths?
 */
static bool fits(const struct block_build *b, size_t len, size_t paths)
{
	if (!b->records)
		return true;
	return b->records < BLOCK_RECORDS_MAX && len <= BLOCK_PAYLOAD_MAX &&
	       b->paths_len + paths <= BLOCK_PATHS_MAX;
}

/* Append a directory to section 1; returns its number. */
static uint32_t code_dir(struct block_build *b, const char *path, size_t len)
{
	size_t shared = path_common(path, len, b->last.data, b->last.len);
	unsigned char *to = buf_reserve(&b->coded_dirs, 2 * VARINT_MAX + len - shared), *start = to;

	to = put_varint(to, shared);
	to = put_varint(to, len - shared);
	if (len > shared)
		memcpy(to, path + shared, len - shared);
	b->coded_dirs.len += (size_t)(to - start) + len - shared;
	b->paths_len += len;
	b->last.len = 0;
	buf_add(&b->last, path, len);
	return b->dirs++;
}

/*
 * Make room for an entry whose directory takes so many bytes more. Entry blocks reorder their
 * records, and in another order the payload is packed differently. So they are measured by a bound
 * that depends on the set of records alone: then a stream that is cut into blocks again is cut at
 * the same places.
 */
static bool reserve_entry(struct block_build *b, size_t name_len, size_t more, size_t paths)
{
	size_t bound = b->bound + ENTRY_WIDTH_MAX + name_len + more;

	if (!fits(b, COLUMN_HEADS_MAX + bound, paths))
		return false;
	b->bound = bound;
	return true;
}

static unsigned char *put_diff(unsigned char *to, uint64_t now, uint64_t before)
{
	return put_varint(to, zigzag((int64_t)(now - before)));
}

static unsigned char *put_own(unsigned char *to, const struct inode_line *own,
			      const struct inode_line *before)
{
	to = put_diff(to, own->inode, before->inode);
	to = put_varint(to, own->generation);
	to = put_diff(to, own->uid, before->uid);
	to = put_diff(to, own->gid, before->gid);
	to = put_diff(to, own->mode, before->mode);
	return put_varint(to, own->allocated);
}

/* Add an entry of last_dir, for which there is room. */
static void put_in_dir(struct block_build *b, const char *name, size_t len, const struct entry *e)
{
	if (name) {
		entry_values_add(b->row_values, b->last_dir, e, len);
		memcpy(buf_reserve(&b->names, len), name, len);
		b->names.len += len;
	} else {
		entry_values_add(b->line_values, b->last_dir, e, 0);
		b->lines++;
	}
	b->records++;
}

bool block_add_known(struct block_build *b, uint32_t dir, const char *name, size_t len,
		     const struct entry *e)
{
	if (!reserve_entry(b, len, 0, 0))
		return false;
	b->last_dir = dir;
	put_in_dir(b, name, len, e);
	return true;
}

/* The text of a directory, valid until the next call. */
static const char *text_of(struct block_build *b, const char *path, size_t len)
{
	unsigned char *to = buf_reserve(&b->text, len);

	for (size_t i = 0; i < len; i++)
		to[i] = path[i] ? (unsigned char)path[i] : '/';
	return (char *)to;
}

bool block_add_entry(struct block_build *b, const char *path, size_t len, const struct entry *e)
{
	size_t parent = len, name_len = 0;
	const char *name = NULL, *text;
	struct digest digest;
	uint32_t dir;

	if (!S_ISDIR(e->own.mode)) {
		parent = path_parent(path, len);
		name = path + parent + 1;
		name_len = len - parent - 1;
	}
	text = text_of(b, path, parent);
	dir = block_find_dir(b, text, parent);
	if (dir != BLOCK_NO_DIR)
		return block_add_known(b, dir, name, name_len, e);
	if (!reserve_entry(b, name_len, parent + DIR_NUMBERS_MAX, parent))
		return false;
	digest = digest_of_dir(path, parent);
	dir_table_add(&b->table, text, parent, &digest);
	b->last_dir = code_dir(b, path, parent);
	put_in_dir(b, name, name_len, e);
	return true;
}

/* Records of the other kinds keep their order, so what they take is measured as it is. */
static bool fits_in_order(const struct block_build *b, size_t path_len, size_t name_len)
{
	return fits(b, payload_len(b) + path_len + name_len + DIR_NUMBERS_MAX + NUMBERS_MAX,
		    path_len);
}

bool block_add_dir(struct block_build *b, const char *path, size_t len,
		   const struct inode_line *line)
{
	unsigned char *to;
	uint32_t dir;

	if (!fits_in_order(b, len, 0))
		return false;
	dir = code_dir(b, path, len);
	if (line) {
		to = buf_reserve(&b->coded_lines, NUMBERS_MAX);
		to = put_diff(to, dir, b->line_dir);
		to = put_own(to, line, &b->line_before);
		b->coded_lines.len = (size_t)(to - b->coded_lines.data);
		b->line_before = *line;
		b->line_dir = dir;
		b->lines++;
	}
	b->records++;
	return true;
}

/* The number of a directory, which is the last one or a new one. */
static uint32_t dir_in_order(struct block_build *b, const char *path, size_t len)
{
	if (b->dirs && path_compare(b->last.data, b->last.len, path, len) == 0)
		return b->dirs - 1;
	return code_dir(b, path, len);
}

/* Usage rows are read before the links of their directory: one that follows them names it again. */
static uint32_t dir_of_usage(struct block_build *b, const char *path, size_t len)
{
	if (b->lines && b->line_dir == b->dirs - 1)
		return code_dir(b, path, len);
	return dir_in_order(b, path, len);
}

bool block_add_usage(struct block_build *b, const char *path, size_t len,
		     const struct usage_key *key, const struct usage *usage)
{
	bool has_mtime = usage->max_mtime != TIME_NONE;
	uint32_t buckets = key->age_bucket * BUCKETS + key->size_bucket;
	unsigned char *to;
	uint32_t dir;

	if (!fits_in_order(b, len, 0))
		return false;
	dir = dir_of_usage(b, path, len);
	to = buf_reserve(&b->coded_rows, NUMBERS_MAX);
	to = put_varint(to, dir - b->row_dir);
	to = put_diff(to, key->uid, b->key_before.uid);
	to = put_diff(to, key->gid, b->key_before.gid);
	to = put_varint(to, buckets << 1 | has_mtime);
	to = put_varint(to, (uint64_t)usage->sums.files);
	to = put_varint(to, (uint64_t)usage->sums.allocated);
	to = put_varint(to, (uint64_t)usage->sums.apparent);
	to = put_diff(to, (uint64_t)usage->max_atime, (uint64_t)b->atime_before);
	if (has_mtime)
		to = put_diff(to, (uint64_t)usage->max_mtime, (uint64_t)usage->max_atime);
	b->coded_rows.len = (size_t)(to - b->coded_rows.data);
	b->row_dir = dir;
	b->key_before = *key;
	b->atime_before = usage->max_atime;
	b->records++;
	return true;
}

bool block_add_link(struct block_build *b, const char *path, size_t len,
		    const struct link_row *row, const char *name, size_t name_len)
{
	const struct link_row *before = &b->link_before;
	unsigned char *to;
	uint32_t dir;

	if (!fits_in_order(b, len, name_len))
		return false;
	dir = dir_in_order(b, path, len);
	to = buf_reserve(&b->coded_lines, NUMBERS_MAX + name_len);
	to = put_varint(to, dir - b->line_dir);
	to = put_diff(to, row->key.uid, before->key.uid);
	to = put_diff(to, row->key.gid, before->key.gid);
	to = put_varint(to, row->key.age_bucket * BUCKETS + row->key.size_bucket);
	to = put_diff(to, row->snapshot, before->snapshot);
	to = put_diff(to, row->inode, before->inode);
	to = put_varint(to, row->generation);
	to = put_varint(to, row->nlink);
	to = put_varint(to, (uint64_t)row->lines);
	to = put_varint(to, (uint64_t)row->allocated);
	to = put_varint(to, (uint64_t)row->apparent);
	to = put_varint(to, name_len);
	memcpy(to, name, name_len);
	b->coded_lines.len = (size_t)(to + name_len - b->coded_lines.data);
	b->line_dir = dir;
	b->link_before = *row;
	b->lines++;
	b->records++;
	return true;
}

/* Empty, with all allocations kept. */
static void reset(struct block_build *b)
{
	struct block_build kept = *b;

	if (b->kind == KIND_ENTRY)
		dir_table_empty(&kept.table);
	kept.coded_dirs.len = kept.coded_lines.len = kept.coded_rows.len = 0;
	kept.last.len = kept.names.len = 0;
	*b = (struct block_build){
		.kind = kept.kind, .coded_dirs = kept.coded_dirs, .coded_lines = kept.coded_lines,
		.coded_rows = kept.coded_rows, .last = kept.last, .table = kept.table,
		.text = kept.text, .names = kept.names, .line_values = kept.line_values,
		.row_values = kept.row_values,
	};
}

static void encode_lines(struct block_build *b, struct buf *out)
{
	if (b->kind == KIND_ENTRY)
		entry_values_encode(b->line_values, LINE_COLUMNS, out);
	else
		buf_add(out, b->coded_lines.data, b->coded_lines.len);
}

static void encode_rows(struct block_build *b, struct buf *out)
{
	if (b->kind == KIND_ENTRY) {
		entry_values_encode(b->row_values, ROW_COLUMNS, out);
		buf_add(out, b->names.data, b->names.len);
	} else {
		buf_add(out, b->coded_rows.data, b->coded_rows.len);
	}
}

void block_encode(struct block_build *b, struct buf *out)
{
	size_t start = out->len, payload = start + BLOCK_HEADER_SIZE, lines, rows;
	unsigned char *head;

	if (!b->records)
		return;
	buf_reserve(out, BLOCK_HEADER_SIZE);
	out->len = payload;
	buf_add(out, b->coded_dirs.data, b->coded_dirs.len);
	lines = out->len;
	encode_lines(b, out);
	rows = out->len;
	encode_rows(b, out);
	put_le64(buf_reserve(out, BLOCK_HASH_SIZE), 0);
	head = out->data + start;
	put_le32(head, BLOCK_TAG);
	put_le32(head + 4, (uint32_t)(out->len - payload));
	put_le32(head + 8, b->records);
	put_le32(head + 12, b->dirs);
	put_le32(head + 16, (uint32_t)b->paths_len);
	put_le32(head + 20, (uint32_t)b->coded_dirs.len);
	put_le32(head + 24, (uint32_t)(rows - lines));
	put_le32(head + 28, b->lines);
	out->len += BLOCK_HASH_SIZE;
	reset(b);
}

void block_build_settle(struct block_build *b)
{
	struct block_paths paths = { 0 };
	struct block_header header;
	struct buf encoded = { 0 };
	struct block view = { 0 };

	if (b->kind != KIND_ENTRY || !b->records)
		return;
	block_encode(b, &encoded);
	if (block_header_parse(&header, encoded.data, b->kind))
		bug("a block that was just made is malformed");
	block_open(&view, b->kind, &header, encoded.data + BLOCK_HEADER_SIZE);
	while (block_next_entry_record(&view, &paths)) {
		if (!block_add_entry(b, (char *)view.path.data, view.path.len, &view.entry))
			bug("records that filled a block do not fit in another order");
	}
	block_paths_release(&paths);
	block_release(&view);
	buf_release(&encoded);
}

void block_build_release(struct block_build *b)
{
	buf_release(&b->coded_dirs);
	buf_release(&b->coded_lines);
	buf_release(&b->coded_rows);
	buf_release(&b->last);
	buf_release(&b->text);
	buf_release(&b->names);
	free(b->line_values);
	free(b->row_values);
	dir_table_release(&b->table);
	*b = (struct block_build){ 0 };
}
