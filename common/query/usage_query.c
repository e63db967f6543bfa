#include "common/query/usage_query.h"

#include "common/db/db_column.h"
#include "common/db/db_schema.h"

/* Columns of a usage row that can be keys or filters, in the order in which they are selected. */
enum { COL_UID, COL_GID, COL_AGE, COL_SIZE, COLS };
/* Behind them. */
enum { COL_FILES = COLS, COL_TOTAL, COL_APPARENT };

/* Statements, each prepared when first needed. */
enum statement {
	NR_DIR, NR_DIR_UID,   /* usage_nr of a directory; of an owner in it */
	NR_RANGE,             /* usage_nr of a range */
	R_DIR, R_DIR_UID,     /* usage_r likewise */
	R_FIRST,              /* the first directory of a range that has rows there */
	STATS_DIR, STATS_OWN, /* directory_stats: the subtree, the files directly in it */
	BY_FIRST, BY_LAST = BY_FIRST + COLS - 1, /* usage_by of a directory, by each column */
	SUBTREE,              /* dir_count_r */
	SOURCES
};

struct asker {
	const struct usage_query *ask;
	struct db_reader_db *a;
	const struct scope *scope;
	struct totals *totals;
	bool every_file;      /* no filter by owner or group */
	bool plain;           /* ... and no key but dir and fs */
	bool forward;         /* see usage_query_totals */
	int part[COLS];       /* of the key, or -1 */
	int only;             /* the one column that is in the key; -1: none, or several are */
	int dir_part;
	int64_t fs;
	int64_t key[TOTALS_PARTS];
	sqlite3_stmt *statements[SOURCES];
};

int usage_query_part(const struct usage_query *ask, enum usage_by by)
{
	for (size_t i = 0; i < ask->by_count; i++) {
		if (ask->by[i] == by)
			return (int)i;
	}
	return -1;
}

/* ---- statements ---- */

static const char *const conditions[] = {
	[NR_DIR] = "usage_nr WHERE dir_id = ?1",
	[NR_DIR_UID] = "usage_nr WHERE dir_id = ?1 AND uid = ?2",
	[NR_RANGE] = "usage_nr WHERE dir_id BETWEEN ?1 AND ?2",
	[R_DIR] = "usage_r WHERE dir_id = ?1",
	[R_DIR_UID] = "usage_r WHERE dir_id = ?1 AND uid = ?2",
};

static const char *const others[] = {
	[R_FIRST] = "SELECT dir_id FROM usage_r WHERE dir_id >= ? ORDER BY dir_id LIMIT 1",
	[STATS_DIR] = "SELECT 0, 0, 0, 0, file_count_r, total_size_r, apparent_size_r FROM "
		      "directory_stats WHERE dir_id = ?",
	[STATS_OWN] = "SELECT 0, 0, 0, 0, file_count_nr, total_size_nr, apparent_size_nr FROM "
		      "directory_stats WHERE dir_id = ?",
#define USAGE_BY(columns) "SELECT " columns ", file_count, total_size, apparent_size" \
			  " FROM usage_by WHERE dir_id = ? AND kind = ?"
	[BY_FIRST + COL_UID] = USAGE_BY("id, 0, 0, 0"),
	[BY_FIRST + COL_GID] = USAGE_BY("0, id, 0, 0"),
	[BY_FIRST + COL_AGE] = USAGE_BY("0, 0, id, 0"),
	[BY_FIRST + COL_SIZE] = USAGE_BY("0, 0, 0, id"),
	[SUBTREE] = "SELECT dir_count_r FROM directory_stats WHERE dir_id = ?",
};

/* A column costs time even when nobody looks at it, so only those that count are selected. */
static sqlite3_stmt *usage_statement(struct asker *q, enum statement which)
{
	const struct usage_query *ask = q->ask;
	char sql[300];

	if (!q->statements[which]) {
		snprintf(sql, sizeof(sql),
			 "SELECT %s, %s, %s, %s, file_count, total_size, apparent_size FROM %s",
			 q->part[COL_UID] >= 0 || ask->uid_count ? "uid" : "0",
			 q->part[COL_GID] >= 0 || ask->gid_count ? "gid" : "0",
			 q->part[COL_AGE] >= 0 ? "age_bucket" : "0",
			 q->part[COL_SIZE] >= 0 ? "size_bucket" : "0", conditions[which]);
		q->statements[which] = db_prepare(&q->a->db, sql);
	}
	return q->statements[which];
}

static sqlite3_stmt *other_statement(struct asker *q, enum statement which)
{
	return db_reader_statement(q->a, others[which]);
}

/* The integer of a statement with one parameter; -1 when there is no row. */
static int64_t look_up(struct asker *q, enum statement which, int64_t dir_id)
{
	sqlite3_stmt *s = other_statement(q, which);
	int64_t value;

	db_bind(&q->a->db, s, 1, dir_id);
	value = db_step(&q->a->db, s) ? db_column(&q->a->db, s, 0, DB_DIRECTORY_COUNT) : -1;
	db_check(&q->a->db, sqlite3_reset(s));
	return value;
}

static int64_t last_of(struct asker *q, int64_t dir_id)
{
	int64_t below = look_up(q, SUBTREE, dir_id);

	if (below < 0)
		die(EXIT_INPUT, "%s: is damaged: no directory_stats for dir_id %" PRId64,
		    q->a->db.name, dir_id);
	return dir_id + below;
}

/* ---- rows ---- */

/* What is below a directory is no more than what it has. */
static void require_part(struct asker *q, const struct sums *part)
{
	const struct sums *whole = totals_at(q->totals, q->key);

	if (part->files > whole->files || part->allocated > whole->allocated)
		die(EXIT_INPUT, "%s: is damaged: a directory has less than what is below it",
		    q->a->db.name);
}

static bool among(const uint32_t *ids, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++) {
		if (ids[i] == id)
			return true;
	}
	return !n;
}

/* Add (or take away again) all rows of a statement whose parameters are bound. */
static void take(struct asker *q, sqlite3_stmt *s, bool away)
{
	static const enum db_domain domains[COLS] = { DB_UID, DB_UID, DB_BUCKET, DB_BUCKET };
	const struct usage_query *ask = q->ask;
	struct db *db = &q->a->db;

	while (db_step(db, s)) {
		struct sums sums = {
			db_column(db, s, COL_FILES, DB_COUNT),
			db_column(db, s, COL_TOTAL, DB_SIZE),
			db_column(db, s, COL_APPARENT, DB_SIZE),
		};

		if (!sums.files ||
		    !among(ask->uids, ask->uid_count, db_column(db, s, COL_UID, DB_UID)) ||
		    !among(ask->gids, ask->gid_count, db_column(db, s, COL_GID, DB_UID)))
			continue;
		for (int i = 0; i < COLS; i++) {
			if (q->part[i] >= 0)
				q->key[q->part[i]] = db_column(db, s, i, domains[i]);
		}
		if (away)
			require_part(q, &sums);
		if (away)
			totals_subtract(q->totals, q->key, &sums);
		else
			totals_add(q->totals, q->key, &sums);
	}
}

static void take_directory(struct asker *q, enum statement all, enum statement by_uid, int64_t dir_id,
			   bool away)
{
	sqlite3_stmt *s = usage_statement(q, q->ask->uid_count ? by_uid : all);

	db_bind(&q->a->db, s, 1, dir_id);
	if (!q->ask->uid_count)
		take(q, s, away);
	for (size_t i = 0; i < q->ask->uid_count; i++) {
		db_bind(&q->a->db, s, 2, q->ask->uids[i]);
		take(q, s, away);
	}
}

static void take_range(struct asker *q, int64_t first, int64_t last, bool away)
{
	sqlite3_stmt *s;

	if (first == last) {
		take_directory(q, NR_DIR, NR_DIR_UID, first, away);
	} else if (first < last) {
		s = usage_statement(q, NR_RANGE);
		db_bind(&q->a->db, s, 1, first);
		db_bind(&q->a->db, s, 2, last);
		take(q, s, away);
	}
}

/* ---- subtrees ---- */

/* The rows of a directory that are added up by one column. */
static void take_by(struct asker *q, int column, int64_t dir_id, bool away)
{
	static const enum usage_kind kinds[COLS] = { USAGE_BY_OWNER, USAGE_BY_GROUP, USAGE_BY_AGE,
						     USAGE_BY_SIZE };
	sqlite3_stmt *s = other_statement(q, BY_FIRST + (enum statement)column);

	db_bind(&q->a->db, s, 1, dir_id);
	db_bind(&q->a->db, s, 2, kinds[column]);
	take(q, s, away);
}

/* Statements whose parameter is a directory. */
static void take_rows(struct asker *q, enum statement which, int64_t dir_id, bool away)
{
	sqlite3_stmt *s = other_statement(q, which);

	db_bind(&q->a->db, s, 1, dir_id);
	take(q, s, away);
}

/* A directory that has rows in usage_r. */
static void take_whole(struct asker *q, int64_t dir_id, bool away)
{
	if (q->every_file && q->only >= 0)
		take_by(q, q->only, dir_id, away);
	else
		take_directory(q, R_DIR, R_DIR_UID, dir_id, away);
}

/*
 * All files below dir_id, whose subtree ends with `last`: the rows of usage_r of the uppermost
 * directories there that have some (it may be dir_id itself), and usage_nr for what is between.
 * treetally-db(5) says how many rows that can be.
 */
static void take_subtree(struct asker *q, int64_t dir_id, int64_t last, bool away)
{
	int64_t root = q->a->root_id;

	/* What lies above the scan root holds nothing but it. */
	if (dir_id < root && last >= root)
		dir_id = root;
	if (q->plain) {
		take_rows(q, STATS_DIR, dir_id, away);
		return;
	}
	while (dir_id <= last) {
		int64_t whole = look_up(q, R_FIRST, dir_id);

		if (whole < 0 || whole > last)
			whole = last + 1;
		else
			take_whole(q, whole, away);
		take_range(q, dir_id, whole - 1, away);
		dir_id = whole > last ? whole : last_of(q, whole) + 1;
	}
}

static void take_own(struct asker *q, int64_t dir_id)
{
	if (q->plain)
		take_rows(q, STATS_OWN, dir_id, false);
	else
		take_directory(q, NR_DIR, NR_DIR_UID, dir_id, false);
}

static size_t exclude_from(const struct scope *s, int64_t dir_id)
{
	return scope_range_from(s->excludes, s->exclude_count, dir_id);
}

/* A subtree that is not excluded itself, less what is excluded in it. */
static void take_scoped(struct asker *q, int64_t dir_id, int64_t last)
{
	const struct scope *s = q->scope;
	size_t i = exclude_from(s, dir_id);
	int64_t next = dir_id;

	if (!q->forward)
		take_subtree(q, dir_id, last, false);
	for (; i < s->exclude_count && s->excludes[i].first <= last; i++) {
		if (q->forward)
			take_range(q, next, s->excludes[i].first - 1, false);
		else
			take_subtree(q, s->excludes[i].first, s->excludes[i].last, true);
		next = s->excludes[i].last + 1;
	}
	if (q->forward)
		take_range(q, next, last, false);
}

/* ---- the question ---- */

/* The ends of open directories. */
struct ends {
	int64_t *last;
	size_t count, cap;
};

static void open_directory(struct ends *open, int64_t last)
{
	GROW(open->last, open->cap, open->count + 1);
	open->last[open->count++] = last;
}

/*
 * Rows of directories. No need to look for children: the first child of a directory has the next id,
 * and the next sibling comes after the subtree.
 */
static void take_levels(struct asker *q, const struct scope_prefix *p)
{
	const struct scope *s = q->scope;
	struct ends open = { 0 };

	for (int64_t id = p->dir_id; id <= p->last;) {
		size_t e = exclude_from(s, id);
		int64_t last;

		while (open.count && open.last[open.count - 1] < id)
			open.count--;
		if (e < s->exclude_count && s->excludes[e].first <= id) {
			id = s->excludes[e].last + 1;
			continue;
		}
		last = last_of(q, id);
		q->key[q->dir_part] = usage_query_dir(q->fs, id);
		if ((int64_t)open.count == q->ask->levels || last == id) {
			take_scoped(q, id, last);
			id = last + 1;
		} else {
			take_own(q, id);
			open_directory(&open, last);
			id++;
		}
	}
	free(open.last);
}

static void take_prefix(struct asker *q, const struct scope_prefix *p)
{
	size_t e = exclude_from(q->scope, p->dir_id);
	bool excluded = e < q->scope->exclude_count && q->scope->excludes[e].first <= p->dir_id;

	if (p->nested || excluded)
		return;
	if (q->dir_part >= 0)
		take_levels(q, p);
	else
		take_scoped(q, p->dir_id, p->last);
}

static void take_prefixes(struct asker *q)
{
	for (size_t i = 0; i < q->scope->prefix_count; i++)
		take_prefix(q, &q->scope->prefixes[i]);
}

/*
 * Apparent sizes can stand for "2^63-1 or more", from which nothing can be subtracted. So with
 * excludes, when such a sum turns up, all is added up again from usage_nr, forward. That reads more,
 * and happens on file systems where somebody keeps files of 8 EiB.
 */
static void take_everything(struct asker *q)
{
	take_prefixes(q);
	if (q->scope->exclude_count && q->totals->saturated) {
		totals_release(q->totals);
		q->forward = true;
		take_prefixes(q);
	}
}

void usage_query_totals(const struct usage_query *ask, struct db_reader_db *a, const struct scope *scope,
		      int64_t fs, struct totals *totals)
{
	struct totals mine = { 0 };
	struct asker q = {
		.ask = ask,
		.a = a,
		.scope = scope,
		.totals = &mine,
		.fs = fs,
		.dir_part = usage_query_part(ask, USAGE_DIR),
		.only = -1,
		.every_file = !ask->uid_count && !ask->gid_count,
		.part = { usage_query_part(ask, USAGE_OWNER), usage_query_part(ask, USAGE_GROUP),
			  usage_query_part(ask, USAGE_AGE), usage_query_part(ask, USAGE_SIZE) },
	};
	int fs_part = usage_query_part(ask, USAGE_FS),
	    scan_part = usage_query_part(ask, USAGE_SCAN), columns = 0;

	for (int i = 0; i < COLS; i++) {
		if (q.part[i] >= 0) {
			q.only = columns ? -1 : i;
			columns++;
		}
	}
	q.plain = q.every_file && !columns;
	if (fs_part >= 0)
		q.key[fs_part] = fs;
	if (scan_part >= 0)
		q.key[scan_part] = a->scan_day;
	take_everything(&q);
	totals_drop_empty(&mine);
	for (size_t i = 0; i < mine.count; i++)
		totals_add(totals, mine.rows[i].key, &mine.rows[i].sums);
	totals_release(&mine);
	for (size_t i = 0; i < SOURCES; i++)
		db_reader_finalize(a, q.statements[i]);
}
