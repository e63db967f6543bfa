/* SPDX-License-Identifier: MIT */
/*
 * dir-query - list directories of finished databases.
 *
 * Options become a question (dir_select.h). Each database gives the directories that answer it, in
 * order (dir_search.h), which are merged to one list (dir_list.h) and printed (render.h).
 */
#include "common/query/dir_list.h"
#include "common/db/db_schema.h"
#include "common/query/query_opts.h"
#include "common/query/render_scans.h"
#include "common/query/scan_list.h"
#include "common/query/scan_summary.h"
#include "common/query/owners.h"

#define TABLE_LIMIT 50 /* rows of a table when -n is not given */

struct options {
	struct opts shared;
	struct dir_question question;
	struct scope_options where;
	struct render_options output;
	struct owners_wanted holders, holder_groups; /* of the files that match */
	bool summary;
	const char *list; /* the directory whose databases are listed; NULL: some are asked */
	bool outermost, limit_given, tree;
	bool sort_own, sort_whole; /* --sort-by said so */
	char **dbs;
	size_t db_count;
};

/* ---- options ---- */

/*
 * A key may end in _r, the subtree, or _nr, the directory itself; else --separate-dirs decides. The
 * order of enum dir_sort.
 */
static const char *const sort_names[] = {
	"size", "apparent", "files", "dirs", "atime", "mtime", "shared", "matching",
	"matching_files", "depth", "path", NULL
};

static void set_sort(void *to, const struct opt *row, const char *value)
{
	struct options *opt = to;
	const char *suffix = strncmp(value, "matching", 8) ? strchr(value, '_') : NULL;
	size_t len = suffix ? (size_t)(suffix - value) : strlen(value);
	unsigned key = DIR_BY_SIZE;

	while (sort_names[key] &&
	       (strlen(sort_names[key]) != len || strncmp(sort_names[key], value, len)))
		key++;
	opt->sort_own = suffix && strcmp(suffix, "_nr") == 0;
	opt->sort_whole = suffix && !opt->sort_own;
	if (!sort_names[key] ||
	    (suffix && (key >= DIR_BY_MATCHING || (!opt->sort_own && strcmp(suffix, "_r")))))
		opts_wrong(row, value, "one of size, apparent, files, dirs, atime, mtime, shared,"
			   " matching, matching_files, depth, path");
	opt->question.sort = (enum dir_sort)key;
}

static void set_defaults(struct options *opt)
{
	*opt = (struct options){ .question.levels = FILTER_NONE };
	opts_init(&opt->shared);
	dir_filter_init(&opt->question.filter);
	file_match_init(&opt->question.match);
}

/* Without an operand, --summary is about all there are. */
static const char *directory_to_list(bool summary)
{
	const char *dir = getenv("TREETALLY_DIR");

	if (!summary)
		opts_die("DB is missing");
	if (!dir || !*dir)
		opts_die("DB is missing, and TREETALLY_DIR is not set");
	return dir;
}

static void settle_tree(struct options *opt)
{
	if (opt->db_count > 1)
		opts_die("--tree shows one database");
	if (opt->output.format > RENDER_TABLE)
		opts_die("--tree is a table: not --format %s", render_format_names[opt->output.format]);
	opt->output.format = RENDER_TABLE;
	opt->question.sort = DIR_BY_PATH;
}

/* What follows from the options together. */
static void settle(struct options *opt, const struct opt *rows)
{
	struct dir_question *q = &opt->question;
	struct dir_filter *f = &q->filter;

	if (opts_given(rows, "cold"))
		f->cold.is_age = true;
	file_match_check(&q->match);
	if (file_match_is_given(&q->match) || opt->holders.text_count ||
	    opt->holder_groups.text_count)
		q->sort = opts_given(rows, "sort-by") ? q->sort : DIR_BY_MATCHING;
	else if (dir_sort_is_matching(q->sort))
		opts_die("--sort-by %s needs --older, --younger, --larger-than, --smaller-than,"
			 " --files-of or --files-of-group", sort_names[q->sort]);
	if (q->sort == DIR_BY_SHARED && q->count_links)
		opts_die("--sort-by shared and --count-links: nothing is shared when each link counts");
	if (opt->tree)
		settle_tree(opt);
	q->once = opt->outermost || dir_filter_has_cold(f);
	q->sort_own = opt->sort_own || (f->own && !opt->sort_whole);
	opt->limit_given = opts_given(rows, "limit") || opts_given(rows, "top");
	if (!opt->limit_given && render_format(&opt->output) == RENDER_TABLE)
		q->limit = TABLE_LIMIT;
	q->sorting = (struct extsort_config){ .threads = (unsigned)opt->shared.threads,
					      .temp_dir = opt->shared.temp_dir,
					      .quiet = opt->shared.quiet };
	q->sorting.memory = opt->shared.memory / opt->db_count;
}

static void parse_args(struct options *opt, int argc, char **argv)
{
	struct dir_question *q = &opt->question;
	struct dir_filter *f = &q->filter;
	struct opt rows[] = {
		OPT_HEADING("Where"),
		QUERY_OPTS_SCOPE(&opt->where),
		QUERY_OPTS_TREE(q),
		OPT_HEADING("Whose"),
		OPT_LIST('u', "owner", "USER", NULL, &f->users.texts, &f->users.text_count),
		OPT_LIST(0, "owner-id", "UID", "all files are this user's; repeatable",
			 &f->users.texts, &f->users.text_count),
		OPT_LIST('g', "group", "GROUP", "all files are this group's; repeatable",
			 &f->groups.texts, &f->groups.text_count),
		OPT_FLAG(0, "mine", NULL, &f->users.mine),
		OPT_FLAG(0, "mygroup", "the same, of whoever asks", &f->groups.mine),
		QUERY_OPTS_SINGLE_OWNER(f),
		OPT_HEADING("Which hold files"),
		FILE_MATCH_OPTS(&q->match),
		OPT_LIST(0, "files-of", "USER", NULL, &opt->holders.texts,
			 &opt->holders.text_count),
		OPT_LIST(0, "files-of-group", "GROUP", "files of this user, group; repeatable",
			 &opt->holder_groups.texts, &opt->holder_groups.text_count),
		OPT_HEADING("Which"),
		QUERY_OPTS_NAMES(f),
		QUERY_OPTS_COLD(f),
		OPT_FLAG(0, "outermost", "of nested directories that match only the outermost",
			 &opt->outermost),
		OPT_FLAG(0, "separate-dirs", "columns and filters of each directory itself",
			 &f->own),
		OPT_HEADING("Limits (/ has depth 0; sizes are allocated bytes; WHEN is 2024-12-31, or 90d,\n"
			    "6mo, 3yrs before the scan)"),
		QUERY_OPTS_LIMITS
		OPT_HEADING("What is shown"),
		OPT_CALL_WORDS(0, "sort-by", "KEY", "%s [size]", set_sort, opt, sort_names),
		OPT_FLAG('r', "reverse", "the other way round", &q->reverse),
		OPT_NUMBER('n', "limit", "N", "at most N rows; 0: all [50 in a table, else all]",
			   &q->limit),
		OPT_NUMBER(0, "top", "N", "the same", &q->limit),
		OPT_FLAG(0, "tree", "a table in tree order, names indented below each other",
			 &opt->tree),
		OPT_FLAG(0, "total", "a line that counts nested directories once",
			 &q->want_total),
		QUERY_OPTS_LINKS(&q->count_links, &q->links),
		OPT_FLAG(0, "summary",
			 "the scans instead of directories; no DB: those in $TREETALLY_DIR",
			 &opt->summary),
		QUERY_OPTS_RENDER(&opt->output),
		OPT_HEADING("As everywhere"),
		OPTS_RESOURCES(&opt->shared),
		OPTS_COMMON(&opt->shared),
		OPT_END,
	};
	const struct opts_program program = {
		.synopsis = "[options] DB...",
		.operand = "DB",
		.purpose = "List the directories of databases, the largest first.",
		.footer = DB_READER_HELP,
		.rows = rows,
		.operands_max = OPERANDS_ANY,
		.contradictions = (const char *const[]){ QUERY_OPTS_SCOPE_CONTRADICTION,
							 QUERY_OPTS_LINKS_CONTRADICTION,
							 "cold separate-dirs",
							 QUERY_OPTS_RENDER_CONTRADICTIONS,
							 "tree sort-by reverse", NULL },
		.needs = (const char *const[]){ QUERY_OPTS_COLD_NEEDS, NULL },
		.about = { db_schema_about },
	};

	set_defaults(opt);
	opt->db_count = opts_parse(&program, argc, argv);
	opt->dbs = argv + 1;
	if (!opt->db_count)
		opt->list = directory_to_list(opt->summary);
	else
		settle(opt, rows);
}

static void release_options(struct options *opt)
{
	dir_filter_release(&opt->question.filter);
	owners_release(&opt->holders);
	owners_release(&opt->holder_groups);
	free(opt->where.prefixes);
	free(opt->where.excludes);
}

static void resolve_names(struct options *opt, struct db_reader_set *set)
{
	struct dir_filter *f = &opt->question.filter;
	struct file_match *match = &opt->question.match;

	owners_resolve(set, &f->users, "--owner", &f->groups, "--group");
	owners_resolve(set, &opt->holders, "--files-of", &opt->holder_groups,
		       "--files-of-group");
	match->uids = opt->holders.ids;
	match->uid_count = opt->holders.count;
	match->gids = opt->holder_groups.ids;
	match->gid_count = opt->holder_groups.count;
}

/* ---- the answer ---- */

/* What tables show: what the question is about, and with -v everything. */
static unsigned table_columns(const struct options *opt)
{
	const struct dir_filter *f = &opt->question.filter;
	unsigned shown = 1u << COLUMN_FILESYSTEM | 1u << COLUMN_SCAN | 1u << COLUMN_PATH |
			 1u << COLUMN_SIZE | 1u << COLUMN_FILES | 1u << COLUMN_DIRS | 1u << COLUMN_ATIME |
			 1u << COLUMN_OWNER | 1u << COLUMN_MATCHING | 1u << COLUMN_MATCHING_FILES;

	if (dir_filter_has_cold(f) || dir_filter_has(f, DIR_MODIFIED_BEFORE) ||
	    dir_filter_has(f, DIR_MODIFIED_AFTER))
		shown |= 1u << COLUMN_MTIME;
	if (opt->question.links)
		shown |= 1u << COLUMN_SEEN_FILES | 1u << COLUMN_SEEN | 1u << COLUMN_FREED_FILES |
			 1u << COLUMN_FREED;
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
	struct render_scan *scans;

	dir_layout_init(&layout, &opt->question, set->count > 1);
	layout.tree = opt->tree;
	if (render_format(&opt->output) == RENDER_TABLE && !opt->output.columns)
		dir_layout_for_table(&layout, table_columns(opt),
				     dir_column_of(opt->question.sort));
	scans = render_scans_of(set);
	opt->output.scans = scans;
	opt->output.scan_count = set->count;
	render_open(&out, &opt->output, "dir-query", layout.columns, layout.count);
	dir_list_start(&list, set, scopes, &opt->question, &layout);
	while (dir_list_next(&list))
		render_row(&out, list.cells);
	dir_list_finish(&list, opt->shared.verbose);
	if (opt->question.want_total)
		render_total(&out, list.cells);
	if (!list.matches)
		render_note(&out, "no directory matches");
	if (out.rows < list.matches && !opt->limit_given)
		render_note_cut(&out, list.matches);
	render_note_links(&out, set, opt->question.count_links);
	render_close(&out);
	render_scans_free(scans, set->count);
	dir_list_release(&list);
	scope_free(scopes, set->count);
}

int main(int argc, char **argv)
{
	struct options opt;
	struct db_reader_set set;

	tool_begin(argv, "dir-query");
	parse_args(&opt, argc, argv);
	db_reader_temp_dir(opt.shared.temp_dir);
	if (opt.list) {
		int status = scan_list_show(opt.list, &opt.output);

		release_options(&opt);
		return status;
	}
	db_reader_open(&set, opt.dbs, opt.db_count, opt.shared.quiet, opt.shared.verbose);
	resolve_names(&opt, &set);
	if (!opt.summary)
		db_reader_require_apart(&set, false, opt.question.want_total ?
					"--total would add them up" : NULL);
	if (opt.summary)
		scan_summary_show(&set, &opt.output);
	else
		answer(&opt, &set);
	db_reader_close(&set);
	release_options(&opt);
	return EXIT_OK;
}
