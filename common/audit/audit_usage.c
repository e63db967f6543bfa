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

#define USAGE_COLUMNS \
	"SELECT dir_id, uid, gid, age_bucket, size_bucket, file_count, total_size, apparent_size" \
	" FROM "

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

#define BY_KIND(kind, column) \
	" UNION ALL SELECT " kind ", " column SHOULD "usage_r WHERE dir_id = ?1"
static const char sql_by[] = AUDIT_DIFFER("'kind ' || kind || ', id ' || id", "kind, id",
	"SELECT kind, id" IS "usage_by WHERE dir_id = ?1"
	BY_KIND("0", "uid") BY_KIND("1", "gid")
	BY_KIND("2", "age_bucket") BY_KIND("3", "size_bucket"));

void audit_usage_open(struct audit_usage *u, struct db *db, int64_t root_id)
{
	*u = (struct audit_usage){ .db = db, .root_id = root_id };
	audit_factors_draw(&u->factors);
	audit_rows_open(&u->nr, db, "usage_nr", USAGE_COLUMNS "usage_nr"
			" ORDER BY dir_id, uid, gid, age_bucket, size_bucket");
	audit_rows_open(&u->r, db, "usage_r", USAGE_COLUMNS "usage_r"
			" ORDER BY dir_id, uid, gid, age_bucket, size_bucket");
	audit_rows_open(&u->by, db, "usage_by",
			"SELECT dir_id, kind, id, file_count, total_size, apparent_size"
			" FROM usage_by ORDER BY dir_id, kind, id");
}

/* ---- one row ---- */

struct usage_row {
	int64_t uid, gid, age, size;
	struct audit_sums sums;
	struct audit_code weighed;
};

static void read_row(struct audit_usage *u, struct audit_rows *r, struct usage_row *row)
{
	row->uid = audit_cell(r, 1, 0, IDS_MAX);
	row->gid = audit_cell(r, 2, 0, IDS_MAX);
	row->age = audit_cell(r, 3, 0, 9);
	row->size = audit_cell(r, 4, 0, 9);
	row->sums = audit_cell_sums(r, 5);
	row->weighed = audit_weigh(&u->factors, &row->sums);
}

static void add_code(struct audit_usage *u, struct audit_code *code, int what, int64_t key,
		     int64_t key2, struct audit_code weighed)
{
	audit_code_add(code, &u->factors, what, (uint64_t)key, (uint64_t)key2, weighed);
}

static void add_row(struct audit_usage *u, struct audit_code *code, const struct usage_row *row)
{
	const uint64_t owner = (uint64_t)row->uid << 32 | (uint64_t)row->gid;
	const uint64_t classes = (uint64_t)row->age << 8 | (uint64_t)row->size;

	audit_code_add(code, &u->factors, AUDIT_ROW, owner, classes, row->weighed);
}

/* n files of a class have n times its limits at least and less than that at most. */
static void check_size(struct audit_rows *r, const struct usage_row *row)
{
	__int128 files = row->sums.files, bytes = row->sums.total_size;

	if ((row->size && bytes < files * size_limits[row->size - 1]) ||
	    (row->size < 9 && bytes > files * (size_limits[row->size] - 1)))
		audit_lie(r->db, r->dir_id,
			  "%s: uid %" PRId64 ": %" PRId64 " files of size class %" PRId64
			  " cannot have %" PRId64 " bytes",
			  r->table, row->uid, row->sums.files, row->size, row->sums.total_size);
}

/* ---- usage_nr: files directly in a directory ---- */

static void count_dir(struct audit_usage *u, int what, int64_t id, int64_t holds, int64_t owned)
{
	const struct audit_sums counts = { holds, owned, 0 };

	add_code(u, &u->nr_codes[what], what, id, 0, audit_weigh(&u->factors, &counts));
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

static void add_codes(struct audit_usage *u, const struct usage_row *row)
{
	const struct audit_sums two = { row->sums.files, row->sums.total_size, 0 };
	struct audit_code weighed = audit_weigh(&u->factors, &two), *codes = u->nr_codes;

	add_row(u, &codes[AUDIT_ROW], row);
	add_code(u, &codes[AUDIT_BY_OWNER], AUDIT_BY_OWNER, row->uid, 0, row->weighed);
	add_code(u, &codes[AUDIT_BY_GROUP], AUDIT_BY_GROUP, row->gid, 0, row->weighed);
	add_code(u, &codes[AUDIT_OWNER_AGE], AUDIT_OWNER_AGE, row->uid, row->age, weighed);
	add_code(u, &codes[AUDIT_OWNER_SIZE], AUDIT_OWNER_SIZE, row->uid, row->size, weighed);
}

static void read_own(struct audit_usage *u, int64_t dir_id, struct audit_own *own)
{
	struct groups groups = { .count = 0 };
	int64_t last_uid = -1;
	struct usage_row row;

	*own = (struct audit_own){ .uid = -1, .gid = -1, .youngest = 10 };
	for (; u->nr.have && u->nr.dir_id == dir_id; audit_rows_next(&u->nr)) {
		read_row(u, &u->nr, &row);
		check_size(&u->nr, &row);
		audit_add(&u->nr, &own->sums, &row.sums);
		own->uid = own->uid == -1 || own->uid == row.uid ? row.uid : -2;
		own->gid = own->gid == -1 || own->gid == row.gid ? row.gid : -2;
		own->youngest = row.age < own->youngest ? row.age : own->youngest;
		add_codes(u, &row);
		if (row.uid != last_uid)
			count_dir(u, AUDIT_OWNER_DIRS, row.uid, 1, 0);
		last_uid = row.uid;
		note_group(&groups, row.gid);
	}
	count_groups(u, dir_id, &groups);
	audit_add(&u->nr, &u->total, &own->sums);
	u->stopped = u->stopped || u->total.apparent_size == INT64_MAX;
}

void audit_usage_owned(struct audit_usage *u, int64_t uid, int64_t gid)
{
	count_dir(u, AUDIT_OWNER_DIRS, uid, 0, 1);
	count_dir(u, AUDIT_GROUP_DIRS, gid, 0, 1);
}

/* ---- usage_r and usage_by: whole subtrees ---- */

static void read_whole(struct audit_usage *u, int64_t dir_id, struct audit_subtree *tree,
		       struct audit_code *by)
{
	struct usage_row row;

	for (; u->r.have && u->r.dir_id == dir_id; audit_rows_next(&u->r)) {
		read_row(u, &u->r, &row);
		tree->whole_rows++;
		tree->stopped = tree->stopped || row.sums.apparent_size == INT64_MAX;
		add_row(u, &tree->whole, &row);
		add_code(u, by, AUDIT_BY_OWNER, row.uid, 0, row.weighed);
		add_code(u, by, AUDIT_BY_GROUP, row.gid, 0, row.weighed);
		add_code(u, by, AUDIT_BY_AGE, row.age, 0, row.weighed);
		add_code(u, by, AUDIT_BY_SIZE, row.size, 0, row.weighed);
	}
}

/* The rows of usage_by against those of usage_r, whose code is `should`. */
static void check_by(struct audit_usage *u, int64_t dir_id, struct audit_code should, bool stopped)
{
	struct audit_code is = { 0, 0 };

	for (; u->by.have && u->by.dir_id == dir_id; audit_rows_next(&u->by)) {
		int64_t kind = audit_cell(&u->by, 1, 0, 3);
		int64_t id = audit_cell(&u->by, 2, 0, kind < AUDIT_BY_AGE ? IDS_MAX : 9);
		struct audit_sums sums = audit_cell_sums(&u->by, 3);

		stopped = stopped || sums.apparent_size == INT64_MAX;
		add_code(u, &is, (int)kind, id, 0, audit_weigh(&u->factors, &sums));
	}
	if (stopped || !audit_code_equal(is, should))
		audit_compare(u->db,
			      &(struct audit_query){ "usage_by", sql_by, dir_id, dir_id, 0 });
}

void audit_usage_enter(struct audit_usage *u, int64_t dir_id, struct audit_subtree *tree,
		       struct audit_own *own)
{
	struct audit_code by = { 0, 0 };

	*tree = (struct audit_subtree){ .rows_before = u->nr.count - u->nr.have,
					.before = u->nr_codes[AUDIT_ROW] };
	read_whole(u, dir_id, tree, &by);
	check_by(u, dir_id, by, tree->stopped);
	read_own(u, dir_id, own);
	tree->cost = u->nr.count - u->nr.have - tree->rows_before;
}

/* May the directory have the rows that it has, and has it those that it must have? */
static void check_presence(struct audit_usage *u, int64_t dir_id, bool has_child,
			   const struct audit_subtree *tree)
{
	int64_t rows = u->nr.count - u->nr.have - tree->rows_before;

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
	    !audit_code_equal(tree->whole,
			      audit_code_between(tree->before, u->nr_codes[AUDIT_ROW])))
		audit_compare(u->db,
			      &(struct audit_query){ "usage_r", sql_whole, dir_id, dir_id, last });
}

void audit_usage_close(struct audit_usage *u)
{
	audit_rows_close(&u->nr);
	audit_rows_close(&u->r);
	audit_rows_close(&u->by);
}
