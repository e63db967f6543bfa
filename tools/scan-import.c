/* SPDX-License-Identifier: MIT */
/*
 * scan-import - a scan log in, a complete database out, in one read of the log.
 *
 * It runs six programs side by side (import_stages.h), in a directory of its own beside the
 * database (import_target.h), and gives the database its name when it is whole and on the disk.
 * What can be known before the work is checked before the work; and again after it, for what only
 * the log itself tells, as one that comes through a pipe.
 *
 * Memory. -S is for all processes together, divided like this (a program's floor is 4M):
 *
 *     gpfs-parse   1/16, at most 32M       while the log is read these five run,
 *     dir-extract  1/32, at most 16M       and their shares add up to -S
 *     dir-load     1/10
 *     depth-sort   half of what is left
 *     stats-accum  half of what is left
 *     stats-load   -S less the share of stats-accum: it starts when the others have ended
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/fd.h"
#include "common/base/file_use.h"
#include "common/base/opts.h"
#include "common/db/db_reader.h"
#include "common/db/db_schema.h"
#include "common/import/import_keep.h"
#include "common/import/import_rejects.h"
#include "common/import/import_stages.h"
#include "common/import/import_summary.h"
#include "common/import/import_watch.h"
#include "common/log/claims.h"
#include "common/parse/log_detect.h"
#include "common/log/log_facts.h"
#include "common/log/log_source.h"
#include "common/log/rejects.h"
#include "common/stream/buckets.h"
#include "common/stream/stream_opts.h"

#define MEMORY_LEAST (32u << 20)  /* bytes */
#define MEMORY_USUAL (1024u << 20)
#define PARSE_MOST (80u << 20)
#define EXTRACT_MOST (16u << 20)

/* Arguments that a program is given as they are; NULL at the end. */
struct passed {
	const char **arg;
	size_t count;
};

struct options {
	struct opts shared;
	const char *db, *filesystem, *source, *format, *rejects, *group_file, *passwd_file, *map_file;
	const char **maps;
	size_t map_count;
	int64_t scan_day; /* DAY_NONE: not given */
	mode_t mode;
	bool replace, if_newer, has_max_age, keep;
	uint64_t max_age, keep_latest; /* days; UINT64_MAX: all */
	struct passed parse, accum, load;
	char **logs;
	size_t log_count;
};

struct import {
	struct options opt;
	double began;
	int watch;             /* for signals */
	int signal;            /* that ended us; 0: none */
	char *name;            /* of the database */
	struct log_facts scan; /* the new one */
	struct import_rejects rejects;
	struct import_target target;
	struct import_stages stages;
};

/* ---- options ---- */

static void pass(struct passed *to, const char *arg)
{
	to->arg = xrealloc_array(to->arg, to->count + 1, sizeof(*to->arg));
	to->arg[to->count++] = arg;
}

static void pass_on(void *to, const struct opt *row, const char *value)
{
	pass(to, xasprintf("--%s", row->name));
	if (value)
		pass(to, value);
}

static void pass_max_rejects(void *to, const struct opt *row, const char *value)
{
	struct reject_limit limit;

	if (!reject_limit_parse(&limit, value))
		opts_wrong(row, value, "a count or a percentage");
	pass_on(to, row, value);
}

static const char *const escapes[] = { "none", "pct", NULL };
static const char *const ages[] = { "atime", "mtime", "newest", NULL };
static const char *const links[] = { "assume", NULL };

static void pass_word(void *to, const struct opt *row, const char *value)
{
	for (size_t i = 0; row->words[i]; i++) {
		if (strcmp(value, row->words[i]) == 0) {
			pass_on(to, row, value);
			return;
		}
	}
	opts_wrong(row, value, "one of the words that --help shows");
}

static void set_keep(void *to, const struct opt *row, const char *value)
{
	struct options *opt = to;

	opt->keep = true;
	opt->keep_latest = UINT64_MAX;
	if (value && (!human_parse_u64(value, 1000000, &opt->keep_latest) || !opt->keep_latest))
		opts_wrong(row, value, "a number from 1");
}

static void set_max_age(void *to, const struct opt *row, const char *value)
{
	struct options *opt = to;

	opt->has_max_age = true;
	if (!human_parse_u64(value, 1000000, &opt->max_age))
		opts_wrong(row, value, "a number of days");
}

static void parse_args(struct options *opt, int argc, char **argv)
{
	static char *stdin_only[] = { "-", NULL };
	struct opts *shared = &opt->shared;
	struct opt rows[] = {
		OPT_HEADING("The database"),
		OPT_TEXT(0, "db", "DB", "the database [FILESYSTEM.db here or in $TREETALLY_DIR]",
			 &opt->db),
		OPT_FLAG(0, "replace", "replace any treetally database, even of a newer scan",
			 &opt->replace),
		OPT_FLAG(0, "if-newer", "do nothing if it holds this scan or a newer one",
			 &opt->if_newer),
		OPT_CALL(0, "keep", "[=N]", "keep the old one as DB.YYYYMMDD; N: only the latest N",
			 set_keep, opt),
		OPT_MODE(0, "mode", "MODE", "mode of new files, octal [0640 less the umask]",
			 &opt->mode),
		OPT_HEADING("The log"),
		OPT_TEXT('f', "filesystem", "NAME", "its file system [as the log's name says]",
			 &opt->filesystem),
		OPT_DATE(0, "scan-date", "DATE", "the day of the scan [as the log's name says]",
			 &opt->scan_day),
		OPT_TEXT(0, "source", "NAME", "name of the log when it comes from stdin",
			 &opt->source),
		OPT_CALL(0, "max-age", "DAYS", "warn if the scan is older", set_max_age, opt),
		OPT_TEXT(0, "format", "FORMAT", "how it is written, or what wrote it [as it shows]",
			 &opt->format),
		OPT_CALL(0, "root", "DIR", "directory of names that are not absolute", pass_on,
			 &opt->parse),
		OPT_CALL(0, "require", "FIELD,...", "fail if it has no size, uid, mtime ...", pass_on,
			 &opt->parse),
		OPT_CALL(0, "block-size", "SIZE", "round lengths up to it if nothing is allocated",
			 pass_on, &opt->parse),
		OPT_CALL_WORDS(0, "escape", "HOW", "how names are written: %s [none]", pass_word, &opt->parse,
			       escapes),
		OPT_CALL(0, "crlf", NULL, "lines end with CR LF", pass_on, &opt->parse),
		OPT_CALL(0, "scan-log", "FILE", "output of mmapplypolicy, to check that nothing is missing",
			 pass_on, &opt->parse),
		OPT_CALL(0, "allow-cut-end", NULL, "accept a log that ends inside a line", pass_on,
			 &opt->parse),
		OPT_TEXT(0, "rejects", "FILE", "keep rejected lines there", &opt->rejects),
		OPT_CALL(0, "max-rejects", "N[%]", "fail if more lines are rejected",
			 pass_max_rejects, &opt->parse),
		OPT_CALL(0, "force", NULL, "accept one log twice, and logs of different scans",
			 pass_on, &opt->parse),
		OPT_HEADING("What the database says"),
		OPT_CALL_WORDS(0, "age-by", "WHICH", "ages count from: %s [atime]", pass_word,
			       &opt->accum, ages),
		OPT_CALL_WORDS(0, "links", "HOW",
			       "%s: by inode, where the log has no counts",
			       pass_word, &opt->accum, links),
		OPT_TEXT(0, "passwd-file", "FILE", "user names from FILE [ask the name service]",
			 &opt->passwd_file),
		OPT_TEXT(0, "group-file", "FILE", "group names from FILE [ask the name service]",
			 &opt->group_file),
		OPT_CALL(0, "no-names", NULL, "store no names", pass_on, &opt->load),
		OPT_LIST(0, "map", "FROM=TO", "show directory FROM as TO; repeatable", &opt->maps,
			 &opt->map_count),
		OPT_TEXT(0, "map-file", "FILE", "the same, a line of FILE each [$TREETALLY_DIR/maps]",
			 &opt->map_file),
		OPT_HEADING("How"),
		OPT_SIZE_FROM('S', "memory", "SIZE", "memory of all programs together [1G; at least 32M]",
			      &shared->memory, MEMORY_LEAST),
		OPT_TEXT('T', "temp-dir", "DIR", "temporary files go here [beside the database]",
			 &shared->temp_dir),
		OPT_NUMBER_IN('j', "threads", "N", "threads of each program [cores, at most 4]",
			      &shared->threads, 1, THREADS_MAX),
		OPT_NUMBER_IN('w', "workers", "N", "the same", &shared->threads, 1, THREADS_MAX),
		OPTS_COMMON(shared),
		OPT_END,
	};
	const struct opts_program program = {
		.synopsis = "[options] [LOG...]", .operand = "LOG",
		.purpose = "Import a scan log into a SQLite database, in one read. Several LOGs are parts\n"
			   "of one scan; without LOG, or for -, stdin is read. -v prints a line for each\n"
			   "phase, -vv also the messages of all programs.",
		.rows = rows, .operands_max = OPERANDS_ANY, .stdin_below = 1,
		.contradictions = (const char *const[]){ "if-newer replace", NULL },
		.about = { stream_opts_about, db_schema_about, log_zstd_about },
	};

	*opt = (struct options){ .scan_day = DAY_NONE, .mode = MODE_NONE };
	opts_init(shared);
	shared->memory = MEMORY_USUAL;
	opt->log_count = opts_parse(&program, argc, argv);
	opt->logs = opt->log_count ? argv + 1 : stdin_only;
	opt->log_count = opt->log_count ? opt->log_count : 1;
}

/* ---- what can be known before the work ---- */

static bool is_stdin(const char *log)
{
	return strcmp(log, "-") == 0;
}

/*
 * File system and date: of the options, else of the first log that tells them. False: what is not
 * known now is not known later.
 */
static bool learn(struct import *run)
{
	const struct options *opt = &run->opt;
	bool all_seen = true;

	if (opt->filesystem)
		run->scan.filesystem = xstrdup(opt->filesystem);
	run->scan.scan_day = opt->scan_day;
	if (opt->filesystem && opt->scan_day != DAY_NONE)
		return true;
	for (size_t i = 0; i < opt->log_count; i++)
		all_seen = log_facts_add(&run->scan, opt->logs[i], opt->source) && all_seen;
	return !all_seen;
}

static void check_operands(const struct options *opt)
{
	size_t from_stdin = 0;

	for (size_t i = 0; i < opt->log_count; i++) {
		from_stdin += is_stdin(opt->logs[i]);
		log_source_check(opt->logs[i]);
	}
	if (from_stdin > 1)
		opts_die("standard input can be read only once");
	if (from_stdin && isatty(STDIN_FILENO))
		opts_die("stdin is a terminal; give a LOG");
	if (opt->source && opt->log_count > 1)
		opts_die("--source names one log, and there are %zu", opt->log_count);
	if (opt->filesystem && !claims_valid_filesystem(opt->filesystem))
		opts_die("--filesystem: '%s': a name must not be empty, start with a dot, or hold a "
			 "slash or control characters", opt->filesystem);
	if (opt->shared.temp_dir && access(opt->shared.temp_dir, W_OK | X_OK))
		die_errno("cannot use temporary directory %s", opt->shared.temp_dir);
	if (opt->passwd_file && access(opt->passwd_file, R_OK))
		die_errno("cannot open %s", opt->passwd_file);
	if (opt->group_file && access(opt->group_file, R_OK))
		die_errno("cannot open %s", opt->group_file);
	if (opt->db && !*opt->db)
		opts_die("--db: the name is empty");
}

/* The file of the site, unless another one was given; and what it says, while nothing is lost. */
static void check_maps(struct options *opt)
{
	const char *dir = getenv("TREETALLY_DIR");
	struct path_maps maps = { 0 };
	struct stat st;

	if (!opt->map_file && dir && *dir) {
		char *file = xasprintf("%s/maps", dir);

		if (access(file, F_OK) && errno == ENOENT)
			free(file);
		else
			opt->map_file = file;
	}
	/* A pipe can be read only once. */
	path_maps_read(&maps, opt->maps, opt->map_count,
		       opt->map_file && (stat(opt->map_file, &st) || S_ISREG(st.st_mode)) ?
		       opt->map_file : NULL);
	path_maps_release(&maps);
}

static char *name_database(const struct import *run)
{
	const char *dir = getenv("TREETALLY_DIR");

	if (run->opt.db)
		return db_reader_file(run->opt.db);
	if (!run->scan.filesystem)
		opts_die("the log's name does not tell the file system: give --db or --filesystem");
	if (dir && *dir)
		return xasprintf("%s/%s.db", dir, run->scan.filesystem);
	return xasprintf("%s.db", run->scan.filesystem);
}

/* Programs that we start see a part of these each, none of them all. */
static void register_files(const struct import *run)
{
	const struct options *opt = &run->opt;

	file_use_name(FILE_DATABASE, run->name, run->target.file);
	if (opt->passwd_file)
		file_use_name(FILE_INPUT, opt->passwd_file, NULL);
	if (opt->group_file)
		file_use_name(FILE_INPUT, opt->group_file, NULL);
	if (opt->map_file)
		file_use_name(FILE_INPUT, opt->map_file, NULL);
}

/* ---- what can only be known in the end is asked again then ---- */

static void warn_of_age(const struct import *run)
{
	int64_t days = time(NULL) / SECONDS_PER_DAY - run->scan.scan_day;
	char date[DATE_TEXT_SIZE];

	if (run->opt.has_max_age && run->scan.scan_day != DAY_NONE && days > (int64_t)run->opt.max_age)
		warn("%s: the log is of %s, %lld days ago", run->name,
		     scantime_date_text(date, run->scan.scan_day), (long long)days);
}

/* True: the import may go on; false: there is nothing to do. */
static bool may_go_on(const struct import *run)
{
	const struct import_target *t = &run->target;
	char date[DATE_TEXT_SIZE];

	if (run->opt.replace)
		return true;
	if (run->opt.if_newer && t->old.state == DB_COMPLETE && run->scan.scan_day != DAY_NONE &&
	    run->scan.scan_day <= t->old.scan_day) {
		import_target_may_replace(t, run->scan.filesystem, DAY_NONE);
		if (!run->opt.shared.quiet)
			warn("%s: holds the scan of %s; nothing to do", run->name,
			     scantime_date_text(date, t->old.scan_day));
		return false;
	}
	import_target_may_replace(t, run->scan.filesystem, run->scan.scan_day);
	return true;
}

/* ---- the programs ---- */

/* `bytes`, but not below the floor of a program nor above `most`. */
static uint64_t bounded(uint64_t bytes, uint64_t most)
{
	bytes = bytes < most ? bytes : most;
	return bytes < MEMORY_FLOOR ? MEMORY_FLOOR : bytes;
}

static void divide_memory(uint64_t all, uint64_t share[IMPORT_STAGES])
{
	share[STAGE_PARSE] = bounded(all / 12, PARSE_MOST);
	share[STAGE_EXTRACT] = bounded(all / 32, EXTRACT_MOST);
	share[STAGE_DIRS] = bounded(all / 10, all);
	share[STAGE_SORT] = (all - share[STAGE_PARSE] - share[STAGE_EXTRACT] - share[STAGE_DIRS]) / 2;
	share[STAGE_ACCUM] = share[STAGE_SORT];
	share[STAGE_STATS] = all - share[STAGE_ACCUM];
}

static void add(struct import *run, enum import_stage stage, const char *option, const char *value)
{
	if (!value)
		return;
	if (option)
		import_stages_add(&run->stages, stage, option);
	import_stages_add(&run->stages, stage, value);
}

static void add_passed(struct import *run, enum import_stage stage, const struct passed *passed)
{
	for (size_t i = 0; i < passed->count; i++)
		add(run, stage, NULL, passed->arg[i]);
}

static void add_common(struct import *run)
{
	const struct opts *shared = &run->opt.shared;
	uint64_t share[IMPORT_STAGES];

	divide_memory(shared->memory, share);
	for (enum import_stage i = 0; i < IMPORT_STAGES; i++) {
		add(run, i, "-j", xasprintf("%" PRIu64, shared->threads));
		add(run, i, "-S", xasprintf("%" PRIu64, share[i]));
		add(run, i, "-T", shared->temp_dir ? shared->temp_dir : run->target.work);
		add(run, i, NULL, shared->quiet ? "-q" : NULL);
		add(run, i, NULL, shared->verbose > 1 ? "-v" : NULL);
	}
}

static void add_own(struct import *run)
{
	const struct options *opt = &run->opt;
	char date[DATE_TEXT_SIZE];

	add(run, STAGE_PARSE, "-f", opt->filesystem);
	if (opt->scan_day != DAY_NONE)
		add(run, STAGE_PARSE, "--scan-date", xstrdup(scantime_date_text(date, opt->scan_day)));
	add(run, STAGE_PARSE, "--source", opt->source);
	add(run, STAGE_PARSE, "--format", opt->format);
	add(run, STAGE_PARSE, "--rejects", run->rejects.write_to);
	if (opt->mode != MODE_NONE)
		add(run, STAGE_PARSE, "--mode", xasprintf("%03o", opt->mode));
	add_passed(run, STAGE_PARSE, &opt->parse);
	add(run, STAGE_PARSE, NULL, "--");
	for (size_t i = 0; i < opt->log_count; i++)
		add(run, STAGE_PARSE, NULL, opt->logs[i]);
	add_passed(run, STAGE_ACCUM, &opt->accum);
	add(run, STAGE_DIRS, "--", run->target.made);
	add(run, STAGE_STATS, "--passwd-file", opt->passwd_file);
	add(run, STAGE_STATS, "--group-file", opt->group_file);
	for (size_t i = 0; i < opt->map_count; i++)
		add(run, STAGE_STATS, "--map", opt->maps[i]);
	add(run, STAGE_STATS, "--map-file", opt->map_file);
	add_passed(run, STAGE_STATS, &opt->load);
	add(run, STAGE_STATS, "--", run->target.made);
}

/* The format decides, or what the first log shows. */
static const char *choose_parser(const struct options *opt)
{
	bool is_list = opt->format && strcmp(opt->format, "auto") ?
		       log_format_is_list(opt->format) : log_is_list(opt->logs[0]);

	return is_list ? "list-parse" : "gpfs-parse";
}

static void set_up_stages(struct import *run)
{
	const struct opts *shared = &run->opt.shared;
	const char *terminal = getenv("TERM");
	bool paint = !shared->quiet && isatty(STDERR_FILENO) &&
		     !(terminal && strcmp(terminal, "dumb") == 0);

	import_progress_init(&run->stages.progress, choose_parser(&run->opt), paint, shared->verbose);
	run->stages.talkative = shared->verbose > 1;
	run->stages.watch = run->watch;
	import_stages_init(&run->stages, paint || shared->verbose);
}

/* ---- from start to end ---- */

/* The last cleanup: a signal that ended us is what others should see. */
static void die_of_signal(void *arg)
{
	const struct import *run = arg;
	sigset_t set;

	if (!run->signal)
		return;
	sigemptyset(&set);
	sigaddset(&set, run->signal);
	signal(run->signal, SIG_DFL);
	raise(run->signal);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void heed(struct import *run, int signal)
{
	if (!signal)
		return;
	run->signal = signal;
	import_progress_clear(&run->stages.progress);
	die((enum exit_status)(128 + signal), "ended by signal %d (%s); %s", signal, strsignal(signal),
	    run->target.fate);
}

static void blame(const struct import *run, int stage)
{
	int status = run->stages.child[stage].status;

	die((enum exit_status)(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status)),
	    "%s %s; %s", run->stages.progress.program[stage], process_failure(status), run->target.fate);
}

static void run_stages(struct import *run)
{
	int stage;

	add_common(run);
	add_own(run);
	heed(run, import_stages_run(&run->stages));
	stage = import_stages_blamed(&run->stages);
	if (run->opt.shared.verbose)
		import_progress_times(&run->stages.progress);
	if (stage >= 0)
		blame(run, stage);
}

/* All that is known now about the new one, which is whole. False: it is not wanted. */
static bool judge(struct import *run, struct import_summary *summary)
{
	bool knew = run->scan.scan_day != DAY_NONE;

	import_target_look(&run->target);
	import_summary_read(summary, run->target.made, import_now() - run->began);
	free(run->scan.filesystem);
	run->scan.filesystem = summary->filesystem ? xstrdup(summary->filesystem) : xstrdup("");
	run->scan.scan_day = summary->scan_day;
	if (!knew)
		warn_of_age(run);
	heed(run, import_watch_next(run->watch));
	return may_go_on(run);
}

/* Each line is a message of its own: a LF within one would be shown as \012. */
static void show_summary(const char *name, struct import_summary *summary)
{
	char *rest, *line;

	warn("%s: done", name);
	buf_add_char(&summary->text, '\0');
	rest = (char *)summary->text.data;
	while ((line = strsep(&rest, "\n")) && *line)
		fprintf(stderr, "%s\n", line);
}

static void put_in_place(struct import *run, struct import_summary *summary)
{
	const struct options *opt = &run->opt;
	bool exact = opt->mode != MODE_NONE;

	if (opt->keep)
		import_keep_old(&run->target);
	import_target_publish(&run->target, exact ? opt->mode : 0, exact, opt->shared.quiet);
	import_rejects_publish(&run->rejects, run->target.fate);
	if (opt->keep)
		import_keep_latest(&run->target, opt->keep_latest);
	if (!opt->shared.quiet)
		show_summary(run->name, summary);
}

int main(int argc, char **argv)
{
	static struct import run; /* arguments of programs are needed to the end, and freed by nobody */
	struct import_summary summary;
	bool may_learn;

	tool_begin(argv, "scan-import");
	run.began = import_now();
	parse_args(&run.opt, argc, argv);
	check_operands(&run.opt);
	check_maps(&run.opt);
	may_learn = learn(&run);
	run.name = name_database(&run);
	if (run.scan.scan_day == DAY_NONE && !may_learn)
		opts_die("the log's name does not tell the day of the scan: give --scan-date");
	import_target_open(&run.target, run.name);
	register_files(&run);
	import_rejects_place(&run.rejects, run.opt.rejects);
	run.watch = import_watch();
	die_after(die_of_signal, &run);
	set_up_stages(&run);
	import_target_lock(&run.target);
	import_target_look(&run.target);
	warn_of_age(&run);
	heed(&run, import_watch_next(run.watch));
	if (may_go_on(&run)) {
		run_stages(&run);
		if (judge(&run, &summary))
			put_in_place(&run, &summary);
		import_summary_release(&summary);
	}
	import_target_release(&run.target);
	return EXIT_OK;
}
