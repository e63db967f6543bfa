/* SPDX-License-Identifier: MIT */
#include "common/load/dir_stats.h"

#include <assert.h>

#include "common/base/buf.h"
#include "common/db/db_schema.h"

static_assert(TIME_NONE == DB_NULL, "a time that is missing becomes NULL");

/* A row that was inserted before it was complete gets its values. */
static sqlite3_stmt *prepare_late(struct db *db)
{
#define SET(name) ", " #name " = ?"
	static const char columns[] = DIRECTORY_STATS(SET, SET, SET);
	char *sql = xasprintf("UPDATE directory_stats SET %s WHERE dir_id = ?", columns + 2);
	sqlite3_stmt *late = db_prepare(db, sql);

	free(sql);
	return late;
}

void dir_stats_init(struct dir_stats *s, struct db *db)
{
	*s = (struct dir_stats){ .db = db };
	db_batch_init(&s->rows, db, "directory_stats", DIRECTORY_STATS_COLUMNS, DB_BATCH_NO_NAME,
		      STATS_WINDOW);
	s->late = prepare_late(db);
}

static void open_row(struct dir_stats *s, int64_t dir_id)
{
	int64_t *row = db_batch_add(&s->rows);

	if (s->rows.count == 1)
		s->from = dir_id;
	row[STATS_dir_id] = dir_id;
	/*
	 * Should the window be inserted before this row is complete, it has the room that it can
	 * need.
	 */
	for (int i = 1; i < DIRECTORY_STATS_COLUMNS; i++)
		row[i] = INT64_MAX;
}

#define FILL(row, suffix, usage, dirs) \
	((row)[STATS_file_count_##suffix] = (usage)->sums.files, \
	 (row)[STATS_total_size_##suffix] = (usage)->sums.allocated, \
	 (row)[STATS_apparent_size_##suffix] = (usage)->sums.apparent, \
	 (row)[STATS_dir_count_##suffix] = (int64_t)(dirs), \
	 (row)[STATS_max_atime_##suffix] = (usage)->max_atime, \
	 (row)[STATS_max_mtime_##suffix] = (usage)->max_mtime)

static void put_totals(struct dir_stats *s, const struct dir_totals *d)
{
	int64_t late[DIRECTORY_STATS_COLUMNS], *row = late;

	if (d->dir_id >= s->from)
		row = s->rows.values + (d->dir_id - s->from) * DIRECTORY_STATS_COLUMNS;
	row[STATS_dir_id] = d->dir_id;
	FILL(row, nr, &d->own, d->own_dirs);
	FILL(row, r, &d->whole, d->whole_dirs);
	row[STATS_owner_uid] = d->uid == OWNER_SEVERAL ? DB_NULL : d->uid;
	row[STATS_owner_gid] = d->gid == OWNER_SEVERAL ? DB_NULL : d->gid;
	if (row != late)
		return;
	/* dir_id, which is the first column, is the last parameter. */
	for (int i = 1; i < DIRECTORY_STATS_COLUMNS; i++)
		db_bind(s->db, s->late, i, late[i]);
	db_bind(s->db, s->late, DIRECTORY_STATS_COLUMNS, d->dir_id);
	db_step(s->db, s->late);
	s->late_rows++;
}

void dir_stats_open(struct dir_stats *s, int64_t dir_id)
{
	const struct usage nothing = { .max_atime = TIME_NONE, .max_mtime = TIME_NONE };

	GROW(s->open, s->cap, s->depth + 1);
	s->open[s->depth++] = (struct dir_totals){ .dir_id = dir_id,
						   .own = nothing,
						   .whole = nothing,
						   .uid = OWNER_NONE,
						   .gid = OWNER_NONE };
	open_row(s, dir_id);
}

static void add_usage(struct usage *to, const struct usage *more, int64_t dir_id)
{
	if (!usage_add(to, more))
		die(EXIT_INPUT,
		    "the files or bytes of the directory with dir_id %" PRId64 " exceed 2^63-1",
		    dir_id);
}

static int64_t owner_of_both(int64_t a, int64_t b)
{
	if (a == OWNER_NONE)
		return b;
	return b == OWNER_NONE || a == b ? a : OWNER_SEVERAL;
}

void dir_stats_add(struct dir_stats *s, const struct usage_key *key, const struct usage *usage)
{
	struct dir_totals *d = &s->open[s->depth - 1];

	add_usage(&d->own, usage, d->dir_id);
	d->uid = owner_of_both(d->uid, key->uid);
	d->gid = owner_of_both(d->gid, key->gid);
}

const struct dir_totals *dir_stats_close(struct dir_stats *s, int64_t next_id)
{
	struct dir_totals *d = &s->open[--s->depth], *parent = d - 1;

	add_usage(&d->whole, &d->own, d->dir_id);
	d->whole_dirs = (uint64_t)(next_id - d->dir_id - 1);
	if (s->depth) {
		add_usage(&parent->whole, &d->whole, parent->dir_id);
		parent->own_dirs++;
		parent->uid = owner_of_both(parent->uid, d->uid);
		parent->gid = owner_of_both(parent->gid, d->gid);
	}
	put_totals(s, d);
	return d;
}

void dir_stats_release(struct dir_stats *s)
{
	db_batch_release(&s->rows);
	sqlite3_finalize(s->late);
	free(s->open);
	s->open = NULL;
	s->late = NULL;
}
