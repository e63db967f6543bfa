/* SPDX-License-Identifier: MIT */
#include "common/stream/tsv.h"

#include <inttypes.h>

#include "common/stream/attrs.h"
#include "common/stream/buckets.h"
#include "common/base/escape.h"
#include "common/base/human.h"

const char *tsv_columns(enum rec_kind kind)
{
	switch (kind) {
	case KIND_ENTRY:
		return "path\ttype\tinode\tgeneration\tuid\tgid\tmode\tnlink\tapparent\tallocated"
		       "\tatime\tmtime\tsnapshot";
	case KIND_DIR:
		return "path\thas_line\tinode\tgeneration\tuid\tgid\tmode\tallocated";
	default:
		return "path\tuid\tgid\tage_bucket\tsize_bucket\tfile_count\tallocated\tapparent"
		       "\tmax_atime\tmax_mtime\tnlink\tsnapshot\tinode\tgeneration"
		       "\tlink_allocated\tlink_apparent\tlines\tname";
	}
}

/* ---- writing ---- */

void tsv_add_head(struct buf *out, const struct header *h)
{
	struct buf text = { 0 };

	header_add_attrs(&text, h);
	buf_add_str(out, TSV_MAGIC);
	buf_add(out, text.data, text.len);
	buf_printf(out, "\n%s\n", tsv_columns(h->kind));
	buf_release(&text);
}

void tsv_add_end(struct buf *out, uint64_t records, const struct ledger *l)
{
	struct buf text = { 0 };

	ledger_add_attrs(&text, l);
	buf_printf(out, TSV_END "records=%" PRIu64 "\t", records);
	buf_add(out, text.data, text.len);
	buf_add_char(out, '\n');
	buf_release(&text);
}

static void add_u64(struct buf *out, uint64_t value)
{
	char digits[20], *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	buf_add_char(out, '\t');
	buf_add(out, at, (size_t)(digits + sizeof(digits) - at));
}

static void add_time(struct buf *out, int64_t value)
{
	if (value == TIME_NONE) {
		buf_add_char(out, '\t');
	} else if (value < 0) {
		add_u64(out, (uint64_t)-value);
		/* The sign goes between the TAB and the digits just added. */
		size_t at = out->len;

		while (out->data[at - 1] != '\t')
			at--;
		buf_reserve(out, 1);
		memmove(out->data + at + 1, out->data + at, out->len++ - at);
		out->data[at] = '-';
	} else {
		add_u64(out, (uint64_t)value);
	}
}

static void add_nlink(struct buf *out, uint32_t nlink)
{
	if (nlink)
		add_u64(out, nlink);
	else
		buf_add_char(out, '\t');
}

static void add_entry(struct buf *out, const struct entry *e)
{
	buf_add_char(out, '\t');
	buf_add_char(out, mode_letter(e->own.mode));
	add_u64(out, e->own.inode);
	add_u64(out, e->own.generation);
	add_u64(out, e->own.uid);
	add_u64(out, e->own.gid);
	buf_printf(out, "\t%06" PRIo32, e->own.mode);
	add_nlink(out, e->nlink);
	add_u64(out, e->size);
	add_u64(out, e->own.allocated);
	add_time(out, e->atime);
	add_time(out, e->mtime);
	add_u64(out, e->snapshot);
	buf_add_char(out, '\n');
}

static void add_entry_block(struct buf *out, struct block *b)
{
	struct block_paths paths = { 0 };

	while (block_next_entry_record(b, &paths)) {
		path_add_escaped(out, (char *)b->path.data, b->path.len);
		add_entry(out, &b->entry);
	}
	block_paths_release(&paths);
}

static void add_dir_block(struct buf *out, struct block *b)
{
	while (block_next_dir_record(b)) {
		const struct inode_line *own = &b->entry.own;

		path_add_escaped(out, (char *)b->path.data, b->path.len);
		if (!b->has_line) {
			buf_add_str(out, "\t0\t\t\t\t\t\t\n");
			continue;
		}
		buf_add_str(out, "\t1");
		add_u64(out, own->inode);
		add_u64(out, own->generation);
		add_u64(out, own->uid);
		add_u64(out, own->gid);
		buf_printf(out, "\t%06" PRIo32, own->mode);
		add_u64(out, own->allocated);
		buf_add_char(out, '\n');
	}
}

static void add_usage(struct buf *out, const struct usage *usage)
{
	add_u64(out, (uint64_t)usage->sums.files);
	add_u64(out, (uint64_t)usage->sums.allocated);
	add_u64(out, (uint64_t)usage->sums.apparent);
	add_time(out, usage->max_atime);
	add_time(out, usage->max_mtime);
	buf_add_str(out, "\t\t\t\t\t\t\t\t\n");
}

static void add_link(struct buf *out, const struct link_row *link, const char *name, size_t len)
{
	buf_add_str(out, "\t\t\t\t\t");
	add_nlink(out, link->nlink);
	add_u64(out, link->snapshot);
	add_u64(out, link->inode);
	add_u64(out, link->generation);
	add_u64(out, (uint64_t)link->allocated);
	add_u64(out, (uint64_t)link->apparent);
	add_u64(out, (uint64_t)link->lines);
	buf_add_char(out, '\t');
	escape_add(out, name, len);
	buf_add_char(out, '\n');
}

static void add_usage_block(struct buf *out, struct block *b)
{
	while (block_next_usage_record(b)) {
		const struct usage_key *key = b->is_link ? &b->link.key : &b->key;

		path_add_escaped(out, (char *)b->path.data, b->path.len);
		add_u64(out, key->uid);
		add_u64(out, key->gid);
		add_u64(out, key->age_bucket);
		add_u64(out, key->size_bucket);
		if (b->is_link)
			add_link(out, &b->link, b->name, b->name_len);
		else
			add_usage(out, &b->usage);
	}
}

const char *tsv_add_block(struct buf *out, struct block *b)
{
	if (b->kind == KIND_ENTRY)
		add_entry_block(out, b);
	else if (b->kind == KIND_DIR)
		add_dir_block(out, b);
	else
		add_usage_block(out, b);
	return b->fault;
}

/* ---- reading ---- */

/* A cursor over the fields of a line; each is taken once. `bad` names the first bad column. */
struct fields {
	char *at; /* NULL: no field is left */
	const char *bad;
};

static char *take(struct fields *f, const char *column, size_t *len)
{
	char *field = f->at, *tab;

	if (!field) {
		if (!f->bad)
			f->bad = column;
		*len = 0;
		return NULL;
	}
	tab = strchrnul(field, '\t');
	*len = (size_t)(tab - field);
	f->at = *tab ? tab + 1 : NULL;
	*tab = '\0';
	return field;
}

static uint64_t take_u64(struct fields *f, const char *column, uint64_t max)
{
	uint64_t value = 0;
	size_t len;
	char *field = take(f, column, &len);

	if (field && !human_parse_u64(field, max, &value) && !f->bad)
		f->bad = column;
	return value;
}

static int64_t take_time(struct fields *f, const char *column, bool optional)
{
	uint64_t value = 0;
	size_t len;
	char *field = take(f, column, &len);
	bool negative = field && *field == '-';

	if (field && !*field && optional)
		return TIME_NONE;
	if (field && !f->bad &&
	    !human_parse_u64(field + negative, negative ? -TIME_MIN : TIME_MAX, &value))
		f->bad = column;
	return negative ? -(int64_t)value : (int64_t)value;
}

static uint32_t take_mode(struct fields *f)
{
	uint32_t mode = 0;
	size_t len;
	char *field = take(f, "mode", &len);

	if (!field || !len || len > 7 || strspn(field, "01234567") != len) {
		if (!f->bad)
			f->bad = "mode";
		return 0;
	}
	for (; *field; field++)
		mode = mode << 3 | (uint32_t)(*field - '0');
	if ((mode > 0177777 || ((mode & S_IFMT) && mode_letter(mode) == '?')) && !f->bad)
		f->bad = "mode";
	return mode;
}

static void take_own(struct fields *f, struct inode_line *own)
{
	own->inode = take_u64(f, "inode", UINT64_MAX);
	own->generation = take_u64(f, "generation", UINT64_MAX);
	own->uid = (uint32_t)take_u64(f, "uid", UINT32_MAX);
	own->gid = (uint32_t)take_u64(f, "gid", UINT32_MAX);
	own->mode = take_mode(f);
}

static uint32_t take_nlink(struct fields *f)
{
	size_t len;

	if (f->at && *f->at != '\t' && *f->at)
		return (uint32_t)take_u64(f, "nlink", UINT32_MAX);
	take(f, "nlink", &len);
	return 0;
}

/* So many fields with nothing in them. */
static void take_empty(struct fields *f, int count, const char *column)
{
	size_t len;

	while (count--) {
		if ((!take(f, column, &len) || len) && !f->bad)
			f->bad = column;
	}
}

static void take_entry(struct fields *f, struct entry *e)
{
	size_t len;
	char *type = take(f, "type", &len);

	take_own(f, &e->own);
	if (type && (len != 1 || *type != mode_letter(e->own.mode)) && !f->bad)
		f->bad = "type";
	e->nlink = take_nlink(f);
	e->size = take_u64(f, "apparent", INT64_MAX);
	e->own.allocated = take_u64(f, "allocated", INT64_MAX);
	e->atime = take_time(f, "atime", false);
	e->mtime = take_time(f, "mtime", true);
	e->snapshot = take_u64(f, "snapshot", UINT64_MAX);
}

static void take_dir(struct fields *f, struct tsv_row *row)
{
	row->has_line = take_u64(f, "has_line", 1);
	if (row->has_line) {
		take_own(f, &row->entry.own);
		row->entry.own.allocated = take_u64(f, "allocated", INT64_MAX);
		if (!S_ISDIR(row->entry.own.mode) && !f->bad)
			f->bad = "mode";
		return;
	}
	take_empty(f, 6, "has_line");
}

static void take_name(struct fields *f, struct tsv_row *row)
{
	row->name = take(f, "name", &row->name_len);
	if (row->name)
		row->name_len = escape_decode(row->name, row->name_len);
	if ((!row->name || row->name_len == SIZE_MAX || !name_valid(row->name, row->name_len) ||
	     row->path_len + 1 + row->name_len > PATH_BYTES_MAX) && !f->bad)
		f->bad = "name";
}

static void take_link(struct fields *f, struct tsv_row *row)
{
	struct link_row *link = &row->link;

	link->key = row->key;
	take_empty(f, 5, "file_count");
	link->nlink = take_nlink(f);
	link->snapshot = take_u64(f, "snapshot", UINT64_MAX);
	link->inode = take_u64(f, "inode", UINT64_MAX);
	link->generation = take_u64(f, "generation", UINT64_MAX);
	link->allocated = (int64_t)take_u64(f, "link_allocated", INT64_MAX);
	link->apparent = (int64_t)take_u64(f, "link_apparent", INT64_MAX);
	link->lines = (int64_t)take_u64(f, "lines", INT64_MAX);
	take_name(f, row);
	if (!link_row_valid(link) && !f->bad)
		f->bad = link->nlink == 1 ? "nlink" : link->lines ? "size_bucket" : "lines";
}

static void take_usage(struct fields *f, struct tsv_row *row)
{
	row->key.uid = (uint32_t)take_u64(f, "uid", UINT32_MAX);
	row->key.gid = (uint32_t)take_u64(f, "gid", UINT32_MAX);
	row->key.age_bucket = (uint8_t)take_u64(f, "age_bucket", BUCKETS - 1);
	row->key.size_bucket = (uint8_t)take_u64(f, "size_bucket", BUCKETS - 1);
	row->is_link = f->at && *f->at == '\t';
	if (row->is_link) {
		take_link(f, row);
		return;
	}
	row->usage.sums.files = (int64_t)take_u64(f, "file_count", INT64_MAX);
	row->usage.sums.allocated = (int64_t)take_u64(f, "allocated", INT64_MAX);
	row->usage.sums.apparent = (int64_t)take_u64(f, "apparent", INT64_MAX);
	row->usage.max_atime = take_time(f, "max_atime", false);
	row->usage.max_mtime = take_time(f, "max_mtime", true);
	if (!row->usage.sums.files && !f->bad)
		f->bad = "file_count";
	take_empty(f, 8, "nlink");
}

/* Only the canonical form is taken: what normalising would change did not come from a stream. */
static bool take_path(struct fields *f, struct tsv_row *row)
{
	size_t len;
	char *text = take(f, "path", &len);

	len = escape_decode(text, len);
	if (len == SIZE_MAX || path_from_text(text, &row->path_len, text, len) != PATH_OK)
		return false;
	row->path = text;
	return len == (row->path_len ? row->path_len : 1);
}

const char *tsv_parse_row(struct tsv_row *row, enum rec_kind kind, char *line, size_t len)
{
	struct fields f = { .at = line };

	if (memchr(line, '\0', len) || !take_path(&f, row))
		return "path";
	if (kind == KIND_ENTRY)
		take_entry(&f, &row->entry);
	else if (kind == KIND_DIR)
		take_dir(&f, row);
	else
		take_usage(&f, row);
	if (!f.bad && f.at)
		return "behind the last";
	if (kind == KIND_ENTRY && !row->path_len && !S_ISDIR(row->entry.own.mode))
		return "type";
	return f.bad;
}

bool tsv_row_add(struct block_build *b, const struct tsv_row *row)
{
	if (b->kind == KIND_ENTRY)
		return block_add_entry(b, row->path, row->path_len, &row->entry);
	if (b->kind == KIND_DIR)
		return block_add_dir(b, row->path, row->path_len,
				     row->has_line ? &row->entry.own : NULL);
	if (row->is_link)
		return block_add_link(b, row->path, row->path_len, &row->link, row->name,
				      row->name_len);
	return block_add_usage(b, row->path, row->path_len, &row->key, &row->usage);
}

bool tsv_parse_end(char *text, uint64_t *records, struct ledger *l)
{
	char *key, *value;

	return attrs_next(&text, &key, &value) > 0 && strcmp(key, "records") == 0 &&
	       human_parse_u64(value, INT64_MAX, records) && ledger_parse(l, text);
}
