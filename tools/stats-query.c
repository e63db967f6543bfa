/*
 * stats-query - usage totals of finished databases: by owner, group, age, size, directory, file system.
 *
 * Files are counted, one by one, whatever directory they are in, so every sum is exact for any
 * subtree. What is read to answer is said in usage_query.h, the order of rows in usage_answer.h.
 */
#include "common/stream/buckets.h"
#include "common/base/opts.h"
#include "common/query/usage_answer.h"
#include "common/query/owners.h"

static const char usage[] =
	"usage: stats-query [--by KEY[,KEY...]] [options] DB...\n"
	"Sum up the files of databases that scan-import made.\n"
	"\n"
	"      --by KEY,...       owner, group, age, size, dir, dir:LEVELS, fs [none]\n"
	"  -P, --path-prefix DIR  this directory and all below; repeatable [scan root]\n"
	"  -E, --exclude DIR      without this directory and all below; repeatable\n"
	"      --from-root        start at / instead of the scan root\n"
	"  -u, --owner USER       only files of this user, name or uid; repeatable\n"
	"  -g, --group GROUP      only files of this group, name or gid; repeatable\n"
	"      --mine, --mygroup  the same, of whoever asks\n"
	"      --top N            the N largest rows, of each first key if there are more\n"
	"      --min-size SIZE    only rows of at least SIZE allocated bytes\n"
	"      --sort-by WHAT     size, apparent, files, key [size; age, size: key]\n"
	"      --format FORMAT    table, tsv, csv, json, ndjson [table or tsv]\n"
	"  -o, --output FILE      write to FILE, which appears when it is complete\n"
	"  -q, --quiet   -v, --verbose   -h, --help   -V, --version\n"
	"DB without '/' and '.' is $TREETALLY_DIR/DB.db when TREETALLY_DIR is set.\n";

enum {
	OPT_BY = OPT_TOOL,
	OPT_FROM_ROOT,
	OPT_MINE,
	OPT_MYGROUP,
	OPT_TOP,
	OPT_MIN_SIZE,
	OPT_SORT_BY,
	OPT_FORMAT
};

/* ---- options ---- */

struct options {
	struct opts shared;
	struct scope_options where;
	struct usage_query ask;
	struct usage_rank rank;
	struct owners_wanted users, groups;
	bool sort_given;
	struct render_options out;
};

static const char *const by_names[USAGE_COUNT] = {
	[USAGE_OWNER] = "owner", [USAGE_GROUP] = "group", [USAGE_AGE] = "age",
	[USAGE_SIZE] = "size", [USAGE_DIR] = "dir", [USAGE_FS] = "fs",
};

static void add_by(struct usage_query *ask, enum usage_by by)
{
	if (usage_query_part(ask, by) >= 0)
		opts_die("--by: '%s' is there twice", by_names[by]);
	ask->by[ask->by_count++] = by;
}

static void parse_key(struct usage_query *ask, const char *word)
{
	uint64_t levels;

	for (int i = 0; i < USAGE_COUNT; i++) {
		if (strcmp(word, by_names[i]) == 0) {
			add_by(ask, i);
			return;
		}
	}
	if (strncmp(word, "dir:", 4))
		opts_die("--by: '%s' is none of owner, group, age, size, dir, dir:LEVELS, fs",
			 word);
	if (!opts_parse_count(word + 4, &levels) || !levels)
		opts_die("--by: '%s': the number of levels is not one from 1 up", word);
	add_by(ask, USAGE_DIR);
	ask->levels = (int64_t)levels;
}

static void parse_by(struct usage_query *ask, const char *value)
{
	char *copy = xstrdup(value), *rest = copy, *word;

	while ((word = strsep(&rest, ",")))
		parse_key(ask, word);
	free(copy);
}

static void parse_sort(struct options *opt, const char *value)
{
	static const char *const names[] = {
		[USAGE_SORT_SIZE] = "size",
		[USAGE_SORT_APPARENT] = "apparent",
		[USAGE_SORT_FILES] = "files",
		[USAGE_SORT_KEY] = "key",
	};

	opt->sort_given = true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) == 0) {
			opt->rank.sort = (enum usage_sort)i;
			return;
		}
	}
	opts_die("--sort-by: '%s' is none of size, apparent, files, key", value);
}

static void parse_option(struct options *opt, int letter, const char *value)
{
	uint64_t n;

	switch (letter) {
	case OPT_BY: parse_by(&opt->ask, value); break;
	case 'P': scope_add(&opt->where.prefixes, &opt->where.prefix_count, value); break;
	case 'E': scope_add(&opt->where.excludes, &opt->where.exclude_count, value); break;
	case OPT_FROM_ROOT: opt->where.from_root = true; break;
	case 'u': scope_add(&opt->users.texts, &opt->users.text_count, value); break;
	case 'g': scope_add(&opt->groups.texts, &opt->groups.text_count, value); break;
	case OPT_MINE: opt->users.mine = true; break;
	case OPT_MYGROUP: opt->groups.mine = true; break;
	case OPT_SORT_BY: parse_sort(opt, value); break;
	case 'o': opt->out.output = value; break;
	case OPT_TOP:
		if (!opts_parse_count(value, &opt->rank.top))
			opts_die("--top: '%s' is not a number", value);
		break;
	case OPT_MIN_SIZE:
		if (!opts_parse_size(value, &n))
			opts_die("--min-size: '%s' is not a size (examples: 64M, 2G)", value);
		opt->rank.min_size = (int64_t)n;
		break;
	case OPT_FORMAT:
		opt->out.format_given = true;
		if (!render_format_from_name(value, &opt->out.format))
			opts_die("--format: '%s' is none of table, tsv, csv, json, ndjson", value);
		break;
	default: opts_shared(&opt->shared, letter, value);
	}
}

static void parse_args(struct options *opt, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "by", required_argument, NULL, OPT_BY },
		{ "path-prefix", required_argument, NULL, 'P' },
		{ "exclude", required_argument, NULL, 'E' },
		{ "from-root", no_argument, NULL, OPT_FROM_ROOT },
		{ "owner", required_argument, NULL, 'u' },
		{ "group", required_argument, NULL, 'g' },
		{ "mine", no_argument, NULL, OPT_MINE },
		{ "mygroup", no_argument, NULL, OPT_MYGROUP },
		{ "top", required_argument, NULL, OPT_TOP },
		{ "min-size", required_argument, NULL, OPT_MIN_SIZE },
		{ "sort-by", required_argument, NULL, OPT_SORT_BY },
		{ "format", required_argument, NULL, OPT_FORMAT },
		{ "output", required_argument, NULL, 'o' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int letter;

	*opt = (struct options){ .ask = { .levels = 1 } };
	opts_init(&opt->shared, usage, KIND_ANY);
	while ((letter = getopt_long(argc, argv, "P:E:u:g:o:qvhV", longs, NULL)) != -1)
		parse_option(opt, letter, optarg);
	if (optind == argc)
		opts_die("the name of a database is missing");
	if (argc - optind > USAGE_FS_MOST)
		opts_die("more than %d databases", USAGE_FS_MOST);
	/* The same path can be in several databases: their rows stay apart. */
	if (argc - optind > 1 && usage_query_part(&opt->ask, USAGE_DIR) >= 0 &&
	    usage_query_part(&opt->ask, USAGE_FS) < 0) {
		memmove(opt->ask.by + 1, opt->ask.by, opt->ask.by_count++ * sizeof(*opt->ask.by));
		opt->ask.by[0] = USAGE_FS;
	}
	opt->rank.parts = opt->ask.by_count;
	for (size_t i = 0; i < opt->rank.parts; i++)
		opt->rank.natural[i] = opt->rank.sort == USAGE_SORT_KEY || (!opt->sort_given &&
			(opt->ask.by[i] == USAGE_AGE || opt->ask.by[i] == USAGE_SIZE));
}

static void resolve_ids(struct options *opt, struct db_reader_set *set)
{
	owners_resolve(set, &opt->users, &opt->groups);
	opt->ask.uids = opt->users.ids;
	opt->ask.uid_count = opt->users.count;
	opt->ask.gids = opt->groups.ids;
	opt->ask.gid_count = opt->groups.count;
}

/* ---- the answer ---- */

/* How many values a key has that are all shown, also where there is no file; 0: only those with files. */
static int64_t all_values(enum usage_by by, const struct db_reader_set *set)
{
	return by == USAGE_AGE || by == USAGE_SIZE ? BUCKETS : by == USAGE_FS ? (int64_t)set->count : 0;
}

/* Rows without files: the total, and all buckets where nothing but buckets is asked for. */
static void add_zero_rows(const struct usage_query *ask, const struct db_reader_set *set,
			  struct totals *totals)
{
	int64_t key[TOTALS_PARTS] = { 0 }, rows = 1;

	for (size_t i = 0; i < ask->by_count; i++)
		rows *= all_values(ask->by[i], set);
	for (int64_t row = 0; row < rows; row++) {
		int64_t rest = row;

		for (size_t i = ask->by_count; i-- > 0;) {
			key[i] = rest % all_values(ask->by[i], set);
			rest /= all_values(ask->by[i], set);
		}
		totals_at(totals, key);
	}
}

int main(int argc, char **argv)
{
	struct db_reader_set set = { 0 };
	struct totals totals = { 0 };
	struct options opt;
	struct scope *scopes;

	tool_begin(argv, "stats-query");
	parse_args(&opt, argc, argv);
	db_reader_open(&set, argv + optind, (size_t)(argc - optind), opt.shared.quiet,
		    opt.shared.verbose);
	resolve_ids(&opt, &set);
	scopes = scope_resolve(&set, &opt.where);
	for (size_t i = 0; i < set.count; i++)
		usage_query_totals(&opt.ask, &set.dbs[i], &scopes[i], (int64_t)i, &totals);
	add_zero_rows(&opt.ask, &set, &totals);
	usage_answer_print(&opt.ask, &opt.rank, &opt.out, &opt.where, &set, &totals);
	if (opt.shared.verbose)
		db_reader_report_cost(&set);
	totals_release(&totals);
	scope_free(scopes, set.count);
	db_reader_close(&set);
	owners_release(&opt.users);
	owners_release(&opt.groups);
	free(opt.where.prefixes);
	free(opt.where.excludes);
	return EXIT_OK;
}
