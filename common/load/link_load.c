/* SPDX-License-Identifier: MIT */
#include "common/load/link_load.h"

#include <inttypes.h>

#include "common/base/utf8.h"
#include "common/base/wire.h"
#include "common/db/db_batch.h"
#include "common/db/db_schema.h"
#include "common/load/link_tables.h"
#include "common/load/link_tree.h"

/*
 * A line in the sorter. In place of a path: snapshot 8, inode 8, generation 8, and 8 that tell files
 * without an inode apart, which is the identity; dir_id 8; name. Tail: uid 4, gid 4, age 1, size 1,
 * nlink 4, allocated 8, apparent 8; all big-endian; then lines, in host order.
 */
#define IDENTITY_LEN 32
#define HEAD_LEN (IDENTITY_LEN + 8)
#define KEY_LEN 30
#define TAIL_LEN (KEY_LEN + sizeof(int64_t))

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

/* `count` lines of a row; false: more bytes than 2^63-1. */
static bool sums_of(const struct link_row *row, int64_t count, struct sums *sums)
{
	*sums = (struct sums){ .files = count };
	if (__builtin_mul_overflow(count, row->apparent, &sums->apparent))
		sums->apparent = INT64_MAX;
	return !__builtin_mul_overflow(count, row->allocated, &sums->allocated);
}

static void check_own(struct link_load *l, const char *stream, int64_t dir_id,
		      const struct sums *own, const struct link_row *row)
{
	struct sums more;

	if (dir_id != l->dir_id)
		l->dir = (struct sums){ 0 };
	l->dir_id = dir_id;
	if (!sums_of(row, row->lines, &more) || !sums_add(&l->dir, &more) ||
	    l->dir.files > own->files || l->dir.allocated > own->allocated ||
	    l->dir.apparent > own->apparent)
		die(EXIT_INPUT, "%s: the links of the directory with dir_id %" PRId64
		    " are more than its files", stream, dir_id);
}

void link_load_add(struct link_load *l, const char *stream, int64_t dir_id, const struct sums *own,
		   const struct link_row *row, const char *name, size_t name_len)
{
	struct extsort_config sorting = l->sorting;
	unsigned char tail[TAIL_LEN], *to;
	struct buf head = { 0 };

	check_own(l, stream, dir_id, own, row);
	sorting.tail_len = TAIL_LEN;
	sorting.key_len = KEY_LEN;
	sorting.combine = add_lines;
	if (!l->lines)
		l->lines = extsort_new(&sorting);
	to = buf_reserve(&head, HEAD_LEN + name_len);
	put_be64(to, row->snapshot);
	put_be64(to + 8, row->inode);
	put_be64(to + 16, row->generation);
	put_be64(to + 24, row->inode ? 0 : ++l->alone);
	put_be64(to + 32, (uint64_t)dir_id);
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
	buf_release(&head);
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
	struct db *db;
	struct db_batch rows;
	struct link_sort pairs, sums;
	struct link_tree *tree; /* for names of paths that are repeated; NULL: they are not wanted */

	struct line first, before; /* of the inode, and the last one; `held`: not written yet */
	bool any, held;
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
	}
	link_sort_add(first == second ? &w->sums : &w->pairs, &item);
}

static void name_repeated(struct writer *w, const struct line *line)
{
	struct buf path = { 0 };
	char *safe;

	link_tree_add_path(w->tree, &path, line->dir_id);
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
	if (w->tree && w->load->totals.lines < LINKS_NAMED)
		name_repeated(w, line);
	w->load->totals.lines += lines;
}

static bool disagrees(const struct link_row *a, const struct link_row *b)
{
	return usage_key_compare(&a->key, &b->key) || a->allocated != b->allocated ||
	       a->apparent != b->apparent;
}

static void put_row(struct writer *w, const struct line *line, bool repeated)
{
	const struct link_row *r = &line->row;
	int64_t *row = db_batch_add(&w->rows);

	row[LINKS_link] = w->load->totals.inodes;
	row[LINKS_path] = w->path;
	row[LINKS_dir_id] = line->dir_id;
	db_batch_set_name(&w->rows, row, (char *)line->name.data, line->name.len);
	row[LINKS_uid] = r->key.uid;
	row[LINKS_gid] = r->key.gid;
	row[LINKS_age_bucket] = r->key.age_bucket;
	row[LINKS_size_bucket] = r->key.size_bucket;
	row[LINKS_allocated] = r->allocated;
	row[LINKS_apparent] = r->apparent;
	row[LINKS_nlink] = r->nlink;
	row[LINKS_lines] = r->lines;
	row[LINKS_repeated] = repeated;
	row[LINKS_snapshot] = (int64_t)r->snapshot;
	row[LINKS_inode] = (int64_t)r->inode;
	row[LINKS_generation] = (int64_t)r->generation;
}

/* A line of the inode whose first one is known; the one before it, if any, is w->before. */
static void write_line(struct writer *w, const struct line *line)
{
	bool repeated = w->path && line->dir_id == w->before.dir_id &&
			!path_compare(line->name.data, line->name.len, w->before.name.data,
				      w->before.name.len);

	if (!w->path)
		w->load->totals.inodes++;
	else
		put(w, w->before.dir_id, line->dir_id, &line->row, 1, LINK_REPEATED);
	w->path++;
	w->distinct += !repeated;
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
	if (!w->path)
		return;
	if (w->distinct >= w->nlink)
		put(w, w->first.dir_id, w->before.dir_id, &w->first.row, 1, LINK_COMPLETE);
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

	db_batch_init(&w->rows, w->db, "links", LINKS_COLUMNS, LINKS_name, DB_BATCH_ROWS);
	db_batch_whole_columns(&w->rows, 1u << LINKS_snapshot | 1u << LINKS_inode |
			       1u << LINKS_generation, LINKS_link);
	extsort_end_input(w->load->lines);
	while (extsort_next(w->load->lines, &item)) {
		read_line(&line, &item);
		take_line(w, &line);
	}
	end_inode(w);
	db_batch_release(&w->rows);
	w->load->spilled += extsort_stats(w->load->lines).spill_written;
	link_load_release(w->load);
	buf_release(&line.name);
	buf_release(&w->first.name);
	buf_release(&w->before.name);
}

/* ---- pass 2: pairs by their second directory ---- */

static void place_pairs(struct writer *w)
{
	struct link_tree tree;
	struct link_item item;

	link_tree_init(&tree, w->db);
	link_sort_end_input(&w->pairs);
	while (link_sort_next(&w->pairs, &item)) {
		link_tree_enter(&tree, item.first);
		item.first = link_tree_common(&tree, item.second);
		item.second = 0;
		link_sort_add(&w->sums, &item);
	}
	w->load->spilled += link_sort_release(&w->pairs);
	link_tree_release(&tree);
}

static void write_tables(struct link_load *l, struct db *db, int64_t root_id, bool names)
{
	struct writer w = { .load = l, .db = db };
	struct link_tree tree;

	link_tree_init(&tree, db);
	w.tree = names ? &tree : NULL;
	link_sort_init(&w.pairs, &l->sorting);
	link_sort_init(&w.sums, &l->sorting);
	write_lines(&w);
	if (names && l->totals.lines > LINKS_NAMED)
		warn("%" PRId64 " lines in all repeat a path", l->totals.lines);
	link_tree_release(&tree);
	place_pairs(&w);
	link_tables_write(&w.sums, db, root_id, &l->sorting, &l->totals.repeated);
	l->spilled += link_sort_release(&w.sums);
}

void link_load_write(struct link_load *l, struct db *db, int64_t root_id, bool names)
{
	if (l->lines)
		write_tables(l, db, root_id, names);
	db_exec(db, db_schema_link_indexes);
}

void link_load_release(struct link_load *l)
{
	if (l->lines)
		extsort_free(l->lines);
	l->lines = NULL;
}
