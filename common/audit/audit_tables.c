/* SPDX-License-Identifier: MIT */
#include "common/audit/audit_tables.h"

#include <inttypes.h>

#include "common/db/db_seal.h"
#include "common/stream/ledger.h"

#define OF_ROOT " FROM usage_r WHERE dir_id = (SELECT scan_root_id FROM scan_metadata)"

#define SUMS_DIFFER(table, key, id) \
	AUDIT_DIFFER("'" id " ' || id", "id", \
	"SELECT " key " AS id, seen_files AS fi, 0 AS fs, seen_size AS ti, 0 AS ts," \
	" seen_apparent AS ai, 0 AS as_ FROM " table \
	" UNION ALL SELECT " id ", 0, file_count, 0, total_size, 0, apparent_size" OF_ROOT)

#define DIRS_DIFFER(table, key, id) \
	"SELECT * FROM (SELECT '" id " ' || id," \
	" sum(di) AS directory_count, sum(ds) AS directories," \
	" sum(oi) AS directories_owned, sum(os) AS owned FROM (" \
	"SELECT " key " AS id, directory_count AS di, 0 AS ds, directories_owned AS oi, 0 AS os" \
	" FROM " table \
	" UNION ALL SELECT " id ", 0, count(DISTINCT dir_id), 0, 0 FROM usage_nr GROUP BY " id \
	" UNION ALL SELECT " id ", 0, 0, 0, count(*) FROM directories" \
	" WHERE " id " IS NOT NULL GROUP BY " id ") GROUP BY id)" \
	" WHERE directory_count <> directories OR directories_owned <> owned LIMIT 1"

/* In place of dir_id, which they have not, 0. */
#define SUMMARY_ROWS(table, key) \
	"SELECT 0, " key ", seen_files, seen_size, seen_apparent, total_files, total_size," \
	" apparent_size, directory_count, directories_owned FROM " table " ORDER BY " key
enum {
	SUMMARY_ID = 1, SUMMARY_SEEN, SUMMARY_ONCE = SUMMARY_SEEN + 3,
	SUMMARY_HOLD = SUMMARY_ONCE + 3, SUMMARY_OWN
};

/* What the scan root counts for repeated paths; audit_links.h proves it. */
#define REPEATED_ROWS(id) \
	"SELECT 0, " id ", repeated_files, repeated_size, repeated_apparent FROM link_usage_r" \
	" WHERE dir_id = (SELECT scan_root_id FROM scan_metadata) ORDER BY " id

struct summary {
	const char *table, *id, *select, *repeated, *sums, *dirs;
	int sums_print, dirs_print; /* which of audit_usage.nr they must equal */
};

static const struct summary summaries[] = {
	{ "owner_summary", "uid", SUMMARY_ROWS("owner_summary", "owner_uid"), REPEATED_ROWS("uid"),
	  SUMS_DIFFER("owner_summary", "owner_uid", "uid"),
	  DIRS_DIFFER("owner_summary", "owner_uid", "uid"), AUDIT_BY_OWNER, AUDIT_OWNER_DIRS },
	{ "group_summary", "gid", SUMMARY_ROWS("group_summary", "owner_gid"), REPEATED_ROWS("gid"),
	  SUMS_DIFFER("group_summary", "owner_gid", "gid"),
	  DIRS_DIFFER("group_summary", "owner_gid", "gid"), AUDIT_BY_GROUP, AUDIT_GROUP_DIRS },
};

static void add(struct audit_tree *t, struct audit_fingerprint *to, int what, int64_t id,
		const struct sums *sums)
{
	const struct audit_factors *f = &t->usage.factors;

	audit_fingerprint_add(to, f, what, (uint64_t)id, 0, audit_fingerprint_weigh(f, sums));
}

static void check_sums(struct audit_tree *t, const struct summary *s, int what,
		       struct audit_fingerprint is, const char *sql, bool stopped)
{
	if (stopped || !audit_fingerprint_equal(is, t->usage.nr[what]))
		audit_compare(t->db, &(struct audit_query){ s->table, sql, 0, 0, 0 });
}

/* What is seen of an owner, less what is repeated, is what is there once. */
static void check_once(struct audit_rows *r, struct audit_rows *repeated, const struct summary *s,
		       struct sums should)
{
	static const char *const names[] = { "total_files", "total_size", "apparent_size" };
	int64_t id = audit_cell(r, SUMMARY_ID, 0, UINT32_MAX);
	const int64_t *numbers[] = { &should.files, &should.allocated, &should.apparent };
	bool stopped = should.apparent == INT64_MAX;

	for (; repeated->have && audit_cell(repeated, 1, 0, UINT32_MAX) == id;
	     audit_rows_next(repeated)) {
		struct sums less = audit_cell_sums(repeated, 2, 0);

		should.files -= less.files;
		should.allocated -= less.allocated;
		should.apparent -= stopped ? 0 : less.apparent;
	}
	for (int i = 0; i < 3; i++) {
		int64_t is = audit_cell(r, SUMMARY_ONCE + i, 0, INT64_MAX);

		if (is != *numbers[i])
			audit_lie(r->db, 0, "%s, %s %" PRId64 ": %s is %" PRId64 ", should be %" PRId64,
				  s->table, s->id, id, names[i], is, *numbers[i]);
	}
}

static int64_t check_summary(struct audit_tree *t, const struct summary *s)
{
	struct audit_fingerprint have = { 0, 0 }, dirs_have = { 0, 0 };
	struct audit_rows r, repeated;
	int64_t rows;

	audit_rows_open(&repeated, t->db, "link_usage_r", s->repeated);
	for (audit_rows_open(&r, t->db, s->table, s->select); r.have; audit_rows_next(&r)) {
		int64_t id = audit_cell(&r, SUMMARY_ID, 0, UINT32_MAX);
		const struct sums sums = audit_cell_sums(&r, SUMMARY_SEEN, 0);
		const struct sums dirs = { audit_cell(&r, SUMMARY_HOLD, 0, INT64_MAX),
					   audit_cell(&r, SUMMARY_OWN, 0, INT64_MAX), 0 };

		if (!sums.files && !dirs.allocated)
			audit_lie(t->db, 0, "%s has a row for %" PRId64 ", which owns nothing",
				  s->table, id);
		check_once(&r, &repeated, s, sums);
		add(t, &have, s->sums_print, id, &sums);
		add(t, &dirs_have, s->dirs_print, id, &dirs);
	}
	rows = r.count;
	audit_rows_close(&repeated);
	audit_rows_close(&r);
	check_sums(t, s, s->sums_print, have, s->sums, t->usage.stopped);
	check_sums(t, s, s->dirs_print, dirs_have, s->dirs, false);
	return rows;
}

/* In both, or not at all. */
static void check_group_owners(struct db *db)
{
	static const struct audit_query query = {
		"group_owners",
		"SELECT 'gid ' || gid || ', uid ' || uid, sum(there) AS rows, sum(should) FROM"
		" (SELECT gid, uid, 1 AS there, 0 AS should FROM group_owners"
		" UNION ALL SELECT DISTINCT gid, uid, 0, 1" OF_ROOT ")"
		" GROUP BY gid, uid HAVING sum(there) <> sum(should)", 0, 0, 0,
	};

	audit_compare(db, &query);
}

void audit_tables_summaries(struct audit_tree *t, int64_t *owners, int64_t *groups)
{
	check_group_owners(t->db);
	*owners = check_summary(t, &summaries[0]);
	*groups = check_summary(t, &summaries[1]);
}

/* ---- scan_metadata ---- */

int64_t audit_metadata(struct db *db, const char *column)
{
	char *sql = xasprintf("SELECT %s FROM scan_metadata", column);
	int64_t value = db_integer(db, sql);

	free(sql);
	return value;
}

static void check_column(struct db *db, const char *column, int64_t should)
{
	char *what = xasprintf("scan_metadata: %s", column);

	audit_number(db, 0, what, audit_metadata(db, column), should);
	free(what);
}

/* `query` finds nothing, or a text that says what is wrong. */
static void check_text(struct db *db, const char *query)
{
	sqlite3_stmt *select = db_prepare(db, query);

	if (db_step(db, select))
		audit_lie(db, 0, "%s", (const char *)sqlite3_column_text(select, 0));
	sqlite3_finalize(select);
}

static char *state(struct db *db, const char *key)
{
	sqlite3_stmt *select = db_prepare(db, "SELECT value FROM load_state WHERE key = ?");
	const char *text;
	char *copy;

	db_bind_name(db, select, 1, key, strlen(key));
	text = db_step(db, select) ? (const char *)sqlite3_column_text(select, 0) : NULL;
	if (!text)
		audit_lie(db, 0, "load_state has no %s", key);
	copy = xstrdup(text);
	sqlite3_finalize(select);
	return copy;
}

/* ---- the accounts themselves ---- */

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static unsigned __int128 digest_of(struct db *db, sqlite3_stmt *select, const char *table)
{
	const char *text = (const char *)sqlite3_column_text(select, 0);
	unsigned __int128 value = 0;

	if (!text || strlen(text) != 32 || strspn(text, "0123456789abcdef") != 32)
		audit_lie(db, 0, "%s: the digest is not 32 hexadecimal digits", table);
	for (int i = 0; i < 32; i++)
		value = value << 4 | (unsigned)hex_digit(text[i]);
	return value;
}

/* The digest of all is the sum of those of the sources. */
static void check_digests(struct db *db)
{
	sqlite3_stmt *select = db_prepare(db, "SELECT digest FROM scan_sources");
	unsigned __int128 sum = 0;

	while (db_step(db, select))
		sum += digest_of(db, select, "scan_sources");
	sqlite3_finalize(select);
	select = db_prepare(db, "SELECT digest FROM scan_metadata");
	db_step(db, select);
	if (digest_of(db, select, "scan_metadata") != sum)
		audit_lie(db, 0, "scan_metadata: digest is not the sum of those in scan_sources");
	sqlite3_finalize(select);
}

#define PLUS(id, name, column) " + " column

static void check_accounts(struct audit_tree *t)
{
	struct db *db = t->db;

	check_column(db, "lines",
		     audit_metadata(db, "entries + rejected" LEDGER_SKIPPED(PLUS)));
	check_column(db, "entries", audit_metadata(db, "directory_lines + total_files"));
	/* No log has 2^53 lines; and sum() ends the program where it overflows. */
	check_text(db, "SELECT 'scan_sources or scan_rejects: lines is ' || lines"
		       " FROM (SELECT lines FROM scan_sources"
		       " UNION ALL SELECT lines FROM scan_rejects)"
		       " WHERE typeof(lines) <> 'integer' OR lines NOT BETWEEN 0 AND 1 << 53");
	check_column(db, "lines", db_integer(db, "SELECT sum(lines) FROM scan_sources"));
	check_column(db, "rejected", db_integer(db, "SELECT sum(lines) FROM scan_rejects"));
	check_text(
		db,
		"SELECT 'scan_metadata: more inline, multilink or snapshot entries than all'"
		" FROM scan_metadata WHERE inline_files > total_files OR inline_bytes > total_size"
		" OR multilink_files > total_files OR multilink_bytes > total_size"
		" OR snapshot_entries > entries");
	if (audit_metadata(db, "directory_lines") < t->directories - t->implied)
		audit_lie(db, 0, "scan_metadata: directory_lines is %" PRId64 ", but %" PRId64
			  " directories have a line", audit_metadata(db, "directory_lines"),
			  t->directories - t->implied);
	if (audit_metadata(db, "directory_bytes") < t->line_bytes)
		audit_lie(db, 0,
			  "scan_metadata: directory_bytes is %" PRId64
			  ", but directories have %" PRId64,
			  audit_metadata(db, "directory_bytes"), t->line_bytes);
	check_digests(db);
}

/* The path of the scan root, put together by following parent_id. */
static void check_root(struct db *db)
{
	check_text(db, "WITH RECURSIVE up(above, path) AS ("
		       "SELECT parent_id, CASE WHEN dir_id = 1 THEN '/' ELSE '/' || name END"
		       " FROM directories JOIN scan_metadata ON dir_id = scan_root_id UNION ALL"
		       " SELECT p.parent_id, '/' || p.name || path"
		       " FROM up JOIN directories AS p ON p.dir_id = above WHERE above > 1)"
		       " SELECT 'scan_metadata: scan_root is not the path of scan_root_id'"
		       " FROM up JOIN scan_metadata WHERE ifnull(above, 1) = 1"
		       " AND CAST(path AS BLOB) <> CAST(scan_root AS BLOB)");
}

/* What no other number tells. */
static void check_seal(struct db *db)
{
	char *is = state(db, "seal"), should[DB_SEAL_SIZE];

	db_seal_text(db, should);
	if (strcmp(is, should) ||
	    !db_integer(db, "SELECT typeof(value) = 'text' FROM load_state WHERE key = 'seal'"))
		audit_lie(db, 0,
			  "a row of scan_metadata, scan_sources, scan_rejects, path_maps, buckets,"
			  " user_info, group_info or load_state is not that of the import");
	free(is);
}

static void check_links(struct audit_tree *t, bool verified)
{
	const struct audit_links *l = &t->links;
	struct sums once = sums_once(&t->usage.total, &t->repeated);

	check_column(t->db, "once_files", once.files);
	check_column(t->db, "once_size", once.allocated);
	if (once.apparent != INT64_MAX || t->usage.total.apparent == INT64_MAX)
		check_column(t->db, "once_apparent", once.apparent);
	check_column(t->db, "linked_inodes", l->inodes);
	check_column(t->db, "links_outside", l->outside);
	check_column(t->db, "links_disagree", l->disagree);
	check_column(t->db, "links_repeated", l->repeated);
	if (!verified)
		return;
	check_column(t->db, "multilink_files", l->several.files);
	check_column(t->db, "multilink_bytes", l->several.allocated);
}

void audit_tables_metadata(struct audit_tree *t, bool verified)
{
	audit_number(t->db, 0, "scan_metadata: count of rows",
		     db_integer(t->db, "SELECT count(scan_id) FROM scan_metadata"), 1);
	check_column(t->db, "total_directories", t->directories);
	check_column(t->db, "implied_directories", t->implied);
	check_column(t->db, "total_files", t->usage.total.files);
	check_column(t->db, "total_size", t->usage.total.allocated);
	check_column(t->db, "apparent_size", t->usage.total.apparent);
	check_links(t, verified);
	check_root(t->db);
	if (verified)
		check_accounts(t);
	check_seal(t->db);
}

void audit_tables_pages(struct db *db)
{
	sqlite3_stmt *select = db_prepare(db, "PRAGMA integrity_check(1)");
	const char *says;

	db_step(db, select);
	says = (const char *)sqlite3_column_text(select, 0);
	if (!says || strcmp(says, "ok"))
		die(EXIT_INPUT, "%s: is damaged: SQLite says: %s", db->name,
		    says ? says : "nothing");
	sqlite3_finalize(select);
}
