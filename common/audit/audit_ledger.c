#include "common/audit/audit_ledger.h"

#include <inttypes.h>

#include "common/db/db_seal.h"
#include "common/stream/ledger.h"

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

/* ---- load_state: what the directories were loaded with ---- */

/* The value of `key` in a text of fields key=value, up to the next TAB; NULL: it is not there. */
static char *field(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (; text; text = strchr(text, '\t')) {
		text += *text == '\t';
		if (strncmp(text, key, len) == 0 && text[len] == '=')
			return xstrndup(text + len + 1, strcspn(text + len + 1, "\t"));
	}
	return NULL;
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

/* A field of load_state must be what a column, or an expression, of scan_metadata says. */
static void check_field(struct db *db, const char *text, const char *name, const char *expression)
{
	char *sql = xasprintf("SELECT CAST(%s AS TEXT) FROM scan_metadata", expression);
	sqlite3_stmt *select = db_prepare(db, sql);
	char *there = field(text, name);
	const char *here;

	db_step(db, select);
	here = (const char *)sqlite3_column_text(select, 0);
	if ((here || there) && (!here || !there || strcmp(here, there)))
		audit_lie(db, 0, "scan_metadata: %s is %s, load_state says %s", name,
			  here ? here : "NULL", there ? there : "nothing");
	sqlite3_finalize(select);
	free(there);
	free(sql);
}

static void check_state(struct audit_tree *t)
{
	char *ledger = state(t->db, "ledger"), *head = state(t->db, "head");
	char *scan_date = field(head, "scan_date");

	for (int i = 0; i < LEDGER_COUNTS; i++)
		check_field(t->db, ledger, ledger_count_names[i], ledger_count_columns[i]);
	check_field(t->db, ledger, "digest", "digest");
	check_field(t->db, ledger, "assumptions", "nullif(assumptions, '')");
	/* A date can have been told to stats-accum alone. */
	if (scan_date)
		check_field(t->db, head, "scan_date", "date(scan_timestamp, 'unixepoch')");
	free(scan_date);
	free(ledger);
	free(head);
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
		       " FROM (SELECT lines FROM scan_sources UNION ALL SELECT lines FROM scan_rejects)"
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
	check_state(t);
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

	check_text(db, "SELECT 'scan_metadata: scan_timestamp is not midnight' FROM scan_metadata"
		       " WHERE scan_timestamp % 86400 <> 0");
	check_text(db, "SELECT 'scan_metadata: age_by is ' || age_by FROM scan_metadata"
		       " WHERE age_by NOT IN ('atime', 'mtime', 'newest')");
	check_text(db, "SELECT 'load_state: seal is no text' FROM load_state"
		       " WHERE key = 'seal' AND typeof(value) <> 'text'");
	db_seal_text(db, should);
	if (strcmp(is, should))
		audit_lie(db, 0, "a row of scan_metadata, scan_sources, scan_rejects, path_maps, user_info,"
				 " group_info or load_state is not that of the import");
	free(is);
}

void audit_ledger_check(struct audit_tree *t, bool verified)
{
	audit_number(t->db, 0, "scan_metadata: count of rows",
		     db_integer(t->db, "SELECT count(scan_id) FROM scan_metadata"), 1);
	check_column(t->db, "total_directories", t->directories);
	check_column(t->db, "implied_directories", t->implied);
	audit_number(t->db, 0, "load_state: directories",
		     db_integer(t->db, "SELECT value FROM load_state WHERE key = 'directories'"),
		     t->directories);
	audit_number(t->db, 0, "load_state: implied",
		     db_integer(t->db, "SELECT value FROM load_state WHERE key = 'implied'"),
		     t->implied);
	check_column(t->db, "total_files", t->usage.total.files);
	check_column(t->db, "total_size", t->usage.total.total_size);
	check_column(t->db, "apparent_size", t->usage.total.apparent_size);
	check_root(t->db);
	if (verified)
		check_accounts(t);
	check_seal(t->db);
}
