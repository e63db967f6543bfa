/*
 * dir-query - list directories of finished databases.
 *
 * Options become a question (dir_select.h). Each database gives the directories that answer it, in
 * order (dir_search.h), which are merged to one list (dir_list.h) and printed (render.h).
 */
#include "common/query/dir_list.h"
#include "common/base/opts.h"
#include "common/query/scan_summary.h"
#include "common/query/owners.h"

#define TABLE_LIMIT 50 /* rows of a table when -n is not given */

static const char usage[] =
	"usage: dir-query [options] DB...\n"
	"List the directories of databases, the largest first.\n"
	"\n"
	"  -P, --path-prefix PATH   PATH and all below it (repeatable) [scan's root]\n"
	"  -E, --exclude PATH       not PATH and all below it (repeatable)\n"
	"  -L, --levels N           N levels below each PATH   --from-root   from / on\n"
	"  -d, --min-depth N, --max-depth N   (the depth of / is 0)\n"
	"      --leaves-only        directories that contain no directories\n"
	"  -u, --owner UID|NAME     all files are this user's; repeatable (--mine)\n"
	"  -g, --group GID|NAME     all files are this group's; repeatable (--mygroup)\n"
	"  -s, --single-owner       all files have one owner\n"
	"  -N, --name-pattern GLOB  the name matches (repeatable: or)\n"
	"  -i, --ignore-case        ASCII letters match in upper and lower case\n"
	"      --min-size SIZE, --max-size SIZE, --min-files N, --max-files N\n"
	"      --min-avg-size SIZE, --max-avg-size SIZE   (of a file)\n"
	"      --accessed-before WHEN, --accessed-after WHEN, --modified-before WHEN,\n"
	"      --modified-after WHEN   2024-12-31, or before the scan: 90d 6w 6mo 3yrs\n"
	"      --cold AGE           the largest without access or change since AGE, each\n"
	"                           subtree once (with --by-atime, without access)\n"
	"      --separate-dirs      columns and filters of each directory itself\n"
	"      --sort-by KEY        size apparent files dirs atime mtime depth path\n"
	"  -r, --reverse            the other way round\n"
	"  -n, --limit N            at most N rows; 0 = all [50 in a table, else all]\n"
	"      --total              a line that counts nested directories once\n"
	"      --summary            the scans instead of directories\n"
	"      --format FORMAT      table tsv csv json ndjson [table, in pipes tsv]\n"
	"  -o, --output FILE        write to FILE\n"
	"  -S, --memory SIZE  [256M; at least 4M]   -j, --threads N  [cores, at most 4]\n"
	"  -T, --temp-dir DIR       where sorting spills [$TMPDIR, else /var/tmp]\n"
	"  -q, --quiet   -v, --verbose   -h, --help   -V, --version\n";

enum {
	OPT_FROM_ROOT = OPT_TOOL, OPT_MAX_DEPTH, OPT_LEAVES_ONLY, OPT_MINE, OPT_MYGROUP,
	OPT_MIN_SIZE, OPT_MAX_SIZE, OPT_MIN_FILES, OPT_MAX_FILES, OPT_MIN_AVERAGE, OPT_MAX_AVERAGE,
	OPT_ACCESSED_BEFORE, OPT_ACCESSED_AFTER, OPT_MODIFIED_BEFORE, OPT_MODIFIED_AFTER, OPT_COLD,
	OPT_BY_ATIME, OPT_SEPARATE, OPT_SORT_BY, OPT_FORMAT, OPT_TOTAL, OPT_SUMMARY
};

#define SHORTS "P:E:L:d:u:g:sN:irn:o:S:T:j:qvhV"

static const struct option longs[] = {
	{ "path-prefix", required_argument, NULL, 'P' },
	{ "exclude", required_argument, NULL, 'E' },
	{ "from-root", no_argument, NULL, OPT_FROM_ROOT },
	{ "levels", required_argument, NULL, 'L' },
	{ "min-depth", required_argument, NULL, 'd' },
	{ "max-depth", required_argument, NULL, OPT_MAX_DEPTH },
	{ "leaves-only", no_argument, NULL, OPT_LEAVES_ONLY },
	{ "owner", required_argument, NULL, 'u' },
	{ "owner-id", required_argument, NULL, 'u' },
	{ "mine", no_argument, NULL, OPT_MINE },
	{ "group", required_argument, NULL, 'g' },
	{ "mygroup", no_argument, NULL, OPT_MYGROUP },
	{ "single-owner", no_argument, NULL, 's' },
	{ "name-pattern", required_argument, NULL, 'N' },
	{ "ignore-case", no_argument, NULL, 'i' },
	{ "min-size", required_argument, NULL, OPT_MIN_SIZE },
	{ "max-size", required_argument, NULL, OPT_MAX_SIZE },
	{ "min-files", required_argument, NULL, OPT_MIN_FILES },
	{ "max-files", required_argument, NULL, OPT_MAX_FILES },
	{ "min-avg-size", required_argument, NULL, OPT_MIN_AVERAGE },
	{ "max-avg-size", required_argument, NULL, OPT_MAX_AVERAGE },
	{ "accessed-before", required_argument, NULL, OPT_ACCESSED_BEFORE },
	{ "accessed-after", required_argument, NULL, OPT_ACCESSED_AFTER },
	{ "modified-before", required_argument, NULL, OPT_MODIFIED_BEFORE },
	{ "modified-after", required_argument, NULL, OPT_MODIFIED_AFTER },
	{ "cold", required_argument, NULL, OPT_COLD },
	{ "by-atime", no_argument, NULL, OPT_BY_ATIME },
	{ "separate-dirs", no_argument, NULL, OPT_SEPARATE },
	{ "sort-by", required_argument, NULL, OPT_SORT_BY },
	{ "reverse", no_argument, NULL, 'r' },
	{ "limit", required_argument, NULL, 'n' },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "output", required_argument, NULL, 'o' },
	{ "total", no_argument, NULL, OPT_TOTAL },
	{ "summary", no_argument, NULL, OPT_SUMMARY },
	{ "memory", required_argument, NULL, 'S' },
	{ "temp-dir", required_argument, NULL, 'T' },
	{ "threads", required_argument, NULL, 'j' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

struct options {
	struct opts shared;
	struct dir_question question;
	struct scope_options where;
	struct render_options output;
	bool summary, limit_given;
	bool sort_own, sort_whole; /* --sort-by said so */
	char **dbs;
	size_t db_count;
};

/* ---- options ---- */

static int64_t parse_size(const char *option, const char *text)
{
	uint64_t value;

	if (!opts_parse_size(text, &value))
		opts_die("%s: '%s' is not a size (examples: 500M, 2G, 1TiB)", option, text);
	return (int64_t)value;
}

static int64_t parse_count(const char *option, const char *text)
{
	uint64_t value;

	if (!opts_parse_count(text, &value))
		opts_die("%s: '%s' is not a number (examples: 4, 10K)", option, text);
	return (int64_t)value;
}

static void parse_moment(const char *option, const char *text, struct human_when *when)
{
	if (!human_parse_when(text, when))
		opts_die("%s: '%s' is neither a date nor an age (examples: 2024-12-31, 90d, 6mo)",
			 option, text);
}

static void parse_cold(const char *text, struct dir_filter *f)
{
	if (!human_parse_age(text, &f->cold.days))
		opts_die("--cold: '%s' is not an age (examples: 90d, 6mo, 3yrs)", text);
	f->cold.is_age = true;
}

/* A key may end in _r, the subtree, or _nr, the directory itself; else --separate-dirs decides. */
static void parse_sort(const char *text, struct options *opt)
{
	static const char *const names[] = {
		"size", "apparent", "files", "dirs", "atime", "mtime", "depth", "path"
	};
	const char *suffix = strchr(text, '_');
	size_t len = suffix ? (size_t)(suffix - text) : strlen(text);
	int key = 0;

	while (key <= DIR_BY_PATH && (strlen(names[key]) != len || strncmp(names[key], text, len)))
		key++;
	opt->sort_own = suffix && strcmp(suffix, "_nr") == 0;
	opt->sort_whole = suffix && !opt->sort_own;
	if (key > DIR_BY_PATH ||
	    (suffix && (key >= DIR_BY_DEPTH || (!opt->sort_own && strcmp(suffix, "_r")))))
		opts_die("--sort-by: '%s' is none of size, apparent, files, dirs, atime, mtime, "
			 "depth, path", text);
	opt->question.sort = (enum dir_sort)key;
}

static void parse_format(const char *text, struct render_options *output)
{
	output->format_given = true;
	if (!render_format_from_name(text, &output->format))
		opts_die("--format: '%s' is none of table, tsv, csv, json, ndjson", text);
}

static void parse_filter(struct options *opt, int letter, const char *value)
{
	struct dir_filter *f = &opt->question.filter;

	switch (letter) {
	case 'd': f->number[DIR_MIN_DEPTH] = parse_count("--min-depth", value); break;
	case OPT_MAX_DEPTH: f->number[DIR_MAX_DEPTH] = parse_count("--max-depth", value); break;
	case 's': f->single_owner = true; break;
	case OPT_LEAVES_ONLY: f->leaves_only = true; break;
	case 'N': scope_add(&f->patterns, &f->pattern_count, value); break;
	case 'i': f->ignore_case = true; break;
	case OPT_MIN_SIZE: f->number[DIR_MIN_SIZE] = parse_size("--min-size", value); break;
	case OPT_MAX_SIZE: f->number[DIR_MAX_SIZE] = parse_size("--max-size", value); break;
	case OPT_MIN_FILES: f->number[DIR_MIN_FILES] = parse_count("--min-files", value); break;
	case OPT_MAX_FILES: f->number[DIR_MAX_FILES] = parse_count("--max-files", value); break;
	case OPT_MIN_AVERAGE: f->number[DIR_MIN_AVERAGE] = parse_size("--min-avg-size", value); break;
	case OPT_MAX_AVERAGE: f->number[DIR_MAX_AVERAGE] = parse_size("--max-avg-size", value); break;
	case OPT_ACCESSED_BEFORE:
		parse_moment("--accessed-before", value, &f->when[DIR_ACCESSED_BEFORE]);
		break;
	case OPT_ACCESSED_AFTER:
		parse_moment("--accessed-after", value, &f->when[DIR_ACCESSED_AFTER]);
		break;
	case OPT_MODIFIED_BEFORE:
		parse_moment("--modified-before", value, &f->when[DIR_MODIFIED_BEFORE]);
		break;
	case OPT_MODIFIED_AFTER:
		parse_moment("--modified-after", value, &f->when[DIR_MODIFIED_AFTER]);
		break;
	case OPT_COLD: parse_cold(value, f); break;
	case OPT_BY_ATIME: f->cold_by_atime = true; break;
	case OPT_SEPARATE: f->own = true; break;
	default: opts_shared(&opt->shared, letter, value);
	}
}

static void parse_option(struct options *opt, int letter, const char *value)
{
	struct owners_wanted *users = &opt->question.filter.users;
	struct owners_wanted *groups = &opt->question.filter.groups;

	switch (letter) {
	case 'P': scope_add(&opt->where.prefixes, &opt->where.prefix_count, value); break;
	case 'E': scope_add(&opt->where.excludes, &opt->where.exclude_count, value); break;
	case OPT_FROM_ROOT: opt->where.from_root = true; break;
	case 'L': opt->question.levels = parse_count("--levels", value); break;
	case 'u': scope_add(&users->texts, &users->text_count, value); break;
	case 'g': scope_add(&groups->texts, &groups->text_count, value); break;
	case OPT_MINE: users->mine = true; break;
	case OPT_MYGROUP: groups->mine = true; break;
	case OPT_SORT_BY: parse_sort(value, opt); break;
	case 'r': opt->question.reverse = true; break;
	case 'n':
		opt->question.limit = (uint64_t)parse_count("--limit", value);
		opt->limit_given = true;
		break;
	case OPT_FORMAT: parse_format(value, &opt->output); break;
	case 'o': opt->output.output = value; break;
	case OPT_TOTAL: opt->question.want_total = true; break;
	case OPT_SUMMARY: opt->summary = true; break;
	default: parse_filter(opt, letter, value);
	}
}

static void check_options(const struct options *opt)
{
	const struct dir_filter *f = &opt->question.filter;

	if (opt->where.from_root && opt->where.prefix_count)
		opts_die("--from-root contradicts --path-prefix");
	if (dir_filter_has_cold(f) && f->own)
		opts_die("--cold is about subtrees, which contradicts --separate-dirs");
	if (f->cold_by_atime && !dir_filter_has_cold(f))
		opts_die("--by-atime belongs to --cold");
	if (opt->shared.quiet && opt->shared.verbose)
		opts_die("--quiet contradicts --verbose");
	if (!opt->db_count)
		opts_die("the name of a database is missing");
}

static void parse_args(struct options *opt, int argc, char **argv)
{
	struct dir_question *q = &opt->question;
	int letter;

	opts_init(&opt->shared, usage, KIND_DIR);
	dir_filter_init(&q->filter);
	q->levels = FILTER_NONE;
	while ((letter = getopt_long(argc, argv, SHORTS, longs, NULL)) != -1)
		parse_option(opt, letter, optarg);
	opt->dbs = argv + optind;
	opt->db_count = (size_t)(argc - optind);
	check_options(opt);
	q->once = dir_filter_has_cold(&q->filter);
	q->sort_own = opt->sort_own || (q->filter.own && !opt->sort_whole);
	if (!opt->limit_given && render_format(&opt->output) == RENDER_TABLE)
		q->limit = TABLE_LIMIT;
	q->sorting = (struct extsort_config){ .threads = opt->shared.threads,
					      .temp_dir = opt->shared.temp_dir,
					      .quiet = opt->shared.quiet };
	q->sorting.memory = opt->shared.memory / (opt->db_count ? opt->db_count : 1);
	if (q->sorting.memory < EXTSORT_MEMORY_MIN)
		q->sorting.memory = EXTSORT_MEMORY_MIN;
}

static void release_options(struct options *opt)
{
	dir_filter_release(&opt->question.filter);
	free(opt->where.prefixes);
	free(opt->where.excludes);
}

/* ---- the answer ---- */

/* What tables show: what the question is about, and with -v everything. */
static unsigned table_columns(const struct options *opt)
{
	const struct dir_filter *f = &opt->question.filter;
	unsigned shown = 1u << COLUMN_FILESYSTEM | 1u << COLUMN_PATH | 1u << COLUMN_SIZE |
			 1u << COLUMN_FILES | 1u << COLUMN_DIRS | 1u << COLUMN_ATIME |
			 1u << COLUMN_OWNER;

	if (dir_filter_has_cold(f) || dir_filter_has(f, DIR_MODIFIED_BEFORE) ||
	    dir_filter_has(f, DIR_MODIFIED_AFTER))
		shown |= 1u << COLUMN_MTIME;
	if (f->groups.count)
		shown |= 1u << COLUMN_GROUP;
	return opt->shared.verbose ? ~0u : shown;
}

static void answer(struct options *opt, struct db_reader_set *set)
{
	struct scope *scopes = scope_resolve(set, &opt->where);
	struct dir_layout layout;
	struct dir_list list;
	struct render out;
	uint64_t shown;

	dir_layout_init(&layout, opt->question.filter.own, set->count > 1);
	if (render_format(&opt->output) == RENDER_TABLE)
		dir_layout_for_table(&layout, table_columns(opt),
				     dir_column_of(opt->question.sort));
	render_open(&out, &opt->output, "dir-query", layout.columns, layout.count);
	dir_list_start(&list, set, scopes, &opt->question, &layout);
	while (dir_list_next(&list))
		render_row(&out, list.cells);
	dir_list_finish(&list, opt->shared.verbose);
	if (opt->question.want_total)
		render_total(&out, list.cells);
	if (!list.matches)
		render_note(&out, "no directory matches");
	shown = out.rows;
	render_close(&out);
	if (shown < list.matches && !opt->shared.quiet) {
		char few[HUMAN_TEXT_SIZE], all[HUMAN_TEXT_SIZE];

		warn("%s of %s shown (-n 0 for all)", human_count(few, (int64_t)shown),
		     human_count(all, (int64_t)list.matches));
	}
	dir_list_release(&list);
	scope_free(scopes, set->count);
}

int main(int argc, char **argv)
{
	struct options opt = { 0 };
	struct db_reader_set set;

	tool_begin(argv, "dir-query");
	parse_args(&opt, argc, argv);
	/* SQLite sorts a little too. */
	if (opt.shared.temp_dir && setenv("SQLITE_TMPDIR", opt.shared.temp_dir, 1))
		die_errno("cannot set SQLITE_TMPDIR");
	db_reader_open(&set, opt.dbs, opt.db_count, opt.shared.quiet, opt.shared.verbose);
	owners_resolve(&set, &opt.question.filter.users, &opt.question.filter.groups);
	if (opt.summary)
		scan_summary_show(&set, &opt.output);
	else
		answer(&opt, &set);
	db_reader_close(&set);
	release_options(&opt);
	return EXIT_OK;
}
