/* SPDX-License-Identifier: MIT */
/*
 * scan-audit - is a database what it should be? For operators who would rather see it proved.
 *
 * What wrote the tables has checked much of this. The auditor shares with it only how a database is
 * opened: it adds everything up again with its own arithmetic, from usage_nr and directories,
 * which is all that comes from the log (audit_tree.h, audit_usage.h), and given the log it reads
 * that again too (audit_log.h). Nothing is written. It ends at the first lie.
 */
#include <unistd.h>

#include "common/db/db_reader.h"
#include "common/db/db_column.h"
#include "common/db/db_schema.h"
#include "common/audit/audit_log.h"
#include "common/audit/audit_tables.h"
#include "common/base/opts.h"
#include "common/db/db_column.h"
#include "common/db/db_schema.h"
#include "common/log/claims.h"
#include "common/stream/stream_opts.h"

struct options {
	struct opts shared;
	struct audit_log_options log;
	bool allow_cut_end, crlf, force;
	enum scan_escape escape;
	const char *block_size, *root; /* NULL: not given */
	const char **logs; /* NULL at the end; those of --log come first */
	size_t log_count;
	bool pages;
	char *db;
};

/* ---- options ---- */

/* What the parser is told as it was told for the import. */
static void fill_parse_options(struct audit_log_options *log, const struct options *opt)
{
	static const char *const escapes[] = { NULL, "--escape=none", "--escape=pct" };
	size_t count = 0;

	if (opt->allow_cut_end)
		log->parse[count++] = "--allow-cut-end";
	if (opt->crlf)
		log->parse[count++] = "--crlf";
	if (opt->force)
		log->parse[count++] = "--force";
	if (opt->escape)
		log->parse[count++] = escapes[opt->escape];
	if (opt->block_size) {
		log->parse[count++] = "--block-size";
		log->parse[count++] = opt->block_size;
	}
	if (opt->root) {
		log->parse[count++] = "--root";
		log->parse[count++] = opt->root;
	}
}

static void parse_args(struct options *opt, int argc, char **argv)
{
	struct opt rows[] = {
		OPT_LIST(0, "log", "LOG...", "read the log again and compare everything",
			 &opt->logs, &opt->log_count),
		OPT_FLAG(0, "allow-cut-end", NULL, &opt->allow_cut_end),
		OPT_TEXT(0, "block-size", "SIZE", NULL, &opt->block_size),
		OPT_FLAG(0, "crlf", NULL, &opt->crlf),
		OPT_WORD(0, "escape", "HOW", NULL, &opt->escape, claims_escape_names, ESCAPE_NONE),
		OPT_TEXT(0, "root", "DIR", NULL, &opt->root),
		OPT_FLAG(0, "force", "as the import was told", &opt->force),
		OPT_FLAG(0, "pages", "let SQLite check all pages and indexes too: takes long",
			 &opt->pages),
		OPTS_RESOURCES(&opt->shared),
		OPTS_COMMON(&opt->shared),
		OPT_END,
	};
	const struct opts_program program = {
		.synopsis = "[options] DB [--log LOG...]",
		.operand = "DB",
		.purpose = "Prove that DB is sound, and with --log that it agrees with its log.",
		.footer = DB_READER_HELP,
		.rows = rows,
		.operands_min = 1,
		.operands_max = OPERANDS_ANY,
		.needs = (const char *const[]){ "allow-cut-end log",
						"block-size log", "crlf log", "escape log",
						"force log", "root log", NULL },
		.about = { stream_opts_about, db_schema_about },
	};
	size_t count;

	opts_init(&opt->shared);
	count = opts_parse(&program, argc, argv);
	opt->db = argv[1];
	if (!opt->log_count && count > 1)
		opts_die("'%s': one database is all that is taken, and logs behind --log", argv[2]);
	opt->logs = xrealloc_array(opt->logs, opt->log_count + count, sizeof(*opt->logs));
	for (size_t i = 2; i <= count + 1; i++)
		opt->logs[opt->log_count + i - 2] = argv[i];
	opt->log_count += count - 1;
	fill_parse_options(&opt->log, opt);
}

/* Before hours are spent on the database. */
static void require_logs(const struct options *opt)
{
	for (size_t i = 0; i < opt->log_count; i++) {
		if (strcmp(opt->logs[i], "-") && access(opt->logs[i], R_OK))
			die_errno("cannot open %s", opt->logs[i]);
	}
}

/* ---- the audit ---- */

static void audit_tables(const struct options *opt, struct db_reader_db *a)
{
	const bool quiet = opt->shared.quiet;
	const bool verified = !a->assumed.count[ASSUME_UNVERIFIED];
	int64_t midnight = db_integer(&a->db,
				      "SELECT ifnull(scan_timestamp, -1) FROM scan_metadata");
	int64_t owners, groups;
	struct audit_tree t;

	audit_tree_walk(&t, &a->db, a->root_id, age_by_name(a->age_by),
			midnight == -1 ? AUDIT_NULL : midnight);
	audit_proved(quiet,
		     "tree: %" PRId64 " directories: ids, depths, parents, names, order; %" PRId64
		     " without a line",
		     t.directories, t.implied);
	audit_proved(quiet,
		     "directory_stats: %" PRId64
		     " rows: counts, sums, ranges, times, owners, added up from %" PRId64
		     " rows of usage_nr",
		     t.stats.count, t.usage.nr_rows.count);
	audit_proved(quiet,
		     "usage_r: %" PRId64 " rows of the %" PRId64
		     " directories whose rows save more: sums of usage_nr",
		     t.usage.r_rows.count, t.usage.summed);
	audit_proved(quiet, "usage_by: %" PRId64 " rows: sums of usage_r", t.usage.by_rows.count);
	audit_proved(quiet,
		     "links: %" PRId64 " rows of %" PRId64 " inodes; link_usage, %" PRId64 " rows,"
		     " link_usage_r, %" PRId64 ", and link_stats, %" PRId64 ", follow from them",
		     t.links.rows, t.links.inodes, t.links.usage.count, t.links.usage_r.count,
		     t.links.stats.count);
	audit_tables_summaries(&t, &owners, &groups);
	audit_proved(quiet, "summaries: %" PRId64 " owners, %" PRId64 " groups", owners, groups);
	audit_tables_metadata(&t, verified);
	audit_proved(quiet, "totals: %" PRId64 " files, %" PRId64 " bytes%s", t.usage.total.files,
		     t.usage.total.allocated, verified ? "; accounts and digest agree" :
		     "; unverified: accounts were not compared");
	audit_tree_release(&t);
}

/* One of scan_metadata, to be freed; NULL when there is none. */
static char *metadata_text(struct db *db, const char *sql)
{
	sqlite3_stmt *select = db_prepare(db, sql);
	struct db_text text;
	char *copy;

	db_step(db, select);
	text = db_column_text_or_null(db, select, 0, DB_LONG_TEXT);
	copy = text.bytes ? xstrndup(text.bytes, text.len) : NULL;
	sqlite3_finalize(select);
	return copy;
}

static void audit_log(struct options *opt, struct db_reader_db *a)
{
	struct audit_log_counts counts;
	char date[DATE_TEXT_SIZE], threads[24], *format;

	if (!opt->log_count)
		return;
	opt->log.logs = opt->logs;
	format = metadata_text(&a->db, "SELECT format FROM scan_metadata");
	/* Names of several, of streams that were joined, are no format: the parser looks for itself. */
	if (format && (strchr(format, '%') || !strchr(format, ' ')))
		opt->log.format = format;
	opt->log.parser = db_integer(&a->db, "SELECT ' ' || program_version LIKE '% list-parse/%'"
					     " FROM scan_metadata") ? "list-parse" : "gpfs-parse";
	opt->log.filesystem = a->filesystem;
	opt->log.scan_date = scantime_date_text(date, a->scan_day);
	opt->log.age_by = age_by_name(a->age_by);
	opt->log.memory = opt->shared.memory - opt->shared.memory / 4;
	opt->log.temp_dir = opt->shared.temp_dir;
	snprintf(threads, sizeof(threads), "%" PRIu64, opt->shared.threads);
	opt->log.threads = threads;
	audit_log_check(&a->db, &opt->log, &counts);
	free(format);
	audit_proved(opt->shared.quiet,
		     "log: %" PRId64 " lines give the same %" PRIu64 " directories, %" PRIu64
		     " rows of usage_nr, %" PRIu64 " of linked files, accounts and digest",
		     counts.lines, counts.directories, counts.usage, counts.links);
}

static void limit_memory(struct db *db, uint64_t memory)
{
	/* In KiB; as much again for a sort, which happens only to name a lie. */
	char *sql = xasprintf("PRAGMA cache_size = -%" PRIu64, memory / 4 / 1024);

	db_exec(db, sql);
	free(sql);
}

int main(int argc, char **argv)
{
	struct options opt = { 0 };
	struct db_reader_set set;
	struct db *db;

	tool_begin(argv, "scan-audit");
	parse_args(&opt, argc, argv);
	require_logs(&opt);
	db_setup(opt.shared.temp_dir);
	db_reader_open(&set, &opt.db, 1, opt.shared.quiet, opt.shared.verbose);
	db = &set.dbs[0].db;
	limit_memory(db, opt.shared.memory);
	audit_proved(opt.shared.quiet,
		     "format: version %d, complete, %" PRId64
		     " tables, views and indexes as they must be",
		     DB_FORMAT,
		     db_integer(db, "SELECT count(*) FROM sqlite_master WHERE sql IS NOT NULL"));
	if (opt.pages) {
		audit_tables_pages(db);
		audit_proved(opt.shared.quiet, "pages: whole, and indexes agree with their tables");
	}
	audit_tables(&opt, &set.dbs[0]);
	audit_log(&opt, &set.dbs[0]);
	db_reader_close(&set);
	free(opt.logs);
	return EXIT_OK;
}
