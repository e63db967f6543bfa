/* SPDX-License-Identifier: MIT */
#include "common/stream/block.h"

#include "common/stream/buckets.h"

const char *block_header_parse(struct block_header *h, const unsigned char bytes[BLOCK_HEADER_SIZE],
			       enum rec_kind kind)
{
	const bool entries = kind == KIND_ENTRY;

	h->payload = get_le32(bytes + 4);
	h->records = get_le32(bytes + 8);
	h->dirs = get_le32(bytes + 12);
	h->paths = get_le32(bytes + 16);
	h->dirs_len = get_le32(bytes + 20);
	h->lines_len = get_le32(bytes + 24);
	h->lines = get_le32(bytes + 28);
	if (get_le32(bytes) != BLOCK_TAG)
		return "no block starts here";
	if (h->payload > (h->records == 1 ? BLOCK_ONE_RECORD_MAX : BLOCK_PAYLOAD_MAX))
		return "block payload is too long";
	if (!h->records || h->records > (entries ? BLOCK_ENTRIES_MAX : BLOCK_RECORDS_MAX) ||
	    h->records > h->payload || h->lines > h->records)
		return "record count is out of range";
	if (!h->dirs || h->dirs > h->records || (kind == KIND_DIR && h->dirs != h->records))
		return "directory count is out of range";
	if (h->paths > (entries ? BLOCK_ENTRY_PATHS_MAX : BLOCK_PATHS_MAX))
		return "directory paths are too long";
	if (h->dirs_len > h->payload || h->lines_len > h->payload - h->dirs_len)
		return "section lengths are out of range";
	if (kind == KIND_DIR && h->dirs_len + h->lines_len != h->payload)
		return "file rows in a directory stream";
	return NULL;
}

static bool fault(struct block *b, const char *what)
{
	if (!b->fault)
		b->fault = what;
	return false;
}

/* Behind the last record of a section nothing may be left. Returns false, as its callers do. */
static bool section_end(struct block *b, const struct wire_in *in)
{
	if (in->at != in->end)
		return fault(b, "bytes are left at the end of a section");
	return false;
}

/* The number of rows: what is neither a directory line nor, in dir blocks, a directory. */
static uint32_t row_total(const struct block *b)
{
	return b->kind == KIND_DIR ? 0 : b->head.records - b->head.lines;
}

static void open_columns(struct block *b)
{
	entry_columns_open(&b->line_columns, &b->lines_in, LINE_COLUMNS, b->head.lines);
	entry_columns_open(&b->row_columns, &b->rows_in, ROW_COLUMNS, row_total(b));
	if (b->lines_in.bad || b->rows_in.bad)
		fault(b, "columns do not fit in their section");
}

/* The first `columns` of lines or rows, before the first value of them is used. */
static bool check_columns(struct block *b, struct entry_columns *c, unsigned columns)
{
	return c->checked >= columns || entry_columns_check(c, columns, b->head.dirs) ||
	       fault(b, "a number is out of range");
}

void block_open(struct block *b, enum rec_kind kind, const struct block_header *h,
		const unsigned char *payload)
{
	const unsigned char *lines = payload + h->dirs_len, *rows = lines + h->lines_len;
	struct buf path = b->path;

	path.len = 0;
	*b = (struct block){ .kind = kind, .head = *h, .payload = payload, .path = path };
	b->dirs_in = (struct wire_in){ payload, lines, false };
	b->lines_in = (struct wire_in){ lines, rows, false };
	b->rows_in = (struct wire_in){ rows, payload + h->payload, false };
	if (kind == KIND_ENTRY)
		open_columns(b);
}

bool block_next_dir(struct block *b)
{
	uint64_t shared, more;
	const unsigned char *suffix;
	const char *check;
	size_t from;

	if (b->fault)
		return false;
	if (b->dirs_read == b->head.dirs) {
		if (b->paths_read != b->head.paths)
			return fault(b, "directory paths are not as long as the block says");
		return section_end(b, &b->dirs_in);
	}
	shared = get_varint(&b->dirs_in);
	more = get_varint(&b->dirs_in);
	suffix = get_bytes(&b->dirs_in, more);
	if (!suffix || b->dirs_in.bad || shared > b->path.len || shared + more > PATH_BYTES_MAX)
		return fault(b, "a directory path does not decode");
	b->paths_read += shared + more;
	if (b->paths_read > b->head.paths)
		return fault(b, "directory paths are longer than the block says");
	b->path.len = shared;
	buf_add(&b->path, suffix, more);
	/* What lies before the last NUL of the shared part was checked with the path before. */
	check = (const char *)b->path.data;
	from = shared ? path_parent(check, shared) : 0;
	if (b->path.len && !path_valid(check + from, b->path.len - from))
		return fault(b, "a directory path is malformed");
	b->dirs_read++;
	return true;
}

static uint32_t get_u32_diff(struct wire_in *in, uint32_t before)
{
	uint64_t v = before + (uint64_t)unzigzag(get_varint(in));

	if (v > UINT32_MAX)
		in->bad = true;
	return (uint32_t)v;
}

static uint64_t get_u63(struct wire_in *in)
{
	uint64_t v = get_varint(in);

	if (v > INT64_MAX)
		in->bad = true;
	return v;
}

static int64_t get_time_diff(struct wire_in *in, int64_t before)
{
	int64_t v = (int64_t)((uint64_t)before + (uint64_t)unzigzag(get_varint(in)));

	if (v < TIME_MIN || v > TIME_MAX)
		in->bad = true;
	return v;
}

static void get_own(struct wire_in *in, struct inode_line *own, const struct inode_line *before)
{
	own->inode = before->inode + (uint64_t)unzigzag(get_varint(in));
	own->generation = get_varint(in);
	own->uid = get_u32_diff(in, before->uid);
	own->gid = get_u32_diff(in, before->gid);
	own->mode = get_u32_diff(in, before->mode);
	own->allocated = get_u63(in);
}

static bool mode_known(uint32_t mode)
{
	return mode <= 0177777 && (!(mode & S_IFMT) || mode_letter(mode) != '?');
}

/* Age class and size class as one number. */
static void get_classes(struct wire_in *in, struct usage_key *key, uint64_t classes)
{
	if (classes >= BUCKETS * BUCKETS)
		in->bad = true;
	key->age_bucket = (uint8_t)(classes / BUCKETS % BUCKETS);
	key->size_bucket = (uint8_t)(classes % BUCKETS);
}

/* Directories that follow each other: how many further on. */
static uint32_t get_dir(struct block *b, struct wire_in *in, uint32_t before)
{
	uint64_t more = get_varint(in);

	if (more >= b->head.dirs - before)
		in->bad = true;
	return before + (uint32_t)more;
}

static bool next_link(struct block *b, struct wire_in *in)
{
	struct link_row *l = &b->link;
	uint64_t nlink;

	b->dir = b->line_dir = get_dir(b, in, b->line_dir);
	l->key.uid = get_u32_diff(in, l->key.uid);
	l->key.gid = get_u32_diff(in, l->key.gid);
	get_classes(in, &l->key, get_varint(in));
	l->snapshot += (uint64_t)unzigzag(get_varint(in));
	l->inode += (uint64_t)unzigzag(get_varint(in));
	l->generation = get_varint(in);
	nlink = get_varint(in);
	if (nlink > UINT32_MAX)
		in->bad = true;
	l->nlink = (uint32_t)nlink;
	l->lines = (int64_t)get_u63(in);
	l->allocated = (int64_t)get_u63(in);
	l->apparent = (int64_t)get_u63(in);
	b->name_len = get_varint(in);
	b->name = (const char *)get_bytes(in, b->name_len);
	if (in->bad || !link_row_valid(l))
		return fault(b, "a link row does not decode");
	b->lines_read++;
	return name_valid(b->name, b->name_len) || fault(b, "the name of a link is malformed");
}

bool block_next_line(struct block *b)
{
	struct wire_in *in = &b->lines_in;
	uint32_t before = b->line_dir;

	if (b->fault)
		return false;
	if (b->lines_read == b->head.lines)
		return section_end(b, in);
	if (b->kind == KIND_USAGE)
		return next_link(b, in);
	if (b->kind == KIND_ENTRY) {
		if (!check_columns(b, &b->line_columns, LINE_COLUMNS))
			return false;
		b->dir = entry_columns_sums(&b->line_columns, b->lines_read, &b->entry);
		entry_columns_rest(&b->line_columns, b->lines_read, &b->entry);
	} else {
		b->dir = b->line_dir = get_u32_diff(in, before);
		get_own(in, &b->entry.own, &b->line_before);
		b->line_before = b->entry.own;
	}
	if (in->bad || b->dir >= b->head.dirs)
		return fault(b, "a directory line does not decode");
	if (!S_ISDIR(b->entry.own.mode) || !mode_known(b->entry.own.mode))
		return fault(b, "a directory line is not of a directory");
	if (b->kind == KIND_DIR && b->lines_read && b->dir <= before)
		return fault(b, "directory lines are out of order");
	b->lines_read++;
	return true;
}

bool block_next_sums(struct block *b)
{
	if (b->fault || b->rows_read == row_total(b) ||
	    !check_columns(b, &b->row_columns, SUM_COLUMNS))
		return false;
	b->dir = entry_columns_sums(&b->row_columns, b->rows_read++, &b->entry);
	return true;
}

bool block_rest_of_row(struct block *b)
{
	const struct entry_columns *of = &b->row_columns;

	if (!check_columns(b, &b->row_columns, ROW_COLUMNS))
		return false;
	entry_columns_rest(of, b->rows_read - 1, &b->entry);
	while (b->names_read < b->rows_read) {
		b->name_len = number_column_at(&of->column[ENTRY_NAME], b->names_read++);
		b->name = (const char *)get_bytes(&b->rows_in, b->name_len);
	}
	if (b->rows_in.bad)
		return fault(b, "names are longer than their section");
	if (S_ISDIR(b->entry.own.mode) || !mode_known(b->entry.own.mode))
		return fault(b, "a file row has the mode of a directory or none that exists");
	return name_valid(b->name, b->name_len) || fault(b, "a file name is malformed");
}

static bool next_usage(struct block *b, struct wire_in *in)
{
	uint64_t buckets;

	b->dir = b->row_dir = get_dir(b, in, b->row_dir);
	b->key.uid = get_u32_diff(in, b->key.uid);
	b->key.gid = get_u32_diff(in, b->key.gid);
	buckets = get_varint(in);
	get_classes(in, &b->key, buckets >> 1);
	b->usage.sums.files = (int64_t)get_u63(in);
	b->usage.sums.allocated = (int64_t)get_u63(in);
	b->usage.sums.apparent = (int64_t)get_u63(in);
	b->usage.max_atime = get_time_diff(in, b->usage.max_atime);
	b->usage.max_mtime = buckets & 1 ? get_time_diff(in, b->usage.max_atime) : TIME_NONE;
	if (in->bad || !b->usage.sums.files)
		return fault(b, "a usage row does not decode");
	b->rows_read++;
	return true;
}

bool block_next_row(struct block *b)
{
	if (b->fault)
		return false;
	if (b->rows_read == row_total(b))
		return section_end(b, &b->rows_in);
	if (b->kind == KIND_ENTRY)
		return block_next_sums(b) && block_rest_of_row(b);
	return next_usage(b, &b->rows_in);
}

bool block_paths_read(struct block_paths *p, struct block *b)
{
	GROW(p->ends, p->cap, b->head.dirs);
	p->bytes.len = 0;
	buf_reserve(&p->bytes, b->head.paths);
	while (block_next_dir(b)) {
		buf_add(&p->bytes, b->path.data, b->path.len);
		p->ends[b->dirs_read - 1] = (uint32_t)p->bytes.len;
	}
	return !b->fault;
}

void block_paths_release(struct block_paths *p)
{
	buf_release(&p->bytes);
	free(p->ends);
	*p = (struct block_paths){ 0 };
}

static void set_path(struct block *b, const struct block_paths *paths)
{
	size_t len;
	const char *path = block_path(paths, b->dir, &len);

	b->path.len = 0;
	buf_add(&b->path, path, len);
}

bool block_next_entry_record(struct block *b, struct block_paths *paths)
{
	if (!b->dirs_read && !block_paths_read(paths, b))
		return false;
	if (block_next_line(b)) {
		set_path(b, paths);
		return true;
	}
	if (!block_next_row(b))
		return false;
	set_path(b, paths);
	buf_add_char(&b->path, '\0');
	buf_add(&b->path, b->name, b->name_len);
	return b->path.len <= PATH_BYTES_MAX || fault(b, "a path is too long");
}

bool block_next_dir_record(struct block *b)
{
	if (!b->dirs_read || b->has_line)
		b->line_waits = block_next_line(b);
	b->has_line = b->line_waits && b->dir == b->dirs_read;
	return block_next_dir(b);
}

/* The directory of the next row of a section that has `left`; without one, above all others. */
static uint64_t peek_dir(struct wire_in in, uint32_t before, uint32_t left)
{
	return left ? before + get_varint(&in) : UINT64_MAX;
}

static bool link_is_next(const struct block *b)
{
	uint32_t links = b->head.lines - b->lines_read, rows = row_total(b) - b->rows_read;

	return links && peek_dir(b->lines_in, b->line_dir, links) <
				peek_dir(b->rows_in, b->row_dir, rows);
}

bool block_next_usage_record(struct block *b)
{
	b->is_link = link_is_next(b);
	if (!(b->is_link ? block_next_line(b) : block_next_row(b))) {
		if (!b->fault)
			section_end(b, &b->lines_in);
		if (!b->fault && block_next_dir(b))
			fault(b, "a directory without usage rows");
		return false;
	}
	if (b->dir > b->dirs_read)
		return fault(b, "a directory without usage rows");
	if (b->dir == b->dirs_read && !block_next_dir(b))
		return false;
	return !b->is_link || b->path.len + 1 + b->name_len <= PATH_BYTES_MAX ||
	       fault(b, "a path is too long");
}

void block_release(struct block *b)
{
	buf_release(&b->path);
}
