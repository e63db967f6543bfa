#include "common/query/dir_row.h"

#include "common/query/owners.h"

#define TOTAL_PATH "(total)" /* no path: those begin with '/' */

/* Of the subtree; `own_name` where the directory itself has another column. */
static const struct {
	struct render_column column;
	const char *own_name;
} all_columns[DIR_COLUMNS] = {
	[COLUMN_FILESYSTEM] = { { "filesystem", "File system", RENDER_TEXT, 0 }, NULL },
	[COLUMN_PATH] = { { "path", "Path", RENDER_PATH, 0 }, NULL },
	[COLUMN_DEPTH] = { { "depth", "Depth", RENDER_NUMBER, 5 }, NULL },
	[COLUMN_SIZE] = { { "total_size_r", "Size", RENDER_BYTES, 0 }, "total_size_nr" },
	[COLUMN_APPARENT] = { { "apparent_size_r", "Apparent", RENDER_BYTES, 6 },
			      "apparent_size_nr" },
	[COLUMN_FILES] = { { "file_count_r", "Files", RENDER_COUNT, 1 }, "file_count_nr" },
	[COLUMN_DIRS] = { { "dir_count_r", "Dirs", RENDER_COUNT, 4 }, "dir_count_nr" },
	[COLUMN_ATIME] = { { "max_atime_r", "Accessed", RENDER_TIME, 2 }, "max_atime_nr" },
	[COLUMN_MTIME] = { { "max_mtime_r", "Modified", RENDER_TIME, 3 }, "max_mtime_nr" },
	[COLUMN_OWNER_UID] = { { "owner_uid", NULL, RENDER_NUMBER, 0 }, NULL },
	[COLUMN_OWNER] = { { "owner", "Owner", RENDER_TEXT, 3 }, NULL },
	[COLUMN_OWNER_GID] = { { "owner_gid", NULL, RENDER_NUMBER, 0 }, NULL },
	[COLUMN_GROUP] = { { "group", "Group", RENDER_TEXT, 4 }, NULL },
};

enum dir_column dir_column_of(enum dir_sort sort)
{
	static const enum dir_column columns[] = {
		[SORT_SIZE] = COLUMN_SIZE, [SORT_APPARENT] = COLUMN_APPARENT,
		[SORT_FILES] = COLUMN_FILES, [SORT_DIRS] = COLUMN_DIRS,
		[SORT_ATIME] = COLUMN_ATIME, [SORT_MTIME] = COLUMN_MTIME,
		[SORT_DEPTH] = COLUMN_DEPTH, [SORT_PATH] = COLUMN_PATH,
	};

	return columns[sort];
}

static void add_column(struct dir_layout *l, enum dir_column which)
{
	struct render_column *column = &l->columns[l->count];

	*column = all_columns[which].column;
	if (l->own && all_columns[which].own_name)
		column->name = all_columns[which].own_name;
	l->which[l->count++] = which;
}

void dir_layout_init(struct dir_layout *l, bool own, bool several)
{
	*l = (struct dir_layout){ .own = own };
	for (int i = several ? COLUMN_FILESYSTEM : COLUMN_PATH; i < DIR_COLUMNS; i++)
		add_column(l, (enum dir_column)i);
}

void dir_layout_for_table(struct dir_layout *l, unsigned in_table, enum dir_column key)
{
	bool several = l->which[0] == COLUMN_FILESYSTEM;

	l->count = 0;
	for (int i = several ? COLUMN_FILESYSTEM : COLUMN_DEPTH; i < DIR_COLUMNS; i++) {
		if (i != COLUMN_PATH && (in_table & 1u << i || i == (int)key))
			add_column(l, (enum dir_column)i);
	}
	add_column(l, COLUMN_PATH);
	for (size_t i = 0; i < l->count; i++) {
		if (l->which[i] == key)
			l->columns[i].rank = 0;
	}
}

/* ---- paths ---- */

/* `path` becomes that of `dir_id`, which ends where it ends now. */
static void remember(struct dir_rows *r, int64_t dir_id)
{
	if (r->depth == r->capacity) {
		r->capacity = r->capacity ? 2 * r->capacity : 64;
		r->open = xrealloc_array(r->open, r->capacity, sizeof(*r->open));
		r->ends = xrealloc_array(r->ends, r->capacity, sizeof(*r->ends));
	}
	r->open[r->depth] = dir_id;
	r->ends[r->depth++] = r->path.len;
}

void dir_rows_path(struct dir_rows *r, int64_t dir_id)
{
	r->depth = 0;
	r->path.len = 0;
	scope_path(r->a, dir_id, &r->path);
	remember(r, dir_id);
}

/* In tree order most parents are on the way to the directory before: then only a name changes. */
static void follow(struct dir_rows *r, int64_t dir_id, int64_t parent_id, const void *name,
		   size_t len)
{
	if (!parent_id) {
		dir_rows_path(r, dir_id);
		return;
	}
	while (r->depth && r->open[r->depth - 1] != parent_id)
		r->depth--;
	if (!r->depth)
		dir_rows_path(r, parent_id);
	r->path.len = r->ends[r->depth - 1];
	if (r->path.len > 1)
		buf_add_char(&r->path, '/');
	buf_add(&r->path, name, len);
	remember(r, dir_id);
}

/* ---- rows ---- */

void dir_rows_open(struct dir_rows *r, struct db_reader_db *a, const struct dir_layout *layout)
{
	const char *of = layout->own ? "nr" : "r";
	char *sql = xasprintf(
		"SELECT d.parent_id, d.name, d.depth, s.total_size_%s, s.apparent_size_%s,"
		" s.file_count_%s, s.dir_count_%s, s.max_atime_%s, s.max_mtime_%s, %s, %s"
		" FROM directories AS d CROSS JOIN directory_stats AS s ON s.dir_id = d.dir_id"
		" WHERE d.dir_id = ?",
		of, of, of, of, of, of, layout->own ? DIR_OWN_OWNER("uid") : "s.owner_uid",
		layout->own ? DIR_OWN_OWNER("gid") : "s.owner_gid");

	*r = (struct dir_rows){ .a = a, .layout = layout };
	r->select = db_prepare(&a->db, sql);
	free(sql);
}

static struct render_cell cell_of(sqlite3_stmt *row, int column)
{
	return (struct render_cell){ .null = sqlite3_column_type(row, column) == SQLITE_NULL,
				     .number = sqlite3_column_int64(row, column) };
}

/* The readable twin of owner_uid or owner_gid. */
static struct render_cell who_cell(struct dir_rows *r, int column, struct buf *name,
				   bool (*add_name)(struct db_reader_db *, uint32_t, struct buf *))
{
	name->len = 0;
	if (sqlite3_column_type(r->select, column) == SQLITE_NULL)
		buf_add_str(name, "(several)");
	else if (sqlite3_column_int64(r->select, column) < 0)
		buf_add_str(name, "(none)");
	else
		add_name(r->a, (uint32_t)sqlite3_column_int64(r->select, column), name);
	return render_text((char *)name->data, name->len);
}

static struct render_cell fill_cell(struct dir_rows *r, enum dir_column which)
{
	const char *filesystem = db_reader_filesystem(r->a);

	switch (which) {
	case COLUMN_FILESYSTEM: return render_text(filesystem, strlen(filesystem));
	case COLUMN_PATH: return render_text((char *)r->path.data, r->path.len);
	case COLUMN_OWNER: return who_cell(r, 9, &r->owner, owners_user_name);
	case COLUMN_GROUP: return who_cell(r, 10, &r->group, owners_group_name);
	case COLUMN_OWNER_UID: return cell_of(r->select, 9);
	case COLUMN_OWNER_GID: return cell_of(r->select, 10);
	default: return cell_of(r->select, 2 + (int)(which - COLUMN_DEPTH));
	}
}

void dir_rows_fill(struct dir_rows *r, int64_t dir_id)
{
	sqlite3_stmt *s = r->select;

	db_bind(&r->a->db, s, 1, dir_id);
	if (!db_step(&r->a->db, s))
		die(EXIT_INPUT,
		    "%s: is damaged: dir_id %lld is not in directories and directory_stats",
		    r->a->db.name, (long long)dir_id);
	follow(r, dir_id, sqlite3_column_int64(s, 0), sqlite3_column_blob(s, 1),
	       (size_t)sqlite3_column_bytes(s, 1));
	for (size_t i = 0; i < r->layout->count; i++)
		r->cells[i] = fill_cell(r, r->layout->which[i]);
	db_check(&r->a->db, sqlite3_reset(s));
}

void dir_rows_close(struct dir_rows *r)
{
	sqlite3_finalize(r->select);
	free(r->open);
	free(r->ends);
	buf_release(&r->path);
	buf_release(&r->owner);
	buf_release(&r->group);
	*r = (struct dir_rows){ 0 };
}

void dir_layout_total(const struct dir_layout *l, const struct dir_total *total,
		      struct render_cell cells[DIR_COLUMNS])
{
	for (size_t i = 0; i < l->count; i++) {
		switch (l->which[i]) {
		case COLUMN_PATH: cells[i] = render_text(TOTAL_PATH, strlen(TOTAL_PATH)); break;
		case COLUMN_SIZE: cells[i] = render_number((int64_t)total->size); break;
		case COLUMN_APPARENT: cells[i] = render_number((int64_t)total->apparent); break;
		case COLUMN_FILES: cells[i] = render_number((int64_t)total->files); break;
		case COLUMN_DIRS: cells[i] = render_number((int64_t)total->dirs); break;
		case COLUMN_ATIME: cells[i] = render_number(total->atime); break;
		case COLUMN_MTIME: cells[i] = render_number(total->mtime); break;
		default: cells[i] = (struct render_cell){ .null = true };
		}
		cells[i].null = cells[i].null || (!cells[i].text && cells[i].number == TIME_NONE);
	}
}
