/* SPDX-License-Identifier: MIT */
#include "common/query/dir_columns.h"

/* Of the subtree; `own_name` where the directory itself has another column. */
static const struct {
	struct render_column column;
	const char *own_name;
} all_columns[DIR_COLUMNS] = {
	[COLUMN_FILESYSTEM] = { { "filesystem", "File system", RENDER_TEXT, 0, 0 }, NULL },
	[COLUMN_SCAN] = { { "scan_date", "Scan", RENDER_TIME, 0, 0 }, NULL },
	[COLUMN_PATH] = { { "path", "Path", RENDER_PATH, 0, 0 }, NULL },
	[COLUMN_DEPTH] = { { "depth", "Depth", RENDER_NUMBER, 5, 0 }, NULL },
	[COLUMN_FILES] = { { "file_count_r", "Files", RENDER_COUNT, 1, 0 }, "file_count_nr" },
	[COLUMN_SIZE] = { { "total_size_r", "Allocated", RENDER_BYTES, 0, 0 }, "total_size_nr" },
	[COLUMN_APPARENT] = { { "apparent_size_r", "Apparent", RENDER_BYTES, 6, 0 },
			      "apparent_size_nr" },
	[COLUMN_SHARED] = { { "shared_size_r", "Shared", RENDER_BYTES, 0, 0 }, "shared_size_nr" },
	[COLUMN_SEEN_FILES] = { { "seen_files_r", "Files seen", RENDER_COUNT, 1, 0 },
				"seen_files_nr" },
	[COLUMN_SEEN] = { { "seen_size_r", "Seen", RENDER_BYTES, 0, 0 }, "seen_size_nr" },
	[COLUMN_SEEN_APPARENT] = { { "seen_apparent_r", "Apparent seen", RENDER_BYTES, 6, 0 },
				   "seen_apparent_nr" },
	[COLUMN_FREED_FILES] = { { "freed_files_r", "Files freed", RENDER_COUNT, 1, 0 },
				 "freed_files_nr" },
	[COLUMN_FREED] = { { "freed_size_r", "Freed", RENDER_BYTES, 0, 0 }, "freed_size_nr" },
	[COLUMN_FREED_APPARENT] = { { "freed_apparent_r", "Apparent freed", RENDER_BYTES, 6, 0 },
				    "freed_apparent_nr" },
	[COLUMN_MATCHING_FILES] = { { "matching_files", "Matching files", RENDER_COUNT, 0, 0 }, NULL },
	[COLUMN_MATCHING] = { { "matching_size", "Matching", RENDER_BYTES, 0, 0 }, NULL },
	[COLUMN_DIRS] = { { "dir_count_r", "Dirs", RENDER_COUNT, 4, 0 }, "dir_count_nr" },
	[COLUMN_ATIME] = { { "max_atime_r", "Accessed", RENDER_TIME, 2, 0 }, "max_atime_nr" },
	[COLUMN_MTIME] = { { "max_mtime_r", "Modified", RENDER_TIME, 3, 0 }, "max_mtime_nr" },
	[COLUMN_OWNER_UID] = { { "owner_uid", NULL, RENDER_NUMBER, 0, 0 }, NULL },
	[COLUMN_OWNER] = { { "owner", "Owner", RENDER_TEXT, 3, 0 }, NULL },
	[COLUMN_OWNER_GID] = { { "owner_gid", NULL, RENDER_NUMBER, 0, 0 }, NULL },
	[COLUMN_GROUP] = { { "group", "Group", RENDER_TEXT, 4, 0 }, NULL },
};

enum dir_column dir_column_of(enum dir_sort sort)
{
	static const enum dir_column columns[] = {
		[DIR_BY_SIZE] = COLUMN_SIZE, [DIR_BY_APPARENT] = COLUMN_APPARENT,
		[DIR_BY_FILES] = COLUMN_FILES, [DIR_BY_DIRS] = COLUMN_DIRS,
		[DIR_BY_ATIME] = COLUMN_ATIME, [DIR_BY_MTIME] = COLUMN_MTIME,
		[DIR_BY_SHARED] = COLUMN_SHARED, [DIR_BY_MATCHING] = COLUMN_MATCHING,
		[DIR_BY_MATCHING_FILES] = COLUMN_MATCHING_FILES, [DIR_BY_DEPTH] = COLUMN_DEPTH,
		[DIR_BY_PATH] = COLUMN_PATH,
	};

	return columns[sort];
}

/* What they are called beside what was seen, and what would be freed. */
static const char *const once_titles[DIR_COLUMNS] = {
	[COLUMN_FILES] = "Files once", [COLUMN_SIZE] = "Once", [COLUMN_APPARENT] = "Apparent once",
};

static void add_column(struct dir_layout *l, enum dir_column which)
{
	struct render_column *column = &l->columns[l->count];

	*column = all_columns[which].column;
	if (l->own && all_columns[which].own_name)
		column->name = all_columns[which].own_name;
	if (l->links && once_titles[which])
		column->title = once_titles[which];
	l->which[l->count++] = which;
}

static bool has_column(const struct dir_layout *l, enum dir_column which)
{
	switch (which) {
	case COLUMN_FILESYSTEM:
	case COLUMN_SCAN: return l->several;
	case COLUMN_MATCHING:
	case COLUMN_MATCHING_FILES: return l->matching;
	case COLUMN_SHARED: return l->shared;
	case COLUMN_SEEN_FILES:
	case COLUMN_SEEN:
	case COLUMN_SEEN_APPARENT:
	case COLUMN_FREED_FILES:
	case COLUMN_FREED:
	case COLUMN_FREED_APPARENT: return l->links;
	default: return true;
	}
}

void dir_layout_init(struct dir_layout *l, const struct dir_question *q, bool several)
{
	*l = (struct dir_layout){ .own = q->filter.own, .several = several,
				  .matching = dir_question_matches(q), .links = q->links,
				  .shared = q->sort == DIR_BY_SHARED,
				  .count_links = q->count_links };
	for (int i = 0; i < DIR_COLUMNS; i++) {
		if (has_column(l, (enum dir_column)i))
			add_column(l, (enum dir_column)i);
	}
}

void dir_layout_for_table(struct dir_layout *l, unsigned in_table, enum dir_column key)
{
	l->count = 0;
	for (int i = 0; i < DIR_COLUMNS; i++) {
		if (i != COLUMN_PATH && has_column(l, (enum dir_column)i) &&
		    (in_table & 1u << i || i == (int)key))
			add_column(l, (enum dir_column)i);
	}
	add_column(l, COLUMN_PATH);
	for (size_t i = 0; i < l->count; i++) {
		if (l->which[i] == key)
			l->columns[i].rank = 0;
	}
}
