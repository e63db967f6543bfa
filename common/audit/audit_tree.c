/* SPDX-License-Identifier: MIT */
#include "common/audit/audit_tree.h"

#include <inttypes.h>

#include "common/base/path.h"
#include "common/base/utf8.h"

#define DAY INT64_C(86400)

/* The lowest and the highest value of each column, and whether it can be NULL. */
static const struct {
	const char *name;
	int64_t least, most;
	bool null;
} stats[] = {
#define NUMBER(name) { #name, 0, INT64_MAX, false },
#define TIME(name) { #name, INT64_MIN + 1, INT64_MAX, true },
#define OWNER(name) { #name, -1, UINT32_MAX, true },
	AUDIT_STATS(NUMBER, TIME, OWNER)
};

/* ---- when a directory is over ---- */

static void check_stat(struct audit_tree *t, const struct audit_level *l, enum audit_stat which,
		       int64_t should)
{
	audit_number(t->db, l->dir_id, stats[which].name, l->said[which], should);
}

static int64_t stored_owner(int64_t id)
{
	return id == -2 ? AUDIT_NULL : id;
}

static int64_t both_owners(int64_t a, int64_t b)
{
	if (a == -1 || a == b)
		return b;
	return b == -1 ? a : -2;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b; /* AUDIT_NULL is below all times */
}

static void add_to_parent(struct audit_tree *t, const struct audit_level *l)
{
	struct audit_level *parent = &t->open[t->depth - 1];

	audit_add(&t->stats, &parent->whole, &l->whole);
	parent->dirs++;
	parent->atime = later(parent->atime, l->atime);
	parent->mtime = later(parent->mtime, l->mtime);
	parent->uid = both_owners(parent->uid, l->uid);
	parent->gid = both_owners(parent->gid, l->gid);
}

static void close_level(struct audit_tree *t, int64_t last)
{
	const struct audit_level *l = &t->open[--t->depth];

	if (!l->has_line && !l->dirs && !l->whole.files)
		audit_lie(t->db, l->dir_id, "has no line in the scan, and nothing is in it");
	check_stat(t, l, STAT_dir_count_nr, l->dirs);
	check_stat(t, l, STAT_file_count_r, l->whole.files);
	check_stat(t, l, STAT_total_size_r, l->whole.allocated);
	check_stat(t, l, STAT_apparent_size_r, l->whole.apparent);
	check_stat(t, l, STAT_dir_count_r, last - l->dir_id);
	check_stat(t, l, STAT_max_atime_r, l->atime);
	check_stat(t, l, STAT_max_mtime_r, l->mtime);
	check_stat(t, l, STAT_owner_uid, stored_owner(l->uid));
	check_stat(t, l, STAT_owner_gid, stored_owner(l->gid));
	audit_usage_leave(&t->usage, l->dir_id, last, &l->usage,
			  t->depth ? &t->open[t->depth - 1].usage : NULL);
	audit_links_leave(&t->links, l->dir_id, &l->links,
			  t->depth ? &t->open[t->depth - 1].links : NULL, l->usage.whole_rows > 0);
	if (t->depth)
		add_to_parent(t, l);
	else
		t->repeated = l->links.repeated;
}

/* ---- the row of `directories` ---- */

static bool is_name(const void *name, size_t len, bool text)
{
	return len && !memchr(name, '/', len) && !memchr(name, '\0', len) &&
	       !(len == 1 && !memcmp(name, ".", 1)) && !(len == 2 && !memcmp(name, "..", 2)) &&
	       utf8_valid(name, len) == text;
}

/* The sibling before this one stands on the level where this one will be, if there is one. */
static void check_name(struct audit_tree *t, size_t depth, bool has_sibling)
{
	const void *name = sqlite3_column_blob(t->dirs.select, AUDIT_DIR_name);
	size_t len = (size_t)sqlite3_column_bytes(t->dirs.select, AUDIT_DIR_name);
	int type = sqlite3_column_type(t->dirs.select, AUDIT_DIR_name);
	const struct audit_level *before = &t->open[depth];
	size_t common = len;
	int order;

	if ((type != SQLITE_TEXT && type != SQLITE_BLOB) ||
	    (depth ? !is_name(name, len, type == SQLITE_TEXT) : len != 1 || memcmp(name, "/", 1)))
		audit_lie(t->db, t->dirs.dir_id,
			  "its name is not a valid one, or is stored with the wrong type");
	if (!has_sibling)
		return;
	if (before->name_len < common)
		common = before->name_len;
	order = memcmp(t->names.data + before->name_at, name, common);
	if (order > 0 || (!order && before->name_len >= len))
		audit_lie(t->db, t->dirs.dir_id,
			  "its name does not come after that of dir_id %" PRId64
			  ", which stands before it",
			  before->dir_id);
}

static bool read_line(struct audit_tree *t)
{
	/* Inode and generation may be anything of 64 bits. */
	static const int64_t least[6] = { INT64_MIN, INT64_MIN };
	static const int64_t most[6] = {
		INT64_MAX, INT64_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, INT64_MAX,
	};
	int64_t cells[6];
	int given = 0;

	for (int i = 0; i < 6; i++) {
		cells[i] = audit_cell_or_null(&t->dirs, AUDIT_DIR_inode + i, least[i], most[i]);
		given += sqlite3_column_type(t->dirs.select, AUDIT_DIR_inode + i) != SQLITE_NULL;
	}
	if (given && given < 6)
		audit_lie(t->db, t->dirs.dir_id,
			  "%d of the 6 columns that are of its own line are NULL", 6 - given);
	if (!given) {
		t->implied++;
		return false;
	}
	audit_usage_owned(&t->usage, cells[2], cells[3]);
	if (__builtin_add_overflow(t->line_bytes, cells[5], &t->line_bytes))
		t->line_bytes = INT64_MAX;
	return true;
}

static void push(struct audit_tree *t, size_t depth)
{
	size_t len = depth ? (size_t)sqlite3_column_bytes(t->dirs.select, AUDIT_DIR_name) : 0;
	struct audit_level *l;

	t->open[depth] = (struct audit_level){ .dir_id = t->dirs.dir_id, .name_len = len };
	l = &t->open[depth];
	l->name_at = depth ? t->open[depth - 1].name_at + t->open[depth - 1].name_len : 0;
	t->names.len = l->name_at;
	buf_add(&t->names, sqlite3_column_blob(t->dirs.select, AUDIT_DIR_name), len);
	t->depth = depth + 1;
	if (t->names.len + depth > PATH_BYTES_MAX)
		audit_lie(t->db, l->dir_id, "its path is longer than %d bytes", PATH_BYTES_MAX);
}

static void enter_directory(struct audit_tree *t)
{
	int64_t dir_id = t->dirs.dir_id;
	int64_t depth = audit_cell(&t->dirs, AUDIT_DIR_depth, 0, PATH_BYTES_MAX);
	size_t open = t->depth;

	if (dir_id != ++t->directories)
		audit_lie(t->db, 0, "directories has no row with dir_id %" PRId64, t->directories);
	if ((depth == 0) != (dir_id == 1) || (size_t)depth > open)
		audit_lie(t->db, dir_id, "depth is %" PRId64 ", should be %s%zu", depth,
			  dir_id == 1 ? "" : "from 1 to ", open);
	audit_number(t->db, dir_id, "parent_id",
		     audit_cell_or_null(&t->dirs, AUDIT_DIR_parent_id, 1, INT64_MAX),
		     depth ? t->open[depth - 1].dir_id : AUDIT_NULL);
	while (t->depth > (size_t)depth)
		close_level(t, dir_id - 1);
	GROW(t->open, t->cap, open + 1);
	check_name(t, (size_t)depth, open > (size_t)depth);
	push(t, (size_t)depth);
	t->open[depth].has_line = read_line(t);
}

/* ---- its rows in the other tables ---- */

static void read_stats(struct audit_tree *t, struct audit_level *l)
{
	if (!t->stats.have || t->stats.dir_id != l->dir_id)
		audit_lie(t->db, l->dir_id, "has no row in directory_stats");
	for (int i = 0; i < STAT_COUNT; i++) {
		l->said[i] = (stats[i].null ? audit_cell_or_null : audit_cell)(
			&t->stats, 1 + i, stats[i].least, stats[i].most);
	}
	audit_rows_next(&t->stats);
}

/* 0 to 9, by whole days before midnight, counted towards the past. */
static int64_t class_of_age(const struct audit_tree *t, int64_t when)
{
	static const int64_t limits[] = { 30, 90, 180, 365, 730, 1095, 1460, 2190, 2555 };
	__int128 seconds = (__int128)t->midnight - when;
	int64_t class = 0;

	while (class < 9 && seconds >= limits[class] * DAY)
		class++;
	return class;
}

/*
 * Latest times are in no other table. But there is one if and only if there is a file (of mtime: at
 * most then), and the youngest class of age is that of the latest time that decides on it.
 */
static void check_times(struct audit_tree *t, struct audit_level *l, const struct audit_own *own)
{
	bool files = own->sums.files > 0;
	int64_t latest = t->newest_mtime ? l->said[STAT_max_mtime_nr] : AUDIT_NULL;

	if ((l->said[STAT_max_atime_nr] != AUDIT_NULL) != files ||
	    (!files && l->said[STAT_max_mtime_nr] != AUDIT_NULL))
		audit_lie(t->db, l->dir_id,
			  "max_atime_nr and max_mtime_nr do not fit %" PRId64 " files",
			  own->sums.files);
	l->atime = l->said[STAT_max_atime_nr];
	l->mtime = l->said[STAT_max_mtime_nr];
	if (!files || !t->newest_atime || t->midnight == AUDIT_NULL)
		return;
	latest = later(latest, l->said[STAT_max_atime_nr]);
	if (class_of_age(t, latest) != own->youngest)
		audit_lie(t->db, l->dir_id,
			  "max_atime_nr is of age class %" PRId64
			  ", but the youngest in usage_nr is %" PRId64,
			  class_of_age(t, latest), own->youngest);
}

/* The scan root can only be above what two entries, one after the other, have in common. */
static void find_root(struct audit_tree *t, bool is_entry)
{
	int64_t depth = (int64_t)t->depth - 1;

	if (depth - 1 < t->shallowest)
		t->shallowest = depth - 1;
	if (!is_entry)
		return;
	if (t->root_depth < 0)
		t->root_depth = depth;
	else if (t->shallowest < t->root_depth)
		t->root_depth = t->shallowest;
	t->shallowest = INT64_MAX;
}

/* The last open directory that is not behind `dir_id`, which is not behind the current one. */
static struct audit_level *lowest_with(struct audit_tree *t, int64_t dir_id)
{
	size_t low = 0, high = t->depth - 1;

	while (low < high) {
		size_t middle = low + (high - low + 1) / 2;

		if (t->open[middle].dir_id <= dir_id)
			low = middle;
		else
			high = middle - 1;
	}
	return &t->open[low];
}

static void read_links(struct audit_tree *t, int64_t dir_id)
{
	struct audit_link_part part;

	while (audit_links_part(&t->links, dir_id, &part))
		audit_links_add(&t->links, &lowest_with(t, part.other)->links, &part,
				part.other == dir_id);
}

static void audit_directory(struct audit_tree *t)
{
	struct audit_level *l;
	struct audit_own own;

	enter_directory(t);
	l = &t->open[t->depth - 1];
	audit_usage_enter(&t->usage, l->dir_id, &l->usage, &own);
	l->whole = own.sums;
	l->uid = own.uid;
	l->gid = own.gid;
	audit_links_enter(&t->links, l->dir_id, &l->links);
	read_links(t, l->dir_id);
	read_stats(t, l);
	check_stat(t, l, STAT_file_count_nr, own.sums.files);
	check_stat(t, l, STAT_total_size_nr, own.sums.allocated);
	check_stat(t, l, STAT_apparent_size_nr, own.sums.apparent);
	check_times(t, l, &own);
	find_root(t, l->has_line || own.sums.files);
}

/* ---- from beginning to end ---- */

static void open_tables(struct audit_tree *t, int64_t root_id)
{
	audit_rows_open(&t->dirs, t->db, "directories",
			AUDIT_SELECT(AUDIT_DIRECTORIES, "directories ORDER BY dir_id"));
	audit_rows_open(&t->stats, t->db, "directory_stats",
			"SELECT dir_id" AUDIT_STATS(AUDIT_COLUMN_TEXT, AUDIT_COLUMN_TEXT,
						    AUDIT_COLUMN_TEXT)
			" FROM directory_stats ORDER BY dir_id");
	audit_usage_open(&t->usage, t->db, root_id);
	audit_links_open(&t->links, t->db, &t->usage.factors);
}

/* The scan root contains the last directory too, so it is still open. */
static void check_root(struct audit_tree *t, int64_t root_id)
{
	if (!t->directories || t->root_depth < 0)
		audit_lie(t->db, 0, "there is no directory with a line or a file");
	audit_number(t->db, 0, "scan_metadata: scan_root_id", root_id,
		     t->open[t->root_depth].dir_id);
}

void audit_tree_walk(struct audit_tree *t, struct db *db, int64_t root_id, const char *age_by,
		     int64_t midnight)
{
	*t = (struct audit_tree){
		.db = db, .midnight = midnight, .root_depth = -1, .shallowest = INT64_MAX
	};
	t->newest_atime = strcmp(age_by, "mtime") != 0;
	t->newest_mtime = strcmp(age_by, "newest") == 0;
	open_tables(t, root_id);
	for (; t->dirs.have; audit_rows_next(&t->dirs))
		audit_directory(t);
	check_root(t, root_id);
	while (t->depth)
		close_level(t, t->directories);
	audit_rows_close(&t->dirs);
	audit_rows_close(&t->stats);
	audit_usage_close(&t->usage);
	audit_links_close(&t->links);
}

void audit_tree_release(struct audit_tree *t)
{
	free(t->open);
	buf_release(&t->names);
	*t = (struct audit_tree){ 0 };
}
