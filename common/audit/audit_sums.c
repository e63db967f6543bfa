#include "common/audit/audit_sums.h"

#define OF_ROOT " FROM usage_r WHERE dir_id = (SELECT scan_root_id FROM scan_metadata)"

#define SUMMARY_SUMS(table, key, id) \
	AUDIT_DIFFER("'" id " ' || id", "id", \
	"SELECT " key " AS id, total_files AS fi, 0 AS fs, total_size AS ti, 0 AS ts," \
	" apparent_size AS ai, 0 AS as_ FROM " table \
	" UNION ALL SELECT " id ", 0, file_count, 0, total_size, 0, apparent_size" OF_ROOT)

#define SUMMARY_DIRS(table, key, id) \
	"SELECT * FROM (SELECT '" id " ' || id," \
	" sum(di) AS directory_count, sum(ds) AS directories," \
	" sum(oi) AS directories_owned, sum(os) AS owned FROM (" \
	"SELECT " key " AS id, directory_count AS di, 0 AS ds, directories_owned AS oi, 0 AS os" \
	" FROM " table \
	" UNION ALL SELECT " id ", 0, count(DISTINCT dir_id), 0, 0 FROM usage_nr GROUP BY " id \
	" UNION ALL SELECT " id ", 0, 0, 0, count(*) FROM directories" \
	" WHERE " id " IS NOT NULL GROUP BY " id ") GROUP BY id)" \
	" WHERE directory_count <> directories OR directories_owned <> owned LIMIT 1"

#define HISTOGRAM(table, column) \
	AUDIT_DIFFER("'uid ' || uid || ', class ' || class", "uid, class", \
	"SELECT owner_uid AS uid, bucket_index AS class," \
	" file_count AS fi, 0 AS fs, total_size AS ti, 0 AS ts, 0 AS ai, 0 AS as_ FROM " table \
	" UNION ALL SELECT uid, " column ", 0, file_count, 0, total_size, 0, 0" OF_ROOT)

/* In place of dir_id, which they have not, 0. */
#define SUMMARY_COLUMNS(table, key) \
	"SELECT 0, " key ", total_files, total_size, apparent_size, directory_count," \
	" directories_owned FROM " table
#define HISTOGRAM_COLUMNS "SELECT 0, owner_uid, bucket_index, file_count, total_size FROM "

struct summary {
	const char *table, *select, *sums, *dirs;
	int sums_code, dirs_code;
};

static const struct summary summaries[] = {
	{ "owner_summary", SUMMARY_COLUMNS("owner_summary", "owner_uid"),
	  SUMMARY_SUMS("owner_summary", "owner_uid", "uid"),
	  SUMMARY_DIRS("owner_summary", "owner_uid", "uid"), AUDIT_BY_OWNER, AUDIT_OWNER_DIRS },
	{ "group_summary", SUMMARY_COLUMNS("group_summary", "owner_gid"),
	  SUMMARY_SUMS("group_summary", "owner_gid", "gid"),
	  SUMMARY_DIRS("group_summary", "owner_gid", "gid"), AUDIT_BY_GROUP, AUDIT_GROUP_DIRS },
};

static const struct summary histograms[] = {
	{ "access_histogram", HISTOGRAM_COLUMNS "access_histogram",
	  HISTOGRAM("access_histogram", "age_bucket"), NULL, AUDIT_OWNER_AGE, 0 },
	{ "size_histogram", HISTOGRAM_COLUMNS "size_histogram",
	  HISTOGRAM("size_histogram", "size_bucket"), NULL, AUDIT_OWNER_SIZE, 0 },
};

static void add(struct audit_tree *t, struct audit_code *code, int what, int64_t key, int64_t key2,
		const struct audit_sums *sums)
{
	const struct audit_factors *f = &t->usage.factors;

	audit_code_add(code, f, what, (uint64_t)key, (uint64_t)key2, audit_weigh(f, sums));
}

static void check_code(struct audit_tree *t, const struct summary *s, int what,
		       struct audit_code is, const char *sql, bool stopped)
{
	if (stopped || !audit_code_equal(is, t->usage.nr_codes[what]))
		audit_compare(t->db, &(struct audit_query){ s->table, sql, 0, 0, 0 });
}

static int64_t check_summary(struct audit_tree *t, const struct summary *s)
{
	struct audit_code sums_code = { 0, 0 }, dirs_code = { 0, 0 };
	struct audit_rows r;
	int64_t rows;

	for (audit_rows_open(&r, t->db, s->table, s->select); r.have; audit_rows_next(&r)) {
		int64_t id = audit_cell(&r, 1, 0, UINT32_MAX);
		const struct audit_sums sums = { audit_cell(&r, 2, 0, INT64_MAX),
						 audit_cell(&r, 3, 0, INT64_MAX),
						 audit_cell(&r, 4, 0, INT64_MAX) };
		const struct audit_sums dirs = { audit_cell(&r, 5, 0, INT64_MAX),
						 audit_cell(&r, 6, 0, INT64_MAX), 0 };

		if (!sums.files && !dirs.total_size)
			audit_lie(t->db, 0, "%s has a row for %" PRId64 ", which owns nothing",
				  s->table, id);
		add(t, &sums_code, s->sums_code, id, 0, &sums);
		add(t, &dirs_code, s->dirs_code, id, 0, &dirs);
	}
	rows = r.count;
	audit_rows_close(&r);
	check_code(t, s, s->sums_code, sums_code, s->sums, t->usage.stopped);
	check_code(t, s, s->dirs_code, dirs_code, s->dirs, false);
	return rows;
}

static int64_t check_histogram(struct audit_tree *t, const struct summary *s)
{
	struct audit_code code = { 0, 0 };
	struct audit_rows r;
	int64_t rows;

	for (audit_rows_open(&r, t->db, s->table, s->select); r.have; audit_rows_next(&r)) {
		int64_t uid = audit_cell(&r, 1, 0, UINT32_MAX), class = audit_cell(&r, 2, 0, 9);
		const struct audit_sums sums = { audit_cell(&r, 3, 1, INT64_MAX),
						 audit_cell(&r, 4, 0, INT64_MAX), 0 };

		add(t, &code, s->sums_code, uid, class, &sums);
	}
	rows = r.count;
	audit_rows_close(&r);
	check_code(t, s, s->sums_code, code, s->sums, false);
	return rows;
}

/* kind, bucket_index, label, lower, upper */
static const char *const classes[] = {
	"age 0 < 1 Month: NULL to 30",
	"age 1 1-3 Months: 30 to 90",
	"age 2 3-6 Months: 90 to 180",
	"age 3 6-12 Months: 180 to 365",
	"age 4 1-2 Years: 365 to 730",
	"age 5 2-3 Years: 730 to 1095",
	"age 6 3-4 Years: 1095 to 1460",
	"age 7 4-6 Years: 1460 to 2190",
	"age 8 6-7 Years: 2190 to 2555",
	"age 9 7+ Years: 2555 to NULL",
	"size 0 0 - 1 KiB: 0 to 1024",
	"size 1 1 KiB - 10 KiB: 1024 to 10240",
	"size 2 10 KiB - 100 KiB: 10240 to 102400",
	"size 3 100 KiB - 1 MiB: 102400 to 1048576",
	"size 4 1 MiB - 10 MiB: 1048576 to 10485760",
	"size 5 10 MiB - 100 MiB: 10485760 to 104857600",
	"size 6 100 MiB - 1 GiB: 104857600 to 1073741824",
	"size 7 1 GiB - 10 GiB: 1073741824 to 10737418240",
	"size 8 10 GiB - 100 GiB: 10737418240 to 107374182400",
	"size 9 100 GiB+: 107374182400 to NULL",
};

static void check_classes(struct audit_tree *t)
{
	const size_t count = sizeof(classes) / sizeof(classes[0]);
	sqlite3_stmt *select = db_prepare(t->db,
		"SELECT kind || ' ' || bucket_index || ' ' || label || ': ' ||"
		" ifnull(lower, 'NULL') || ' to ' || ifnull(upper, 'NULL')"
		" FROM buckets ORDER BY kind, bucket_index");
	size_t i = 0;

	for (; db_step(t->db, select); i++) {
		const char *text = (const char *)sqlite3_column_text(select, 0);

		if (i == count || !text || strcmp(text, classes[i]))
			audit_lie(t->db, 0, "buckets: '%s', should be '%s'", text ? text : "NULL",
				  i < count ? classes[i] : "no more");
	}
	sqlite3_finalize(select);
	if (i < count)
		audit_lie(t->db, 0, "buckets: '%s' is missing", classes[i]);
}

static void check_names(struct audit_tree *t)
{
	audit_number(t->db, 0, "user_info: rows for uids that owner_summary has not",
		     db_integer(t->db, "SELECT count(*) FROM user_info WHERE NOT EXISTS"
				       " (SELECT 1 FROM owner_summary WHERE owner_uid = uid)"), 0);
	audit_number(t->db, 0, "group_info: rows for gids that group_summary has not",
		     db_integer(t->db, "SELECT count(*) FROM group_info WHERE NOT EXISTS"
				       " (SELECT 1 FROM group_summary WHERE owner_gid = gid)"), 0);
}

void audit_sums_check(struct audit_tree *t, struct audit_sums_counts *counts)
{
	counts->owners = check_summary(t, &summaries[0]);
	counts->groups = check_summary(t, &summaries[1]);
	counts->ages = check_histogram(t, &histograms[0]);
	counts->sizes = check_histogram(t, &histograms[1]);
	check_classes(t);
	check_names(t);
}
