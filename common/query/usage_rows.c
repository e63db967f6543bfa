/* SPDX-License-Identifier: MIT */
#include "common/query/usage_rows.h"

#include "common/db/db_column.h"
#include "common/db/db_schema.h"
#include "common/query/link_rows.h"

/* Behind usage_column, in the order in which they are selected. */
enum { COL_FILES = USAGE_KEY_COLUMNS, COL_TOTAL, COL_APPARENT };

/* Statements whose text depends on the question, each prepared when first needed. */
enum statement {
	BY_COLUMN,            /* usage_by of a directory, by each column */
	NR_DIR = BY_COLUMN + USAGE_KEY_COLUMNS, NR_RANGE, /* usage_nr of a directory, of a range */
	R_DIR,                /* usage_r of a directory */
};

static bool is_loss(const struct usage_rows *q)
{
	return q->loss != LINKS_SEEN;
}

/* ---- statements ---- */

/* The sums of a row: files, or what they lose. */
static const char *const sums_columns[] = {
	[LINKS_SEEN] = "file_count, total_size, apparent_size",
	[LINKS_ONCE] = "repeated_files, repeated_size, repeated_apparent",
	[LINKS_FREED] = "kept_files, kept_size, kept_apparent",
};

/* Those that select what the question is about, of files and of losses. */
#define USAGE_BY(column) "(SELECT id AS " column ", file_count, total_size, apparent_size" \
			 " FROM usage_by WHERE dir_id = ?1 AND kind = ?2) WHERE 1"
static const char *const conditions[USAGE_ROWS_STATEMENTS] = {
	[BY_COLUMN + COL_UID] = USAGE_BY("uid"),
	[BY_COLUMN + COL_GID] = USAGE_BY("gid"),
	[BY_COLUMN + COL_AGE] = USAGE_BY("age_bucket"),
	[BY_COLUMN + COL_SIZE] = USAGE_BY("size_bucket"),
	[NR_DIR] = "usage_nr WHERE dir_id = ?1",
	[NR_RANGE] = "usage_nr WHERE dir_id BETWEEN ?1 AND ?2",
	[R_DIR] = "usage_r WHERE dir_id = ?1",
};
static const char *const lost_conditions[USAGE_ROWS_STATEMENTS] = {
	[NR_DIR] = "link_usage WHERE dir_id = ?1",
	[NR_RANGE] = "link_usage WHERE dir_id BETWEEN ?1 AND ?2",
	[R_DIR] = "link_usage_r WHERE dir_id = ?1",
};

static const char subtree[] = "SELECT dir_count_r FROM directory_stats WHERE dir_id = ?";
static const char stats_own[] =
	"SELECT 0, 0, 0, 0, file_count_nr, total_size_nr, apparent_size_nr FROM directory_stats"
	" WHERE dir_id = ?";
/* The first directory from one on that has rows of its subtree. */
static const char *const first_whole[] = {
	[LINKS_SEEN] = "SELECT dir_id FROM usage_r WHERE dir_id >= ? ORDER BY dir_id LIMIT 1",
	[LINKS_ONCE] = "SELECT dir_id FROM link_usage_r WHERE dir_id >= ? ORDER BY dir_id LIMIT 1",
	[LINKS_FREED] = "SELECT dir_id FROM link_usage_r WHERE dir_id >= ? ORDER BY dir_id LIMIT 1",
};
/* All of a subtree. */
static const char *const stats_whole[] = {
	[LINKS_SEEN] = "SELECT 0, 0, 0, 0, file_count_r, total_size_r, apparent_size_r FROM"
		       " directory_stats WHERE dir_id = ?",
	[LINKS_ONCE] = "SELECT 0, 0, 0, 0, repeated_files_r, repeated_size_r, repeated_apparent_r"
		       " FROM link_stats WHERE dir_id = ?",
	[LINKS_FREED] = "SELECT 0, 0, 0, 0, kept_files_r, kept_size_r, kept_apparent_r FROM"
			" link_stats WHERE dir_id = ?",
};

/* A column costs time even when nobody looks at it, so only those that count are selected. */
static sqlite3_stmt *usage_statement(struct usage_rows *q, enum statement which)
{
	struct buf sql = { 0 };

	if (!q->statements[which]) {
		buf_printf(&sql, "SELECT %s, %s, %s, %s, %s FROM %s",
			   q->part[COL_UID] >= 0 ? "uid" : "0", q->part[COL_GID] >= 0 ? "gid" : "0",
			   q->part[COL_AGE] >= 0 ? "age_bucket" : "0",
			   q->part[COL_SIZE] >= 0 ? "size_bucket" : "0", sums_columns[q->loss],
			   (is_loss(q) ? lost_conditions : conditions)[which]);
		file_match_sql(q->match, &sql);
		buf_add_char(&sql, '\0');
		q->statements[which] = db_prepare(&q->a->db, (char *)sql.data);
		buf_release(&sql);
	}
	return q->statements[which];
}

/* The integer of a statement with one parameter; -1 when there is no row. */
static int64_t look_up(struct usage_rows *q, const char *sql, int64_t dir_id)
{
	sqlite3_stmt *s = db_reader_statement(q->a, sql);
	int64_t value;

	db_bind(&q->a->db, s, 1, dir_id);
	value = db_step(&q->a->db, s) ? db_column(&q->a->db, s, 0, DB_DIRECTORY_COUNT) : -1;
	db_check(&q->a->db, sqlite3_reset(s));
	return value;
}

int64_t usage_rows_last(struct usage_rows *q, int64_t dir_id)
{
	int64_t below = look_up(q, subtree, dir_id);

	if (below < 0)
		die(EXIT_INPUT, "%s: is damaged: no directory_stats for dir_id %" PRId64,
		    q->a->db.name, dir_id);
	return dir_id + below;
}

/* ---- rows ---- */

/* What is below a directory is no more than what it has. */
static void require_part(struct usage_rows *q, const struct sums *part)
{
	const struct sums *whole = totals_at(q->totals, q->key);

	if (part->files > whole->files || part->allocated > whole->allocated)
		die(EXIT_INPUT, "%s: is damaged: a directory has less than what is below it",
		    q->a->db.name);
}

/* Add (or take away again) all rows of a statement whose parameters are bound. */
static void take(struct usage_rows *q, sqlite3_stmt *s, bool away)
{
	static const enum db_domain domains[USAGE_KEY_COLUMNS] = { DB_UID, DB_UID, DB_BUCKET,
								   DB_BUCKET };
	struct db *db = &q->a->db;

	while (db_step(db, s)) {
		struct sums sums = {
			db_column(db, s, COL_FILES, is_loss(q) ? DB_CHANGE : DB_COUNT),
			db_column(db, s, COL_TOTAL, is_loss(q) ? DB_CHANGE : DB_SIZE),
			db_column(db, s, COL_APPARENT, is_loss(q) ? DB_CHANGE : DB_SIZE),
		};

		if (!sums.files && !is_loss(q))
			continue;
		for (int i = 0; i < USAGE_KEY_COLUMNS; i++) {
			if (q->part[i] >= 0)
				q->key[q->part[i]] = db_column(db, s, i, domains[i]);
		}
		if (away) {
			require_part(q, &sums);
			totals_subtract(q->totals, q->key, &sums);
		} else {
			totals_add(q->totals, q->key, &sums);
		}
	}
}

static void take_directory(struct usage_rows *q, enum statement which, int64_t dir_id, bool away)
{
	sqlite3_stmt *s = usage_statement(q, which);

	db_bind(&q->a->db, s, 1, dir_id);
	take(q, s, away);
}

static void take_range(struct usage_rows *q, int64_t first, int64_t last, bool away)
{
	sqlite3_stmt *s;

	if (first == last) {
		take_directory(q, NR_DIR, first, away);
	} else if (first < last) {
		s = usage_statement(q, NR_RANGE);
		db_bind(&q->a->db, s, 1, first);
		db_bind(&q->a->db, s, 2, last);
		take(q, s, away);
	}
}

/* ---- subtrees ---- */

/* The rows of a directory that are added up by one column. */
static void take_by(struct usage_rows *q, int column, int64_t dir_id, bool away)
{
	static const enum usage_kind kinds[USAGE_KEY_COLUMNS] = { USAGE_BY_OWNER, USAGE_BY_GROUP,
								  USAGE_BY_AGE, USAGE_BY_SIZE };
	sqlite3_stmt *s = usage_statement(q, BY_COLUMN + (enum statement)column);

	db_bind(&q->a->db, s, 1, dir_id);
	db_bind(&q->a->db, s, 2, kinds[column]);
	take(q, s, away);
}

/* Statements whose parameter is a directory. */
static void take_rows(struct usage_rows *q, const char *sql, int64_t dir_id, bool away)
{
	sqlite3_stmt *s = db_reader_statement(q->a, sql);

	db_bind(&q->a->db, s, 1, dir_id);
	take(q, s, away);
}

/* A directory that has rows in usage_r. */
static void take_whole(struct usage_rows *q, int64_t dir_id, bool away)
{
	if (q->only >= 0 && !is_loss(q))
		take_by(q, q->only, dir_id, away);
	else
		take_directory(q, R_DIR, dir_id, away);
}

/*
 * Files directly in first..last: the rows of usage_r of the uppermost directories whose subtrees are
 * among them, and usage_nr for what is between. treetally-db(5) says how many rows that can be.
 */
static void take_parts(struct usage_rows *q, int64_t first, int64_t last, bool away)
{
	while (first <= last) {
		int64_t whole = look_up(q, first_whole[q->loss], first), end;

		if (whole < 0 || whole > last) {
			take_range(q, first, last, away);
			return;
		}
		take_range(q, first, whole - 1, away);
		first = whole + 1;
		end = usage_rows_last(q, whole);
		if (end > last) {
			take_range(q, whole, whole, away);
		} else {
			take_whole(q, whole, away);
			first = end + 1;
		}
	}
}

void usage_rows_subtree(struct usage_rows *q, int64_t dir_id, int64_t last, bool away)
{
	int64_t root = q->a->root_id;

	/* What lies above the scan root holds nothing but it. */
	if (dir_id < root && last >= root)
		dir_id = root;
	if (q->plain)
		take_rows(q, stats_whole[q->loss], dir_id, away);
	else
		take_parts(q, dir_id, last, away);
}

void usage_rows_range(struct usage_rows *q, int64_t first, int64_t last)
{
	take_parts(q, first, last, false);
}

void usage_rows_forward(struct usage_rows *q, int64_t first, int64_t last)
{
	take_range(q, first, last, false);
}

void usage_rows_own(struct usage_rows *q, int64_t dir_id)
{
	if (is_loss(q))
		link_rows_own(q, dir_id);
	else if (q->plain)
		take_rows(q, stats_own, dir_id, false);
	else
		take_directory(q, NR_DIR, dir_id, false);
}

void usage_rows_open(struct usage_rows *q)
{
	const struct file_match *match = q->match;
	bool matters[USAGE_KEY_COLUMNS] = {
		[COL_UID] = match->uid_count, [COL_GID] = match->gid_count,
		[COL_AGE] = file_match_some_ages(match), [COL_SIZE] = file_match_some_sizes(match),
	};
	int columns = 0;

	q->only = -1;
	for (int i = 0; i < USAGE_KEY_COLUMNS; i++) {
		if (!matters[i] && q->part[i] < 0)
			continue;
		q->only = columns ? -1 : i;
		columns++;
	}
	q->plain = !columns;
}

void usage_rows_close(struct usage_rows *q)
{
	for (size_t i = 0; i < USAGE_ROWS_STATEMENTS; i++)
		db_reader_finalize(q->a, q->statements[i]);
	db_reader_finalize(q->a, q->links);
}
