/* SPDX-License-Identifier: MIT */
#include "common/query/dir_match.h"

#include "common/db/db_column.h"
#include "common/query/link_rows.h"

#define JUMP 256          /* directories: from here on usage_r is worth looking for */
#define WINDOW_LEAST 16   /* directories that are read at a time: while parts follow each other, */
#define WINDOW_MOST 65536 /* twice as many each time */

enum { ROW_DIR, ROW_FILES, ROW_SIZE };

static void open_rows(struct match_rows *m, struct db_reader_db *a, const struct file_match *match,
		      enum link_count loss)
{
	struct buf sql = { 0 };

	m->rows = (struct usage_rows){ .a = a, .match = match, .loss = loss, .totals = &m->totals,
				       .part = { -1, -1, -1, -1 } };
	usage_rows_open(&m->rows);
	buf_add_str(&sql, loss == LINKS_SEEN ?
				  "SELECT dir_id, file_count, total_size FROM usage_nr" :
				  "SELECT dir_id, repeated_files, repeated_size FROM link_usage");
	buf_add_str(&sql, " WHERE dir_id BETWEEN ? AND ?");
	file_match_sql(match, &sql);
	buf_add_char(&sql, '\0');
	m->select = db_prepare(&a->db, (char *)sql.data);
	buf_release(&sql);
}

static void close_rows(struct match_rows *m)
{
	usage_rows_close(&m->rows);
	db_reader_finalize(m->rows.a, m->select);
	totals_release(&m->totals);
}

void dir_match_open(struct dir_match *m, struct db_reader_db *a, const struct file_match *match,
		    bool own, enum link_count links)
{
	*m = (struct dir_match){ .own = own, .once = links == LINKS_ONCE && a->linked };
	open_rows(&m->seen, a, match, LINKS_SEEN);
	if (m->once)
		open_rows(&m->lost, a, match, LINKS_ONCE);
}

void dir_match_close(struct dir_match *m)
{
	close_rows(&m->seen);
	if (m->once)
		close_rows(&m->lost);
	free(m->open);
	*m = (struct dir_match){ 0 };
}

static void step(struct match_rows *m)
{
	struct db *db = &m->rows.a->db;

	if (db_step(db, m->select))
		m->dir_id = db_column(db, m->select, ROW_DIR, DB_ID);
	else
		m->dir_id = INT64_MAX;
}

/* Read on at `first`: more than before if that is where it ended. */
static void seek(struct match_rows *m, int64_t first, int64_t last)
{
	struct db *db = &m->rows.a->db;
	bool follows = first >= m->last && first - m->last <= m->window;

	m->window = !follows || !m->window ? WINDOW_LEAST :
		    m->window < WINDOW_MOST ? 2 * m->window : m->window;
	m->last = first + m->window > last ? first + m->window : last;
	db_check(db, sqlite3_reset(m->select));
	db_bind(db, m->select, 1, first);
	db_bind(db, m->select, 2, m->last);
	step(m);
}

/* The sums that usage_rows has added up. Lengths are not asked for. */
static void take_totals(struct match_rows *m, struct sums *sums)
{
	struct sums *found = totals_at(&m->totals, m->rows.key);

	found->apparent = 0;
	sums_add(sums, found);
	*found = (struct sums){ 0 };
}

static void add_row(struct match_rows *m, struct sums *sums)
{
	struct db *db = &m->rows.a->db;
	const struct sums row = { .files = db_column(db, m->select, ROW_FILES, DB_COUNT),
				  .allocated = db_column(db, m->select, ROW_SIZE, DB_SIZE) };

	sums_add(sums, &row);
}

/* Add what rows of first..last say, which lie behind all that was asked for. */
static void add_rows(struct match_rows *m, int64_t first, int64_t last, struct sums *sums)
{
	if (last - first >= JUMP) {
		usage_rows_range(&m->rows, first, last);
		take_totals(m, sums);
		return;
	}
	while (first <= last) {
		if (first > m->last || m->dir_id < first - JUMP)
			seek(m, first, last);
		for (; m->dir_id <= last && m->dir_id <= m->last; step(m)) {
			if (m->dir_id >= first)
				add_row(m, sums);
		}
		first = m->last + 1;
	}
}

/* Add the matching files directly in first..last, a part of what `dir` asks for. */
static void add_range(struct dir_match *m, int64_t first, int64_t last, struct match_dir *dir)
{
	add_rows(&m->seen, first, last, &dir->sums);
	if (!m->once)
		return;
	if (m->own) {
		usage_rows_own(&m->lost.rows, dir->dir_id);
		take_totals(&m->lost, &dir->lost);
	} else {
		add_rows(&m->lost, first, last, &dir->lost);
	}
}

/*
 * What a directory loses by links between its children was read with its own rows, so what is still to
 * come below it only adds.
 */
static bool holds_some(const struct match_dir *open)
{
	return open->sums.files > open->lost.files;
}

/* The innermost open directory is complete. */
static struct match_dir close_dir(struct dir_match *m)
{
	struct match_dir dir = m->open[--m->depth];

	add_range(m, m->at, dir.last, &dir);
	m->at = dir.last + 1;
	dir.tree = m->trees;
	dir.covered = false;
	if (m->depth) {
		sums_add(&m->open[m->depth - 1].sums, &dir.sums);
		sums_add(&m->open[m->depth - 1].lost, &dir.lost);
		dir.covered = holds_some(&m->open[m->depth - 1]) || holds_some(&m->open[0]);
	} else {
		m->trees++;
	}
	if (m->once)
		link_rows_lose(m->seen.rows.a, &dir.sums, &dir.lost);
	return dir;
}

/* The directory that waits begins. */
static void open_dir(struct dir_match *m)
{
	if (m->depth)
		add_range(m, m->at, m->waiting.dir_id - 1, &m->open[m->depth - 1]);
	m->at = m->waiting.dir_id;
	GROW(m->open, m->open_cap, m->depth + 1);
	m->open[m->depth++] = m->waiting;
}

bool dir_match_next(struct dir_match *m, match_source *source, void *arg, struct match_dir *dir)
{
	if (!m->begun)
		m->more = source(arg, &m->waiting);
	m->begun = true;
	while (m->more || m->depth) {
		if (m->more && (!m->depth || m->waiting.dir_id <= m->open[m->depth - 1].last)) {
			open_dir(m);
			m->more = source(arg, &m->waiting);
			continue;
		}
		*dir = close_dir(m);
		if (dir->sums.files)
			return true;
	}
	return false;
}

struct sums dir_match_below(struct dir_match *m, int64_t dir_id)
{
	int64_t last = usage_rows_last(&m->seen.rows, dir_id);
	struct sums sums = { 0 }, lost = { 0 };

	usage_rows_subtree(&m->seen.rows, dir_id, last, false);
	take_totals(&m->seen, &sums);
	if (m->once) {
		usage_rows_subtree(&m->lost.rows, dir_id, last, false);
		take_totals(&m->lost, &lost);
		link_rows_lose(m->seen.rows.a, &sums, &lost);
	}
	return sums;
}
