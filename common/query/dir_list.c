/* SPDX-License-Identifier: MIT */
#include "common/query/dir_list.h"

#include <inttypes.h>

#include "common/base/path.h"
#include "common/db/db_column.h"
#include "common/query/link_rows.h"
#include "common/query/tree_path.h"

#define TOTAL_PATH "(total)" /* no path: those begin with '/' */

struct open_dir {
	int64_t dir_id;
	size_t end; /* where it ends in the path */
};

/* Rows of one database; zeroed before open_rows. */
struct rows {
	struct db_reader_db *a;
	const struct dir_layout *layout;
	struct buf path;
	struct render_cell cells[DIR_COLUMNS]; /* as the layout has them; text until the next row */

	/* private */
	sqlite3_stmt *select;
	struct sums seen, once, freed; /* of the current directory */
	struct usage_rows kept;        /* what files directly in a directory lose to be freed */
	struct totals lost;
	struct file_match all;
	struct open_dir *open; /* the directories on the way to `path` */
	size_t depth, open_cap;
	struct buf shown; /* the path that users see */
	struct tree_path tree;
	struct buf owner, group;
};

/* ---- paths ---- */

/* `path` becomes that of `dir_id`, which ends where it ends now. */
static void remember(struct rows *r, int64_t dir_id)
{
	GROW(r->open, r->open_cap, r->depth + 1);
	r->open[r->depth++] = (struct open_dir){ dir_id, r->path.len };
}

static void set_path(struct rows *r, int64_t dir_id)
{
	r->depth = 0;
	r->path.len = 0;
	scope_path(r->a, dir_id, &r->path);
	remember(r, dir_id);
}

/* In tree order most parents are on the way to the directory before: then only a name changes. */
static void follow(struct rows *r, int64_t dir_id, int64_t parent_id, struct db_text name)
{
	if (!parent_id) {
		set_path(r, dir_id);
		return;
	}
	while (r->depth && r->open[r->depth - 1].dir_id != parent_id)
		r->depth--;
	if (!r->depth)
		set_path(r, parent_id);
	r->path.len = r->open[r->depth - 1].end;
	if (r->path.len > 1)
		buf_add_char(&r->path, '/');
	buf_add(&r->path, name.bytes, name.len);
	remember(r, dir_id);
}

/* ---- rows ---- */

enum {
	ROW_PARENT, ROW_NAME, ROW_DEPTH, ROW_SIZE, ROW_APPARENT, ROW_FILES, ROW_DIRS, ROW_ATIME,
	ROW_MTIME, ROW_UID, ROW_GID, ROW_LOST_FILES, ROW_LOST_SIZE, ROW_LOST_APPARENT,
	ROW_KEPT_FILES, ROW_KEPT_SIZE, ROW_KEPT_APPARENT
};

/* Does each link by itself not count? */
static bool loses(const struct rows *r)
{
	return r->a->linked && !r->layout->count_links;
}

/* Of files directly in a directory link_stats does not know what is freed. */
static bool asks_kept(const struct rows *r)
{
	return r->layout->own && r->layout->links && loses(r);
}

static void open_rows(struct rows *r, struct db_reader_db *a, const struct dir_layout *layout)
{
	const char *of = layout->own ? "nr" : "r";
	const char *kept = layout->links && !layout->own ?
				   "l.kept_files_r, l.kept_size_r, l.kept_apparent_r" : "0, 0, 0";
	char *lost, *sql;

	*r = (struct rows){ .a = a, .layout = layout };
	lost = loses(r) ? xasprintf("l.repeated_files_%s, l.repeated_size_%s,"
				    " l.repeated_apparent_%s, %s", of, of, of, kept) :
			  xstrdup("0, 0, 0, 0, 0, 0");
	sql = xasprintf(
		"SELECT d.parent_id, d.name, d.depth, s.total_size_%s, s.apparent_size_%s,"
		" s.file_count_%s, s.dir_count_%s, s.max_atime_%s, s.max_mtime_%s, %s, %s, %s"
		" FROM directories AS d CROSS JOIN directory_stats AS s ON s.dir_id = d.dir_id"
		"%s WHERE d.dir_id = ?",
		of, of, of, of, of, of, layout->own ? DIR_OWN_OWNER("uid") : "s.owner_uid",
		layout->own ? DIR_OWN_OWNER("gid") : "s.owner_gid", lost,
		loses(r) ? " LEFT JOIN link_stats AS l ON l.dir_id = d.dir_id" : "");

	r->select = db_prepare(&a->db, sql);
	free(lost);
	free(sql);
	if (!asks_kept(r))
		return;
	file_match_init(&r->all);
	r->kept = (struct usage_rows){ .a = a, .match = &r->all, .loss = LINKS_FREED,
				       .totals = &r->lost, .part = { -1, -1, -1, -1 } };
	usage_rows_open(&r->kept);
}

static struct render_cell cell_of(struct rows *r, int column, enum db_domain domain)
{
	return (struct render_cell){ .null = db_column_is_null(r->select, column),
				     .number = db_column_or(&r->a->db, r->select, column, domain, 0) };
}

/* The readable twin of owner_uid or owner_gid. */
static struct render_cell who_cell(struct rows *r, int column, struct buf *name,
				   bool (*add_name)(struct db_reader_db *, uint32_t, struct buf *))
{
	const int64_t several = INT64_MIN;
	int64_t id = db_column_or(&r->a->db, r->select, column, DB_OWNER, several);

	name->len = 0;
	if (id == several)
		buf_add_str(name, "(several)");
	else if (id < 0)
		buf_add_str(name, "(none)");
	else
		add_name(r->a, (uint32_t)id, name);
	return render_text((char *)name->data, name->len);
}

static struct render_cell path_cell(struct rows *r)
{
	r->shown.len = 0;
	buf_add(&r->shown, r->path.data, r->path.len);
	path_maps_show(&r->a->maps, &r->shown);
	if (r->layout->tree) {
		const struct buf *text = tree_path_next(&r->tree, (char *)r->shown.data, r->shown.len);

		return render_text((char *)text->data, text->len);
	}
	return render_text((char *)r->shown.data, r->shown.len);
}

static struct sums sums_of(struct rows *r, int files, int size, int apparent, bool change)
{
	struct db *db = &r->a->db;

	return (struct sums){
		db_column_or(db, r->select, files, change ? DB_CHANGE : DB_COUNT, 0),
		db_column_or(db, r->select, size, change ? DB_CHANGE : DB_SIZE, 0),
		db_column_or(db, r->select, apparent, change ? DB_CHANGE : DB_SIZE, 0),
	};
}

/* What the current directory has, links counted in three ways. */
static void fill_sums(struct rows *r, int64_t dir_id)
{
	struct sums lost = sums_of(r, ROW_LOST_FILES, ROW_LOST_SIZE, ROW_LOST_APPARENT, true);
	struct sums kept = sums_of(r, ROW_KEPT_FILES, ROW_KEPT_SIZE, ROW_KEPT_APPARENT, true);

	r->seen = sums_of(r, ROW_FILES, ROW_SIZE, ROW_APPARENT, false);
	r->once = r->freed = r->seen;
	if (asks_kept(r)) {
		usage_rows_own(&r->kept, dir_id);
		kept = *totals_at(&r->lost, r->kept.key);
		*totals_at(&r->lost, r->kept.key) = (struct sums){ 0 };
	}
	link_rows_lose(r->a, &r->once, &lost);
	link_rows_lose(r->a, &r->freed, &kept);
}

static struct render_cell shared_cell(struct rows *r)
{
	return render_number(db_column_or(&r->a->db, r->select, ROW_LOST_SIZE, DB_SIZE, 0));
}

static struct render_cell fill_cell(struct rows *r, enum dir_column which,
				    const struct sums *matching)
{
	const char *filesystem = db_reader_filesystem(r->a);

	switch (which) {
	case COLUMN_FILESYSTEM: return render_text(filesystem, strlen(filesystem));
	case COLUMN_SCAN: return render_number(r->a->scan_day * SECONDS_PER_DAY);
	case COLUMN_PATH: return path_cell(r);
	case COLUMN_OWNER: return who_cell(r, ROW_UID, &r->owner, owners_user_name);
	case COLUMN_GROUP: return who_cell(r, ROW_GID, &r->group, owners_group_name);
	case COLUMN_OWNER_UID: return cell_of(r, ROW_UID, DB_OWNER);
	case COLUMN_OWNER_GID: return cell_of(r, ROW_GID, DB_OWNER);
	case COLUMN_DEPTH: return cell_of(r, ROW_DEPTH, DB_DEPTH);
	case COLUMN_SIZE: return render_number(r->once.allocated);
	case COLUMN_APPARENT: return render_number(r->once.apparent);
	case COLUMN_FILES: return render_number(r->once.files);
	case COLUMN_SHARED: return shared_cell(r);
	case COLUMN_SEEN_FILES: return render_number(r->seen.files);
	case COLUMN_SEEN: return render_number(r->seen.allocated);
	case COLUMN_SEEN_APPARENT: return render_number(r->seen.apparent);
	case COLUMN_FREED_FILES: return render_number(r->freed.files);
	case COLUMN_FREED: return render_number(r->freed.allocated);
	case COLUMN_FREED_APPARENT: return render_number(r->freed.apparent);
	case COLUMN_MATCHING: return render_number(matching->allocated);
	case COLUMN_MATCHING_FILES: return render_number(matching->files);
	case COLUMN_DIRS: return cell_of(r, ROW_DIRS, DB_DIRECTORY_COUNT);
	case COLUMN_ATIME: return cell_of(r, ROW_ATIME, DB_TIME);
	case COLUMN_MTIME: return cell_of(r, ROW_MTIME, DB_TIME);
	case DIR_COLUMNS: break;
	}
	return (struct render_cell){ .null = true };
}

static void fill_rows(struct rows *r, const struct dir_hit *hit)
{
	int64_t dir_id = hit->dir_id;
	struct db *db = &r->a->db;
	sqlite3_stmt *s = r->select;

	db_bind(db, s, 1, dir_id);
	if (!db_step(db, s))
		die(EXIT_INPUT,
		    "%s: is damaged: dir_id %" PRId64 " is not in directories and directory_stats",
		    r->a->db.name, dir_id);
	follow(r, dir_id, db_column_or(db, s, ROW_PARENT, DB_ID, 0),
	       db_column_text(db, s, ROW_NAME, DB_NAME_BYTES));
	fill_sums(r, dir_id);
	for (size_t i = 0; i < r->layout->count; i++)
		r->cells[i] = fill_cell(r, r->layout->which[i], &hit->matching);
	db_check(&r->a->db, sqlite3_reset(s));
}

static void close_rows(struct rows *r)
{
	db_reader_finalize(r->a, r->select);
	usage_rows_close(&r->kept);
	totals_release(&r->lost);
	free(r->open);
	buf_release(&r->path);
	buf_release(&r->shown);
	buf_release(&r->owner);
	tree_path_release(&r->tree);
	buf_release(&r->group);
	*r = (struct rows){ 0 };
}

static void fill_total(const struct dir_layout *l, const struct dir_total *total,
		      struct render_cell cells[DIR_COLUMNS])
{
	for (size_t i = 0; i < l->count; i++) {
		switch (l->which[i]) {
		case COLUMN_PATH: cells[i] = render_text(TOTAL_PATH, strlen(TOTAL_PATH)); break;
		case COLUMN_SIZE: cells[i] = render_number(total->usage.sums.allocated); break;
		case COLUMN_APPARENT: cells[i] = render_number(total->usage.sums.apparent); break;
		case COLUMN_FILES: cells[i] = render_number(total->usage.sums.files); break;
		case COLUMN_SHARED:
			cells[i] = render_number(total->seen.allocated - total->usage.sums.allocated);
			break;
		case COLUMN_SEEN_FILES: cells[i] = render_number(total->seen.files); break;
		case COLUMN_SEEN: cells[i] = render_number(total->seen.allocated); break;
		case COLUMN_SEEN_APPARENT: cells[i] = render_number(total->seen.apparent); break;
		case COLUMN_FREED_FILES: cells[i] = render_number(total->freed.files); break;
		case COLUMN_FREED: cells[i] = render_number(total->freed.allocated); break;
		case COLUMN_FREED_APPARENT: cells[i] = render_number(total->freed.apparent); break;
		case COLUMN_MATCHING: cells[i] = render_number(total->matching.allocated); break;
		case COLUMN_MATCHING_FILES:
			cells[i] = render_number(total->matching.files);
			break;
		case COLUMN_DIRS: cells[i] = render_number((int64_t)total->dirs); break;
		case COLUMN_ATIME: cells[i] = render_number(total->usage.max_atime); break;
		case COLUMN_MTIME: cells[i] = render_number(total->usage.max_mtime); break;
		default: cells[i] = (struct render_cell){ .null = true };
		}
		cells[i].null = cells[i].null || (!cells[i].text && cells[i].number == TIME_NONE);
	}
}

/* ---- the list ---- */

struct dir_source {
	struct dir_search scan;
	struct rows rows;
	struct dir_hit hit;
	bool more;        /* `hit` is the next one */
	struct buf place; /* its path as tree order compares it; empty: not yet known */
};

static void advance(struct dir_source *s)
{
	s->more = dir_search_next(&s->scan, &s->hit);
	s->place.len = 0;
}

static const struct buf *place_of(struct dir_source *s)
{
	if (!s->place.len) {
		set_path(&s->rows, s->hit.dir_id);
		buf_add(&s->place, s->rows.path.data, s->rows.path.len);
		for (size_t i = 0; i < s->place.len; i++) {
			if (s->place.data[i] == '/')
				s->place.data[i] = '\0';
		}
	}
	return &s->place;
}

static bool comes_before(struct dir_source *a, struct dir_source *b)
{
	const struct dir_question *q = a->scan.question;
	int order;

	if (q->sort != DIR_BY_PATH && a->hit.rank != b->hit.rank)
		return a->hit.rank < b->hit.rank;
	order = path_compare(place_of(a)->data, place_of(a)->len, place_of(b)->data,
			     place_of(b)->len);
	return q->sort == DIR_BY_PATH && q->reverse ? order > 0 : order < 0;
}

static struct dir_source *first_of(struct dir_source *sources, size_t count)
{
	struct dir_source *first = NULL;

	for (size_t i = 0; i < count; i++) {
		if (sources[i].more && (!first || comes_before(&sources[i], first)))
			first = &sources[i];
	}
	return first;
}

void dir_list_start(struct dir_list *list, struct db_reader_set *set, const struct scope *scopes,
		    const struct dir_question *question, const struct dir_layout *layout)
{
	*list = (struct dir_list){ .question = question, .layout = layout, .count = set->count };
	list->sources = xcalloc(set->count, sizeof(*list->sources));
	for (size_t i = 0; i < set->count; i++) {
		struct dir_source *s = &list->sources[i];

		open_rows(&s->rows, &set->dbs[i], layout);
		dir_search_start(&s->scan, &set->dbs[i], &scopes[i], question);
		advance(s);
	}
}

bool dir_list_next(struct dir_list *list)
{
	struct dir_source *next = first_of(list->sources, list->count);

	if (!next || (list->question->limit && list->given == list->question->limit))
		return false;
	fill_rows(&next->rows, &next->hit);
	list->cells = next->rows.cells;
	list->given++;
	advance(next);
	return true;
}

void dir_list_finish(struct dir_list *list, bool verbose)
{
	struct dir_total total = DIR_TOTAL_NONE;

	for (size_t i = 0; i < list->count; i++) {
		struct dir_search *scan = &list->sources[i].scan;

		dir_search_finish(scan);
		list->matches = scan->matches == DIR_MATCHES_UNKNOWN ? DIR_MATCHES_UNKNOWN :
				add_saturating(list->matches, scan->matches);
		dir_total_add(&total, &scan->total);
		if (verbose)
			warn("%s: plan %s, %" PRId64 " steps, %" PRId64 " of them in full scans",
			     scan->a->operand, scan->plan, scan->a->steps, scan->a->full_scan);
	}
	fill_total(list->layout, &total, list->total);
	list->cells = list->total;
}

void dir_list_release(struct dir_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		close_rows(&list->sources[i].rows);
		buf_release(&list->sources[i].place);
	}
	free(list->sources);
	*list = (struct dir_list){ 0 };
}
