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
#include "common/db/db_schema.h"
#include "common/audit/audit_ledger.h"
#include "common/audit/audit_log.h"
#include "common/audit/audit_schema.h"
#include "common/audit/audit_sums.h"
#include "common/base/opts.h"

static const char usage[] =
	"usage: scan-audit [options] DB [--log LOG...]\n"
	"Prove that DB is sound, and with its LOG that it says what the log says.\n"
	"\n"
	"      --log LOG...       read the log again and compare everything\n"
	"      --allow-cut-end    this and the next three are for gpfs-parse: what the\n"
	"      --crlf             import was told must be told here too\n"
	"      --escape WHICH\n"
	"      --force\n"
	"      --pages            let SQLite check all pages and indexes too: takes long\n"
	"  -S, --memory SIZE      memory for everything [256M; at least 4M]\n"
	"  -T, --temp-dir DIR     temporary files go here [$TMPDIR, else /var/tmp]\n"
	"  -q, --quiet            print nothing if all is well\n"
	"  -v, --verbose   -h, --help   -V, --version\n"
	"DB without '/' and '.' is $TREETALLY_DIR/DB.db when TREETALLY_DIR is set.\n";

enum { OPT_LOG = OPT_TOOL, OPT_CUT_END, OPT_CRLF, OPT_ESCAPE, OPT_PAGES };

struct options {
	struct opts shared;
	struct audit_log_options log;
	char **logs; /* NULL at the end; those of --log come first */
	size_t log_count, parse_count;
	bool pages;
	char *db;
};

static const struct option longs[] = {
	{ "log", required_argument, NULL, OPT_LOG },
	{ "allow-cut-end", no_argument, NULL, OPT_CUT_END },
	{ "crlf", no_argument, NULL, OPT_CRLF },
	{ "escape", required_argument, NULL, OPT_ESCAPE },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "pages", no_argument, NULL, OPT_PAGES },
	{ "memory", required_argument, NULL, 'S' },
	{ "temp-dir", required_argument, NULL, 'T' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

/* ---- options ---- */

static void pass_on(struct options *opt, const char *option)
{
	if (opt->parse_count == AUDIT_PARSE_OPTIONS)
		opts_die("too many options for gpfs-parse");
	opt->log.parse[opt->parse_count++] = option;
}

static void parse_option(struct options *opt, int letter, char *value)
{
	switch (letter) {
	case OPT_LOG: opt->logs[opt->log_count++] = value; break;
	case OPT_CUT_END: pass_on(opt, "--allow-cut-end"); break;
	case OPT_CRLF: pass_on(opt, "--crlf"); break;
	case OPT_FORCE: pass_on(opt, "--force"); break;
	case OPT_ESCAPE:
		if (strcmp(value, "none") && strcmp(value, "pct"))
			opts_die("--escape: '%s' is none of none, pct", value);
		pass_on(opt, strcmp(value, "pct") ? "--escape=none" : "--escape=pct");
		break;
	case OPT_PAGES: opt->pages = true; break;
	default: opts_shared(&opt->shared, letter, value);
	}
}

static void parse_args(struct options *opt, int argc, char **argv)
{
	int letter;

	opts_init(&opt->shared, usage, KIND_ANY);
	opt->logs = xcalloc((size_t)argc, sizeof(*opt->logs));
	while ((letter = getopt_long(argc, argv, "S:T:qvhV", longs, NULL)) != -1)
		parse_option(opt, letter, optarg);
	if (optind == argc)
		opts_die("the name of the database is missing");
	opt->db = argv[optind++];
	if (!opt->log_count && optind < argc)
		opts_die("'%s': one database is all that is taken, and logs behind --log",
			 argv[optind]);
	if (!opt->log_count && opt->parse_count)
		opts_die("%s belongs to --log", opt->log.parse[0]);
	if (opt->shared.quiet && opt->shared.verbose)
		opts_die("--quiet contradicts --verbose");
	while (optind < argc)
		opt->logs[opt->log_count++] = argv[optind++];
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
	struct audit_sums_counts rows;
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
		     t.stats.count, t.usage.nr.count);
	audit_proved(quiet,
		     "usage_r: %" PRId64 " rows of the %" PRId64
		     " directories whose rows save more: sums of usage_nr",
		     t.usage.r.count, t.usage.summed);
	audit_proved(quiet, "usage_by: %" PRId64 " rows: sums of usage_r", t.usage.by.count);
	audit_sums_check(&t, &rows);
	audit_proved(quiet,
		     "summaries: %" PRId64 " owners, %" PRId64 " groups; histograms: %" PRId64
		     " and %" PRId64 " rows",
		     rows.owners, rows.groups, rows.ages, rows.sizes);
	audit_ledger_check(&t, verified);
	audit_proved(quiet, "totals: %" PRId64 " files, %" PRId64 " bytes%s", t.usage.total.files,
		     t.usage.total.total_size, verified ? "; accounts and digest agree" :
		     "; unverified: accounts were not compared");
	audit_tree_release(&t);
}

static void audit_log(struct options *opt, struct db_reader_db *a)
{
	struct audit_log_counts counts;
	char date[DATE_TEXT_SIZE];

	if (!opt->log_count)
		return;
	opt->log.logs = opt->logs;
	opt->log.filesystem = a->filesystem;
	opt->log.scan_date = scantime_date_text(date, a->scan_day);
	opt->log.age_by = age_by_name(a->age_by);
	opt->log.memory = opt->shared.memory - opt->shared.memory / 4;
	opt->log.temp_dir = opt->shared.temp_dir;
	audit_log_check(&a->db, &opt->log, &counts);
	audit_proved(opt->shared.quiet,
		     "log: %" PRId64 " lines give the same %" PRIu64 " directories, %" PRIu64
		     " rows of usage_nr, accounts and digest",
		     counts.lines, counts.directories, counts.usage);
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
	audit_proved(opt.shared.quiet, "format: version %d, complete, %d tables, views and indexes",
		     DB_FORMAT, audit_schema_check(db));
	if (opt.pages) {
		audit_pages_check(db);
		audit_proved(opt.shared.quiet, "pages: whole, and indexes agree with their tables");
	}
	audit_tables(&opt, &set.dbs[0]);
	audit_log(&opt, &set.dbs[0]);
	db_reader_close(&set);
	free(opt.logs);
	return EXIT_OK;
}
