/* SPDX-License-Identifier: MIT */
/*
 * stats-query - usage totals of finished databases: by owner, group, age, size, directory, file system.
 *
 * Files are counted, one by one, whatever directory they are in, so every sum is exact for any
 * subtree. What is read to answer is said in usage_query.h, the order of rows in usage_answer.h. Filters
 * on directories narrow the scope (dir_scope.h) before anything is counted.
 */
#include "common/stream/buckets.h"
#include "common/base/opts.h"
#include "common/db/db_schema.h"
#include "common/query/dir_scope.h"
#include "common/query/query_opts.h"
#include "common/query/render_scans.h"
#include "common/query/usage_answer.h"
#include "common/query/usage_cross.h"
#include "common/query/usage_dirs.h"
#include "common/query/owners.h"

/* ---- options ---- */

struct options {
	struct opts shared;
	struct scope_options where;
	struct dir_question dirs; /* only files below such directories */
	struct usage_query ask;
	struct usage_rank rank;
	bool cross, count_links;
	struct owners_wanted users, groups;
	struct file_match classes; /* of files whose sums are shown beside those of all */
	struct render_options out;
	size_t db_count;
};

/* The order of enum usage_by. */
static const char *const by_names[] = { "owner", "group", "age", "size", "dir", "fs", "scan",
					NULL };

static void add_by(struct usage_query *ask, enum usage_by by)
{
	if (usage_query_part(ask, by) >= 0)
		opts_die("--by: '%s' is there twice", by_names[by]);
	ask->by[ask->by_count++] = by;
}

static void parse_key(struct usage_query *ask, const struct opt *row, const char *word)
{
	uint64_t levels;

	for (int i = 0; i < USAGE_COUNT; i++) {
		if (strcmp(word, by_names[i]) == 0) {
			add_by(ask, i);
			return;
		}
	}
	if (strncmp(word, "dir:", 4))
		opts_wrong(row, word, "one of owner, group, age, size, dir, dir:LEVELS, fs, scan");
	if (!human_parse_count(word + 4, &levels) || !levels)
		opts_die("--by: '%s': LEVELS is not a number from 1 up", word);
	add_by(ask, USAGE_DIR);
	ask->levels = (int64_t)levels;
}

static void add_keys(void *to, const struct opt *row, const char *value)
{
	char *copy = xstrdup(value), *rest = copy, *word;

	while ((word = strsep(&rest, ",")))
		parse_key(to, row, word);
	free(copy);
}

/* The order of enum usage_sort. */
static const char *const sort_names[] = { "size", "apparent", "files", "matching",
					  "matching_files", "key", NULL };

static void parse_args(struct options *opt, int argc, char **argv)
{
	struct dir_filter *f = &opt->dirs.filter;
	struct opt rows[] = {
		OPT_CALL_WORDS(0, "by", "KEY,...", "%s, dir:LEVELS [none]", add_keys,
			       &opt->ask, by_names),
		QUERY_OPTS_SCOPE(&opt->where),
		OPT_LIST('u', "owner", "USER", "only files of this user, name or uid; repeatable",
			 &opt->users.texts, &opt->users.text_count),
		OPT_LIST('g', "group", "GROUP", "only files of this group, name or gid; repeatable",
			 &opt->groups.texts, &opt->groups.text_count),
		OPT_FLAG(0, "mine", NULL, &opt->users.mine),
		OPT_FLAG(0, "mygroup", "the same, of whoever asks", &opt->groups.mine),
		FILE_MATCH_OPTS(&opt->classes),
		OPT_NUMBER(0, "top", "N", "the N largest rows, of each first key if there are more",
			   &opt->rank.top),
		OPT_NUMBER('n', "limit", "N", "at most N rows in all; 0: all", &opt->rank.limit),
		OPT_SIZE(0, "min-size", "SIZE", "only rows of at least SIZE allocated bytes",
			 &opt->rank.min_size),
		OPT_WORD(0, "sort-by", "WHAT", "%s [size; age, size: key]", &opt->rank.sort,
			 sort_names, USAGE_SORT_SIZE),
		OPT_FLAG(0, "cross", "classes of the last key as columns: --by owner,age --cross",
			 &opt->cross),
		OPT_FLAG('r', "reverse", "the other way round", &opt->rank.reverse),
		OPT_FLAG(0, "total", "a last line with the total, not in tables only",
			 &opt->rank.total),
		QUERY_OPTS_LINKS(&opt->count_links, &opt->rank.links),
		OPT_FLAG(0, "inodes", "directories and inodes, as quotas count; by owner, group",
			 &opt->rank.inodes),
		QUERY_OPTS_RENDER(&opt->out),
		OPT_HEADING("Only files below directories of which all this is true (/ has depth 0; sizes\n"
			    "are allocated bytes; WHEN is 2024-12-31, or 90d, 6mo, 3yrs before the scan)"),
		QUERY_OPTS_TREE(&opt->dirs),
		QUERY_OPTS_SINGLE_OWNER(f),
		QUERY_OPTS_NAMES(f),
		QUERY_OPTS_COLD(f),
		QUERY_OPTS_LIMITS_APART
		OPT_HEADING("As everywhere"),
		OPTS_RESOURCES(&opt->shared),
		OPTS_COMMON(&opt->shared),
		OPT_END,
	};
	const struct opts_program program = {
		.synopsis = "[--by KEY[,KEY...]] [options] DB...",
		.operand = "DB",
		.purpose = "Sum up the files of databases that scan-import made.",
		.footer = DB_READER_HELP,
		.rows = rows,
		.operands_min = 1,
		.operands_max = USAGE_FS_MOST,
		.contradictions = (const char *const[]){ QUERY_OPTS_SCOPE_CONTRADICTION,
							 QUERY_OPTS_RENDER_CONTRADICTIONS,
							 QUERY_OPTS_LINKS_CONTRADICTION,
							 "cross min-size inodes top links", NULL },
		.needs = (const char *const[]){ QUERY_OPTS_COLD_NEEDS, NULL },
		.about = { db_schema_about },
	};

	*opt = (struct options){ .ask = { .levels = 1 }, .dirs = { .levels = FILTER_NONE } };
	dir_filter_init(f);
	file_match_init(&opt->dirs.match);
	file_match_init(&opt->ask.match);
	file_match_init(&opt->classes);
	opts_init(&opt->shared);
	opt->db_count = opts_parse(&program, argc, argv);
	/* The same path can be in several databases: their rows stay apart. */
	if (opt->db_count > 1 && usage_query_part(&opt->ask, USAGE_DIR) >= 0 &&
	    usage_query_part(&opt->ask, USAGE_FS) < 0) {
		memmove(opt->ask.by + 1, opt->ask.by, opt->ask.by_count++ * sizeof(*opt->ask.by));
		opt->ask.by[0] = USAGE_FS;
	}
	opt->ask.links = opt->count_links ? LINKS_SEEN : LINKS_ONCE;
	opt->dirs.count_links = opt->count_links;
	f->cold.is_age = opts_given(rows, "cold");
	file_match_check(&opt->classes);
	if (opt->rank.inodes && !usage_dirs_can(&opt->ask))
		opts_die("--inodes goes with the keys owner, group, fs and scan:"
			 " directories have no class of age or size");
	if (opt->cross && !usage_cross_can(&opt->ask))
		opts_die("--cross needs two keys, the last of them age or size");
	opt->rank.parts = opt->ask.by_count;
	opt->rank.matching = file_match_is_given(&opt->classes);
	if (!opt->rank.matching && (opt->rank.sort == USAGE_SORT_MATCHING ||
				    opt->rank.sort == USAGE_SORT_MATCHING_FILES))
		opts_die("--sort-by %s needs --older, --younger, --larger-than or --smaller-than",
			 sort_names[opt->rank.sort]);
	if (opt->rank.matching && !opts_given(rows, "sort-by"))
		opt->rank.sort = USAGE_SORT_MATCHING;
	for (size_t i = 0; i < opt->rank.parts; i++)
		opt->rank.natural[i] = opt->rank.sort == USAGE_SORT_KEY ||
				       (!opts_given(rows, "sort-by") &&
					(opt->ask.by[i] == USAGE_AGE || opt->ask.by[i] == USAGE_SIZE ||
					 opt->ask.by[i] == USAGE_SCAN));
}

static void resolve_ids(struct options *opt, struct db_reader_set *set)
{
	owners_resolve(set, &opt->users, "--owner", &opt->groups, "--group");
	opt->ask.match.uids = opt->users.ids;
	opt->ask.match.uid_count = opt->users.count;
	opt->ask.match.gids = opt->groups.ids;
	opt->ask.match.gid_count = opt->groups.count;
}

/* With both keys the rows of two scans of a file system are never one, whatever their dates. */
static void require_apart(const struct usage_query *ask, const struct db_reader_set *set)
{
	bool by_scan = usage_query_part(ask, USAGE_SCAN) >= 0;
	bool by_fs = usage_query_part(ask, USAGE_FS) >= 0;

	db_reader_require_apart(set, by_scan,
				by_scan && by_fs ? NULL : "--by scan keeps them apart");
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

static void add_up(const struct usage_query *ask, struct db_reader_set *set,
		   const struct scope *scopes, struct totals *totals)
{
	for (size_t i = 0; i < set->count; i++)
		usage_query_totals(ask, &set->dbs[i], &scopes[i], (int64_t)i, totals);
}

/* Who has directories and no files has a row, too. */
static void count_dirs(const struct usage_query *ask, struct db_reader_set *set,
		       const struct scope *scopes, struct usage_found *found)
{
	for (size_t i = 0; i < set->count; i++)
		usage_dirs_totals(ask, &set->dbs[i], &scopes[i], (int64_t)i, &found->dirs);
	for (size_t i = 0; i < found->dirs.count; i++)
		totals_at(&found->all, found->dirs.rows[i].key);
}

/* The same question about some of the files. */
static void add_up_matching(const struct options *opt, struct usage_query ask,
			    struct db_reader_set *set, const struct scope *scopes,
			    struct totals *matching)
{
	ask.match.age = opt->classes.age;
	ask.match.size = opt->classes.size;
	add_up(&ask, set, scopes, matching);
}

/* The same question with links counted otherwise. Keys that only a further link has get a row. */
static void add_up_links(struct usage_query ask, struct db_reader_set *set,
			 const struct scope *scopes, struct usage_found *found)
{
	ask.links = LINKS_SEEN;
	add_up(&ask, set, scopes, &found->seen);
	ask.links = LINKS_FREED;
	add_up(&ask, set, scopes, &found->freed);
	for (size_t i = 0; i < found->seen.count; i++)
		totals_at(&found->all, found->seen.rows[i].key);
}

static void find(const struct options *opt, const struct usage_query *ask,
		 struct db_reader_set *set, const struct scope *scopes, struct usage_found *found)
{
	add_up(ask, set, scopes, &found->all);
	if (opt->rank.inodes)
		count_dirs(ask, set, scopes, found);
	if (opt->rank.links)
		add_up_links(*ask, set, scopes, found);
	if (opt->rank.matching)
		add_up_matching(opt, *ask, set, scopes, &found->matching);
}

/* Where files can have links in several directories, rows of directories do not add up. */
static bool find_whole(const struct options *opt, struct db_reader_set *set,
		       const struct scope *scopes, struct usage_found *whole)
{
	struct usage_query ask = opt->ask;
	int dir = usage_query_part(&ask, USAGE_DIR);
	bool linked = false;

	for (size_t i = 0; i < set->count; i++)
		linked = linked || set->dbs[i].linked;
	if (dir < 0 || ask.links == LINKS_SEEN || !linked)
		return false;
	ask.by_count--;
	memmove(ask.by + dir, ask.by + dir + 1, (ask.by_count - (size_t)dir) * sizeof(*ask.by));
	find(opt, &ask, set, scopes, whole);
	return true;
}

int main(int argc, char **argv)
{
	struct db_reader_set set = { 0 };
	struct usage_found found = { 0 }, whole = { 0 };
	struct render_scan *scans;
	struct options opt;
	struct scope *scopes;

	tool_begin(argv, "stats-query");
	parse_args(&opt, argc, argv);
	db_reader_temp_dir(opt.shared.temp_dir);
	db_reader_open(&set, argv + 1, opt.db_count, opt.shared.quiet, opt.shared.verbose);
	require_apart(&opt.ask, &set);
	resolve_ids(&opt, &set);
	scopes = scope_resolve(&set, &opt.where);
	for (size_t i = 0; i < set.count && !dir_question_is_open(&opt.dirs); i++)
		dir_scope_narrow(&set.dbs[i], &scopes[i], &opt.dirs);
	find(&opt, &opt.ask, &set, scopes, &found);
	found.whole = find_whole(&opt, &set, scopes, &whole) ? &whole : NULL;
	add_zero_rows(&opt.ask, &set, &found.all);
	scans = render_scans_of(&set);
	opt.out.scans = scans;
	opt.out.scan_count = set.count;
	usage_answer_print(&opt.ask, &opt.rank, opt.cross, &opt.out, &opt.where, &set, &found);
	render_scans_free(scans, set.count);
	if (opt.shared.verbose)
		db_reader_report_cost(&set);
	usage_found_release(&found);
	usage_found_release(&whole);
	scope_free(scopes, set.count);
	db_reader_close(&set);
	dir_filter_release(&opt.dirs.filter);
	owners_release(&opt.users);
	owners_release(&opt.groups);
	free(opt.where.prefixes);
	free(opt.where.excludes);
	return EXIT_OK;
}
