/* SPDX-License-Identifier: MIT */
#include "common/load/link_load.h"

#include <inttypes.h>

#include <xxhash.h>

#include "common/base/utf8.h"
#include "common/base/wire.h"
#include "common/db/db_record.h"
#include "common/db/db_schema.h"
#include "common/sort/word_sort.h"

/*
 * A line in the sorter. In place of a path: snapshot 8, inode 8, generation 8, and 8 that tell files
 * without an inode apart, which is the identity; dir_id 8; name. Tail: uid 4, gid 4, age 1, size 1,
 * nlink 4, allocated 8, apparent 8; all big-endian; then lines, in host order.
 */
#define IDENTITY_LEN 32
#define HEAD_LEN (IDENTITY_LEN + 8)
#define KEY_LEN 30
#define TAIL_LEN (KEY_LEN + sizeof(int64_t))
/* The line, and what comes of it: some five items that take 112 bytes, and one of 160. */
#define LINE_BYTES 900

static bool add_lines(unsigned char *into, const unsigned char *from)
{
	int64_t sum, more;
	bool over;

	memcpy(&sum, into + KEY_LEN, sizeof(sum));
	memcpy(&more, from + KEY_LEN, sizeof(more));
	over = __builtin_add_overflow(sum, more, &sum);
	memcpy(into + KEY_LEN, &sum, sizeof(sum));
	return !over;
}

void link_load_init(struct link_load *l, const struct extsort_config *sorting)
{
	*l = (struct link_load){ .sorting = *sorting };
}

static void begin(struct link_load *l)
{
	struct extsort_config sorting = l->sorting;

	sorting.tail_len = TAIL_LEN;
	sorting.key_len = KEY_LEN;
	sorting.combine = add_lines;
	l->lines = extsort_new(&sorting);
	link_tree_init(&l->tree, sorting.temp_dir);
}

/* `count` lines of a row; false: more bytes than 2^63-1. */
static bool sums_of(const struct link_row *row, int64_t count, struct sums *sums)
{
	*sums = (struct sums){ .files = count };
	if (__builtin_mul_overflow(count, row->apparent, &sums->apparent))
		sums->apparent = INT64_MAX;
	return !__builtin_mul_overflow(count, row->allocated, &sums->allocated);
}

static void check_own(struct link_load *l, const char *stream, const struct sums *own,
		      const struct link_row *row)
{
	struct sums more;

	if (!sums_of(row, row->lines, &more) || !sums_add(&l->dir, &more) ||
	    l->dir.files > own->files || l->dir.allocated > own->allocated ||
	    l->dir.apparent > own->apparent)
		die(EXIT_INPUT, "%s: the links of the directory with dir_id %" PRId64
		    " are more than its files", stream, l->dir_id);
	/* They are fewer than all files, whose sum is checked. */
	if (row->nlink)
		(void)sums_add(&l->counted, &more);
}

void link_load_add(struct link_load *l, const char *stream, const struct dir_totals *open,
		   size_t depth, const struct link_row *row, const char *name, size_t name_len)
{
	const struct dir_totals *dir = &open[depth - 1];
	unsigned char tail[TAIL_LEN], *to;

	if (!l->lines)
		begin(l);
	if (dir->dir_id != l->dir_id) {
		l->dir = (struct sums){ 0 };
		l->dir_id = dir->dir_id;
		link_tree_note(&l->tree, open, depth);
	}
	check_own(l, stream, &dir->own.sums, row);
	l->bytes += LINE_BYTES + name_len;
	l->head.len = 0;
	to = buf_reserve(&l->head, HEAD_LEN + name_len);
	put_be64(to, row->snapshot);
	put_be64(to + 8, row->inode);
	put_be64(to + 16, row->generation);
	put_be64(to + 24, row->inode ? 0 : ++l->alone);
	put_be64(to + 32, (uint64_t)dir->dir_id);
	memcpy(to + HEAD_LEN, name, name_len);
	put_be32(tail, row->key.uid);
	put_be32(tail + 4, row->key.gid);
	tail[8] = row->key.age_bucket;
	tail[9] = row->key.size_bucket;
	put_be32(tail + 10, row->nlink);
	put_be64(tail + 14, (uint64_t)row->allocated);
	put_be64(tail + 22, (uint64_t)row->apparent);
	memcpy(tail + KEY_LEN, &row->lines, sizeof(row->lines));
	extsort_add(l->lines, (char *)to, HEAD_LEN + name_len, tail);
}

/* ---- pass 1: lines by identity ---- */

/* A row of `links`. */
struct line {
	unsigned char identity[IDENTITY_LEN];
	int64_t dir_id;
	struct buf name;
	struct link_row row;
};

/* What is written while the lines of one inode come. */
struct writer {
	struct link_load *load;
	struct db *directories; /* for names of paths that are repeated; NULL: they are not wanted */
	struct db_tree links;
	struct word_sort by_dir;
	struct link_sort pairs, sums;
	struct buf record;

	struct line first, before; /* of the inode, and the last one; `held`: not written yet */
	bool any, held, named;
	int64_t names;          /* paths that the log repeats */
	int64_t path, distinct; /* rows of the inode so far, and different paths */
	uint32_t nlink;         /* the highest that they tell */
};

static void read_line(struct line *line, const struct extsort_item *item)
{
	const unsigned char *head = (const unsigned char *)item->path, *tail = item->tail;

	memcpy(line->identity, head, IDENTITY_LEN);
	line->dir_id = (int64_t)get_be64(head + IDENTITY_LEN);
	line->name.len = 0;
	buf_add(&line->name, head + HEAD_LEN, item->len - HEAD_LEN);
	line->row = (struct link_row){
		.key = { get_be32(tail), get_be32(tail + 4), tail[8], tail[9] },
		.snapshot = get_be64(head), .inode = get_be64(head + 8),
		.generation = get_be64(head + 16), .nlink = get_be32(tail + 10),
		.allocated = (int64_t)get_be64(tail + 14),
		.apparent = (int64_t)get_be64(tail + 22),
	};
	memcpy(&line->row.lines, tail + KEY_LEN, sizeof(line->row.lines));
}

static void copy_line(struct line *to, const struct line *from)
{
	struct buf name = to->name;

	*to = *from;
	to->name = name;
	to->name.len = 0;
	buf_add(&to->name, from->name.data, from->name.len);
}

/* So many files like this one, at the lowest directory that holds both; first <= second. */
static void put(struct writer *w, int64_t first, int64_t second, const struct link_row *row,
		int64_t count, enum link_kind kind)
{
	struct link_item item = { .first = first, .key = row->key, .kind = kind };

	if (!count)
		return;
	if (!sums_of(row, count, &item.sums))
		bug("links of more bytes than their directory");
	if (first != second) {
		item.first = second;
		item.second = first;
	} else if (kind == LINK_REPEATED) {
		item.kind = LINK_REPEATED_HERE;
	} else if (kind == LINK_BOTH) {
		item.kind = LINK_BOTH_HERE;
	}
	link_sort_add(first == second ? &w->sums : &w->pairs, &item);
}

/* The path of a directory, as text, escaped (path.h). */
static void add_path(struct db *db, struct buf *out, int64_t dir_id)
{
	sqlite3_stmt *select = db_prepare(db, "SELECT parent_id, name FROM directories"
					      " WHERE dir_id = ?");
	struct buf path = { 0 }, name = { 0 };
	int64_t parent;

	for (; dir_id > 1 && path.len <= PATH_BYTES_MAX; dir_id = parent) {
		db_bind(db, select, 1, dir_id);
		parent = db_step(db, select) ? sqlite3_column_int64(select, 0) : 0;
		name.len = 0;
		buf_add_char(&name, '\0');
		if (parent)
			buf_add(&name, sqlite3_column_blob(select, 1),
				(size_t)sqlite3_column_bytes(select, 1));
		buf_add(&name, path.data, path.len);
		path.len = 0;
		buf_add(&path, name.data, name.len);
		sqlite3_reset(select);
	}
	sqlite3_finalize(select);
	path_add_escaped(out, (char *)path.data, path.len);
	buf_release(&path);
	buf_release(&name);
}

static void name_repeated(struct writer *w, const struct line *line)
{
	struct buf path = { 0 };
	char *safe;

	add_path(w->directories, &path, line->dir_id);
	if (path.len > 1)
		buf_add_char(&path, '/');
	buf_add(&path, line->name.data, line->name.len);
	safe = xmalloc(path.len * UTF8_ESCAPE_MOST + 1);
	safe[utf8_escape(safe, (char *)path.data, path.len, "")] = '\0';
	warn("the log has this path more than once: %s", safe);
	free(safe);
	buf_release(&path);
}

static void count_repeated(struct writer *w, const struct line *line, int64_t lines)
{
	if (!lines)
		return;
	if (w->directories && !w->named && w->names++ < LINKS_NAMED)
		name_repeated(w, line);
	w->named = true;
	w->load->totals.lines += lines;
}

static bool disagrees(const struct link_row *a, const struct link_row *b)
{
	return usage_key_compare(&a->key, &b->key) || a->allocated != b->allocated ||
	       a->apparent != b->apparent;
}

/* A hash over all names and identities, which no other table tells. */
static void add_to_hash(struct link_load *l, const struct line *line)
{
	unsigned char ids[24];

	put_le64(ids, line->row.snapshot);
	put_le64(ids + 8, line->row.inode);
	put_le64(ids + 16, line->row.generation);
	l->hash = XXH3_64bits_withSeed(ids, sizeof(ids), l->hash);
	l->hash = XXH3_64bits_withSeed(line->name.data, line->name.len, l->hash);
}

static void put_row(struct writer *w, const struct line *line, bool repeated)
{
	const struct link_row *row = &line->row;
	const char *name = (const char *)line->name.data;
	struct db_record r;

	w->record.len = 0;
	db_record_begin(&r, buf_reserve(&w->record, DB_RECORD_MAX + line->name.len), LINKS_COLUMNS,
			line->name.len);
	db_record_integer(&r, w->load->totals.inodes);
	db_record_integer(&r, w->path);
	db_record_integer(&r, line->dir_id);
	db_record_name(&r, name, line->name.len, utf8_valid(name, line->name.len));
	db_record_integer(&r, row->key.uid);
	db_record_integer(&r, row->key.gid);
	db_record_integer(&r, row->key.age_bucket);
	db_record_integer(&r, row->key.size_bucket);
	db_record_integer(&r, row->allocated);
	db_record_integer(&r, row->apparent);
	db_record_integer(&r, row->nlink);
	db_record_integer(&r, row->lines);
	db_record_integer(&r, repeated);
	db_record_integer(&r, (int64_t)row->snapshot);
	db_record_integer(&r, (int64_t)row->inode);
	db_record_integer(&r, (int64_t)row->generation);
	db_tree_add_key(&w->links, w->record.data, db_record_end(&r));
	word_sort_add(&w->by_dir, &(struct word_item){ {
		(uint64_t)line->dir_id, (uint64_t)w->load->totals.inodes, (uint64_t)w->path } });
	add_to_hash(w->load, line);
}

/*
 * A line of the inode whose first one is known; the one before it, if any, is w->before. What the
 * second one repeats waits until it is known to be the last one.
 */
static void write_line(struct writer *w, const struct line *line)
{
	bool repeated = w->path && line->dir_id == w->before.dir_id &&
			!path_compare(line->name.data, line->name.len, w->before.name.data,
				      w->before.name.len);

	if (!w->path)
		w->load->totals.inodes++;
	else if (w->path > 1)
		put(w, w->before.dir_id, line->dir_id, &line->row, 1, LINK_REPEATED);
	if (w->path == 2)
		put(w, w->first.dir_id, w->before.dir_id, &w->before.row, 1, LINK_REPEATED);
	w->path++;
	w->distinct += !repeated;
	w->named = w->named && repeated;
	w->nlink = line->row.nlink > w->nlink ? line->row.nlink : w->nlink;
	put_row(w, line, repeated);
	put(w, line->dir_id, line->dir_id, &line->row, line->row.lines, LINK_PATHS);
	put(w, line->dir_id, line->dir_id, &line->row, line->row.lines - 1, LINK_REPEATED);
	if (disagrees(&line->row, &w->first.row))
		w->load->totals.disagree += line->row.lines;
	count_repeated(w, line, line->row.lines - !repeated);
	copy_line(&w->before, line);
}

static void end_inode(struct writer *w)
{
	bool complete = w->distinct >= w->nlink, two = w->path == 2;
	bool both = two && complete && !disagrees(&w->first.row, &w->before.row);

	if (!w->path)
		return;

	if (two && !both)
		put(w, w->first.dir_id, w->before.dir_id, &w->before.row, 1, LINK_REPEATED);
	if (complete)
		put(w, w->first.dir_id, w->before.dir_id, &w->first.row, 1,
		    both ? LINK_BOTH : LINK_COMPLETE);
	else
		w->load->totals.outside += w->nlink - w->distinct;
	w->path = w->distinct = 0;
	w->nlink = 0;
}

/* The first line of an inode is held back if it may be no link at all: nothing tells how many. */
static void take_line(struct writer *w, const struct line *line)
{
	bool more = w->any && !memcmp(line->identity, w->first.identity, IDENTITY_LEN);

	if (more && w->held)
		write_line(w, &w->first);
	if (!more) {
		end_inode(w);
		copy_line(&w->first, line);
	}
	w->any = true;
	w->held = !more && !line->row.nlink && line->row.lines == 1;
	if (!w->held)
		write_line(w, line);
}

static void write_lines(struct writer *w)
{
	struct line line = { .dir_id = 0 };
	struct extsort_item item;

	extsort_end_input(w->load->lines);
	while (extsort_next(w->load->lines, &item)) {
		read_line(&line, &item);
		take_line(w, &line);
	}
	end_inode(w);
	db_tree_end(&w->links);
	w->load->links_count = w->links.count;
	w->load->spilled += extsort_stats(w->load->lines).spill_written;
	extsort_free(w->load->lines);
	w->load->lines = NULL;
	buf_release(&line.name);
	buf_release(&w->first.name);
	buf_release(&w->before.name);
	buf_release(&w->record);
}

static void write_index(struct writer *w, const struct link_files *files)
{
	unsigned char bytes[DB_RECORD_MAX];
	struct word_item item;
	struct db_tree index;
	struct db_record r;

	link_files_begin(files, &index, "links_by_dir", false);
	word_sort_end_input(&w->by_dir);
	while (word_sort_next(&w->by_dir, &item)) {
		db_record_begin(&r, bytes, 3, 0);
		for (int i = 0; i < 3; i++)
			db_record_integer(&r, (int64_t)item.word[i]);
		db_tree_add_key(&index, bytes, db_record_end(&r));
	}
	db_tree_end(&index);
	word_sort_release(&w->by_dir);
}

/* ---- pass 2: pairs by their second directory ---- */

static void place_pairs(struct writer *w)
{
	struct link_tree *tree = &w->load->tree;
	struct link_item item;

	link_tree_rewind(tree);
	link_sort_end_input(&w->pairs);
	while (link_sort_next(&w->pairs, &item)) {
		link_tree_enter(tree, item.first);
		item.first = link_tree_common(tree, item.second);
		item.second = 0;
		link_sort_add(&w->sums, &item);
	}
	w->load->spilled += link_sort_release(&w->pairs);
}

void link_load_write(struct link_load *l, const struct link_files *files, struct db *directories)
{
	const struct word_sort_config by_dir = { .words = 3, .unsorted = 1,
						 .memory = l->sorting.memory,
						 .temp_dir = l->sorting.temp_dir, .quiet = true };
	struct writer w = { .load = l, .directories = directories };

	if (!l->lines)
		return;
	link_files_begin(files, &w.links, "links", false);
	word_sort_init(&w.by_dir, &by_dir);
	link_sort_init(&w.pairs, &l->sorting, true);
	link_sort_init(&w.sums, &l->sorting, false);
	write_lines(&w);
	if (w.names > LINKS_NAMED)
		warn("and %" PRId64 " more such paths", w.names - LINKS_NAMED);
	write_index(&w, files);
	place_pairs(&w);
	link_tables_write(&l->tables, files, &w.sums, &l->tree, &l->sorting);
	l->totals.repeated = l->tables.repeated;
	l->spilled += link_sort_release(&w.sums);
}

/* load_state keeps the hash, so that scan-audit can compare it. */
static void store_hash(struct link_load *l, struct db *db)
{
	sqlite3_stmt *insert = db_prepare(db, "INSERT INTO load_state(key, value)"
					      " VALUES('links', ?)");
	char text[20];

	snprintf(text, sizeof(text), "%016" PRIx64, l->hash);
	db_bind_name(db, insert, 1, text, strlen(text));
	db_step(db, insert);
	sqlite3_finalize(insert);
}

void link_load_finish(struct link_load *l, struct db *db)
{
	if (!l->links_count)
		return;
	db_check_count(db, "links", NULL, l->links_count);
	db_check_count(db, "links", "links_by_dir", l->links_count);
	link_tables_finish(&l->tables, db);
	store_hash(l, db);
}

void link_load_release(struct link_load *l)
{
	if (l->lines)
		extsort_free(l->lines);
	link_tree_release(&l->tree);
	buf_release(&l->head);
	l->lines = NULL;
}
