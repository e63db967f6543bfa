/* SPDX-License-Identifier: MIT */
#include "common/audit/audit_usage.h"

#include <inttypes.h>

#define KIB INT64_C(1024)
#define IDS_MAX UINT32_MAX
/* Groups of one directory that are told apart here; where there are more, SQLite does it. */
#define GROUPS_MAX 64

/* Upper limits of the classes of allocated bytes, not part of them. */
static const int64_t size_limits[9] = {
	KIB, 10 * KIB, 100 * KIB, KIB * KIB, 10 * KIB * KIB, 100 * KIB * KIB,
	KIB * KIB * KIB, 10 * KIB * KIB * KIB, 100 * KIB * KIB * KIB,
};

#define ROW_KEY "uid, gid, age_bucket, size_bucket"
#define ROW_LABEL \
	"'uid ' || uid || ', gid ' || gid || ', age ' || age_bucket || ', size ' || size_bucket"
/* What stands there, and what should; the latter for SELECTs that follow the first. */
#define IS \
	", file_count AS fi, 0 AS fs, total_size AS ti, 0 AS ts, apparent_size AS ai, 0 AS as_" \
	" FROM "
#define SHOULD ", 0, file_count, 0, total_size, 0, apparent_size FROM "

static const char sql_whole[] = AUDIT_DIFFER(ROW_LABEL, ROW_KEY,
	"SELECT " ROW_KEY IS "usage_r WHERE dir_id = ?1"
	" UNION ALL SELECT " ROW_KEY SHOULD "usage_nr WHERE dir_id BETWEEN ?1 AND ?2");

#define OF_KIND(kind, column) \
	" UNION ALL SELECT " kind ", " column SHOULD "usage_r WHERE dir_id = ?1"
static const char sql_by[] = AUDIT_DIFFER("'kind ' || kind || ', id ' || id", "kind, id",
	"SELECT kind, id" IS "usage_by WHERE dir_id = ?1"
	OF_KIND("0", "uid") OF_KIND("1", "gid")
	OF_KIND("2", "age_bucket") OF_KIND("3", "size_bucket"));

/* Columns of usage_by. */
enum { BY_KIND = 1, BY_ID, BY_SUMS };

void audit_usage_open(struct audit_usage *u, struct db *db, int64_t root_id)
{
	*u = (struct audit_usage){ .db = db, .root_id = root_id };
	audit_factors_draw(&u->factors);
	audit_rows_open(&u->nr_rows, db, "usage_nr",
			AUDIT_SELECT(AUDIT_USAGE, "usage_nr ORDER BY dir_id, " ROW_KEY));
	audit_rows_open(&u->r_rows, db, "usage_r",
			AUDIT_SELECT(AUDIT_USAGE, "usage_r ORDER BY dir_id, " ROW_KEY));
	audit_rows_open(&u->by_rows, db, "usage_by",
			"SELECT dir_id, kind, id, file_count, total_size, apparent_size"
			" FROM usage_by ORDER BY dir_id, kind, id");
}

/* ---- one row ---- */

struct audit_row {
	int64_t uid, gid, age, size;
	struct sums sums;
	struct audit_fingerprint weighed;
};

static void read_row(struct audit_usage *u, struct audit_rows *r, struct audit_row *row)
{
	row->uid = audit_cell(r, AUDIT_USAGE_uid, 0, IDS_MAX);
	row->gid = audit_cell(r, AUDIT_USAGE_gid, 0, IDS_MAX);
	row->age = audit_cell(r, AUDIT_USAGE_age_bucket, 0, 9);
	row->size = audit_cell(r, AUDIT_USAGE_size_bucket, 0, 9);
	row->sums = audit_cell_sums(r, AUDIT_USAGE_file_count, 1);
	row->weighed = audit_fingerprint_weigh(&u->factors, &row->sums);
}

static void add_key(struct audit_usage *u, struct audit_fingerprint *to, int what, int64_t id,
		    struct audit_fingerprint weighed)
{
	audit_fingerprint_add(to, &u->factors, what, (uint64_t)id, 0, weighed);
}

static void add_row(struct audit_usage *u, struct audit_fingerprint *to,
		    const struct audit_row *row)
{
	const uint64_t owner = (uint64_t)row->uid << 32 | (uint64_t)row->gid;
	const uint64_t classes = (uint64_t)row->age << 8 | (uint64_t)row->size;

	audit_fingerprint_add(to, &u->factors, AUDIT_ROW, owner, classes, row->weighed);
}

/* n files of a class have n times its limits at least and less than that at most. */
static void check_size(struct audit_rows *r, const struct audit_row *row)
{
	__int128 files = row->sums.files, bytes = row->sums.allocated;

	if ((row->size && bytes < files * size_limits[row->size - 1]) ||
	    (row->size < 9 && bytes > files * (size_limits[row->size] - 1)))
		audit_lie(r->db, r->dir_id,
			  "%s: uid %" PRId64 ": %" PRId64 " files of size class %" PRId64
			  " cannot have %" PRId64 " bytes",
			  r->table, row->uid, row->sums.files, row->size, row->sums.allocated);
}

/* ---- usage_nr: files directly in a directory ---- */

static void count_dir(struct audit_usage *u, int what, int64_t id, int64_t holds, int64_t owned)
{
	const struct sums counts = { holds, owned, 0 };

	add_key(u, &u->nr[what], what, id, audit_fingerprint_weigh(&u->factors, &counts));
}

struct groups {
	int64_t ids[GROUPS_MAX];
	int count; /* more than GROUPS_MAX: too many */
};

static void note_group(struct groups *g, int64_t gid)
{
	for (int i = g->count > GROUPS_MAX ? GROUPS_MAX : g->count; i-- > 0;) {
		if (g->ids[i] == gid)
			return;
	}
	if (g->count < GROUPS_MAX)
		g->ids[g->count] = gid;
	if (g->count <= GROUPS_MAX)
		g->count++;
}

static void count_groups(struct audit_usage *u, int64_t dir_id, const struct groups *g)
{
	sqlite3_stmt *select;

	if (g->count <= GROUPS_MAX) {
		for (int i = 0; i < g->count; i++)
			count_dir(u, AUDIT_GROUP_DIRS, g->ids[i], 1, 0);
		return;
	}
	select = db_prepare(u->db, "SELECT DISTINCT gid FROM usage_nr WHERE dir_id = ?");
	db_bind(u->db, select, 1, dir_id);
	while (db_step(u->db, select))
		count_dir(u, AUDIT_GROUP_DIRS, sqlite3_column_int64(select, 0), 1, 0);
	sqlite3_finalize(select);
}

static void add_keys(struct audit_usage *u, const struct audit_row *row)
{
	add_row(u, &u->nr[AUDIT_ROW], row);
	add_key(u, &u->nr[AUDIT_BY_OWNER], AUDIT_BY_OWNER, row->uid, row->weighed);
	add_key(u, &u->nr[AUDIT_BY_GROUP], AUDIT_BY_GROUP, row->gid, row->weighed);
}

static void read_own(struct audit_usage *u, int64_t dir_id, struct audit_own *own)
{
	struct groups groups = { .count = 0 };
	int64_t last_uid = -1;
	struct audit_row row;

	*own = (struct audit_own){ .uid = -1, .gid = -1, .youngest = 10 };
	for (; u->nr_rows.have && u->nr_rows.dir_id == dir_id; audit_rows_next(&u->nr_rows)) {
		read_row(u, &u->nr_rows, &row);
		check_size(&u->nr_rows, &row);
		audit_add(&u->nr_rows, &own->sums, &row.sums);
		own->uid = own->uid == -1 || own->uid == row.uid ? row.uid : -2;
		own->gid = own->gid == -1 || own->gid == row.gid ? row.gid : -2;
		own->youngest = row.age < own->youngest ? row.age : own->youngest;
		add_keys(u, &row);
		if (row.uid != last_uid)
			count_dir(u, AUDIT_OWNER_DIRS, row.uid, 1, 0);
		last_uid = row.uid;
		note_group(&groups, row.gid);
	}
	count_groups(u, dir_id, &groups);
	audit_add(&u->nr_rows, &u->total, &own->sums);
	u->stopped = u->stopped || u->total.apparent == INT64_MAX;
}

void audit_usage_owned(struct audit_usage *u, int64_t uid, int64_t gid)
{
	count_dir(u, AUDIT_OWNER_DIRS, uid, 0, 1);
	count_dir(u, AUDIT_GROUP_DIRS, gid, 0, 1);
}

/* ---- usage_r and usage_by: whole subtrees ---- */

static void read_whole(struct audit_usage *u, int64_t dir_id, struct audit_subtree *tree,
		       struct audit_fingerprint *by)
{
	struct audit_row row;

	for (; u->r_rows.have && u->r_rows.dir_id == dir_id; audit_rows_next(&u->r_rows)) {
		read_row(u, &u->r_rows, &row);
		tree->whole_rows++;
		tree->stopped = tree->stopped || row.sums.apparent == INT64_MAX;
		add_row(u, &tree->whole, &row);
		add_key(u, by, AUDIT_BY_OWNER, row.uid, row.weighed);
		add_key(u, by, AUDIT_BY_GROUP, row.gid, row.weighed);
		add_key(u, by, AUDIT_BY_AGE, row.age, row.weighed);
		add_key(u, by, AUDIT_BY_SIZE, row.size, row.weighed);
	}
}

/* The rows of usage_by against those of usage_r, whose fingerprint is `should`. */
static void check_by(struct audit_usage *u, int64_t dir_id, struct audit_fingerprint should,
		     bool stopped)
{
	struct audit_fingerprint is = { 0, 0 };

	for (; u->by_rows.have && u->by_rows.dir_id == dir_id; audit_rows_next(&u->by_rows)) {
		int64_t kind = audit_cell(&u->by_rows, BY_KIND, 0, AUDIT_BY_SIZE);
		int64_t id = audit_cell(&u->by_rows, BY_ID, 0, kind < AUDIT_BY_AGE ? IDS_MAX : 9);
		struct sums sums = audit_cell_sums(&u->by_rows, BY_SUMS, 1);

		stopped = stopped || sums.apparent == INT64_MAX;
		add_key(u, &is, (int)kind, id, audit_fingerprint_weigh(&u->factors, &sums));
	}
	if (stopped || !audit_fingerprint_equal(is, should))
		audit_compare(u->db,
			      &(struct audit_query){ "usage_by", sql_by, dir_id, dir_id, 0 });
}

void audit_usage_enter(struct audit_usage *u, int64_t dir_id, struct audit_subtree *tree,
		       struct audit_own *own)
{
	struct audit_fingerprint by = { 0, 0 };

	*tree = (struct audit_subtree){ .rows_before = u->nr_rows.count - u->nr_rows.have,
					.before = u->nr[AUDIT_ROW] };
	read_whole(u, dir_id, tree, &by);
	check_by(u, dir_id, by, tree->stopped);
	read_own(u, dir_id, own);
	tree->cost = u->nr_rows.count - u->nr_rows.have - tree->rows_before;
}

/* May the directory have the rows that it has, and has it those that it must have? */
static void check_presence(struct audit_usage *u, int64_t dir_id, bool has_child,
			   const struct audit_subtree *tree)
{
	int64_t rows = u->nr_rows.count - u->nr_rows.have - tree->rows_before;

	if (dir_id == u->root_id && rows && !tree->whole_rows)
		audit_lie(u->db, dir_id, "usage_r has no rows, but it is the scan root");
	if (dir_id == u->root_id || !tree->whole_rows)
		return;
	if (dir_id < u->root_id || !has_child || tree->cost < AUDIT_LARGE ||
	    tree->cost / AUDIT_SAVES < tree->whole_rows)
		audit_lie(u->db, dir_id,
			  "usage_r has %" PRId64 " rows, should have none (they save %" PRId64 ")",
			  tree->whole_rows, tree->cost);
}

void audit_usage_leave(struct audit_usage *u, int64_t dir_id, int64_t last,
		       const struct audit_subtree *tree, struct audit_subtree *above)
{
	check_presence(u, dir_id, last > dir_id, tree);
	if (above)
		above->cost += tree->whole_rows ? tree->whole_rows : tree->cost;
	if (!tree->whole_rows)
		return;
	u->summed++;
	if (tree->stopped ||
	    !audit_fingerprint_equal(tree->whole,
			      audit_fingerprint_between(tree->before, u->nr[AUDIT_ROW])))
		audit_compare(u->db,
			      &(struct audit_query){ "usage_r", sql_whole, dir_id, dir_id, last });
}

void audit_usage_close(struct audit_usage *u)
{
	audit_rows_close(&u->nr_rows);
	audit_rows_close(&u->r_rows);
	audit_rows_close(&u->by_rows);
}
