/* SPDX-License-Identifier: MIT */
#include "common/audit/audit_log.h"

#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/audit/audit_link_set.h"
#include "common/audit/audit_tables.h"
#include "common/base/fd.h"
#include "common/base/opts.h"
#include "common/base/path.h"
#include "common/base/process.h"
#include "common/stream/tree_in.h"

/* ---- the programs that read the log ---- */

#define CHILDREN 4

struct children {
	struct process processes[CHILDREN];
	size_t count;
	int dirs, usage; /* where to read from */
};

/* Programs that sort nothing get this part of the memory: a sixteenth. */
#define SMALL_SHARE 16
#define ARGS_MAX 24

struct command {
	const char *args[ARGS_MAX + AUDIT_PARSE_OPTIONS];
	size_t count;
	const char *const *logs; /* further arguments, or NULL */
	struct process_options process;
};

static void add_arg(struct command *cmd, const char *arg)
{
	cmd->args[cmd->count++] = arg;
}

static void start(struct children *c, struct command *cmd)
{
	size_t logs = 0, n = 0;
	const char **args;

	while (cmd->logs && cmd->logs[logs])
		logs++;
	args = xcalloc(cmd->count + logs + 1, sizeof(*args));
	args[n++] = process_beside(cmd->args[0]);
	for (; n < cmd->count; n++)
		args[n] = cmd->args[n];
	for (size_t i = 0; i < logs; i++)
		args[n++] = cmd->logs[i];
	cmd->process.argv = args;
	if (!process_start(&c->processes[c->count], &cmd->process))
		die_errno("cannot run %s", args[0]);
	c->processes[c->count++].name = cmd->args[0];
	free((char *)args[0]);
	free(args);
}

static struct command command(const struct audit_log_options *opt, const char *name,
			      const char *memory)
{
	struct command cmd = { .count = 0 };

	add_arg(&cmd, name);
	add_arg(&cmd, "-S");
	add_arg(&cmd, memory);
	add_arg(&cmd, "-j");
	add_arg(&cmd, opt->threads);
	if (opt->temp_dir) {
		add_arg(&cmd, "-T");
		add_arg(&cmd, opt->temp_dir);
	}
	return cmd;
}

static char *memory_text(uint64_t bytes)
{
	return xasprintf("%" PRIu64, bytes < MEMORY_FLOOR ? MEMORY_FLOOR : bytes);
}

/* The parser gives the same bytes to standard output and to `second`. */
static void start_parser(struct children *c, const struct audit_log_options *opt,
			 const char *memory, int first, int second)
{
	struct command cmd = command(opt, opt->parser, memory);
	char *output = xasprintf("/dev/fd/%d", second);

	add_arg(&cmd, "-q");
	add_arg(&cmd, "--max-rejects=100%");
	if (opt->filesystem) {
		add_arg(&cmd, "-f");
		add_arg(&cmd, opt->filesystem);
	}
	if (opt->format) {
		add_arg(&cmd, "--format");
		add_arg(&cmd, opt->format);
	}
	add_arg(&cmd, "--scan-date");
	add_arg(&cmd, opt->scan_date);
	for (size_t i = 0; opt->parse[i]; i++)
		add_arg(&cmd, opt->parse[i]);
	add_arg(&cmd, "-o-");
	add_arg(&cmd, "-o");
	add_arg(&cmd, output);
	add_arg(&cmd, "--");
	cmd.logs = opt->logs;
	cmd.process.out = first;
	cmd.process.keep[0] = second;
	start(c, &cmd);
	free(output);
}

static void start_filter(struct children *c, struct command cmd, int in, int out)
{
	cmd.process.in = in;
	cmd.process.out = out;
	start(c, &cmd);
	close(in);
	close(out);
}

/*
 * When we die of what a child gave or did not give, the system may be to blame, not the log: a
 * child that failed for that reason has said so, and its status is ours.
 */
static void end_children(void *arg)
{
	struct children *c = arg;
	bool system_failed = false;

	for (size_t i = 0; i < c->count; i++) {
		int status;

		/* One that has failed is on its way out and does not hear this. */
		process_signal(&c->processes[i], SIGTERM);
		status = process_wait(&c->processes[i]);
		system_failed |= WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SYSTEM;
		system_failed |= WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM &&
				 WTERMSIG(status) != SIGPIPE;
	}
	if (system_failed)
		quit(EXIT_SYSTEM);
}

static void start_children(struct children *c, const struct audit_log_options *opt)
{
	char *few = memory_text(opt->memory / SMALL_SHARE);
	char *much = memory_text(opt->memory / 2 - opt->memory / SMALL_SHARE);
	int parsed[2], parsed_too[2], extracted[2], dirs[2], usage[2];
	struct command accum = command(opt, "stats-accum", much);

	*c = (struct children){ .count = 0 };
	die_after(end_children, c);
	fd_pipe(parsed);
	fd_pipe(parsed_too);
	start_parser(c, opt, few, parsed[1], parsed_too[1]);
	close(parsed[1]);
	close(parsed_too[1]);
	fd_pipe(extracted);
	start_filter(c, command(opt, "dir-extract", few), parsed[0], extracted[1]);
	fd_pipe(dirs);
	start_filter(c, command(opt, "depth-sort", much), extracted[0], dirs[1]);
	fd_pipe(usage);
	add_arg(&accum, "--age-by");
	add_arg(&accum, opt->age_by);
	add_arg(&accum, "--scan-date");
	add_arg(&accum, opt->scan_date);
	start_filter(c, accum, parsed_too[0], usage[1]);
	c->dirs = dirs[0];
	c->usage = usage[0];
	free(few);
	free(much);
}

/* Dies unless all of them have ended with status 0: 4 if that is the status of one, else 3. */
static void wait_for_children(struct children *c)
{
	for (size_t i = 0; i < c->count; i++) {
		int status = process_wait(&c->processes[i]);
		bool input = WIFEXITED(status) && WEXITSTATUS(status) != EXIT_SYSTEM;

		if (status)
			die(input ? EXIT_INPUT : EXIT_SYSTEM,
			    "%s failed: the log cannot be compared", c->processes[i].name);
	}
	die_forget(c);
}

/* ---- the tables beside what they give ---- */

struct audit_log {
	struct db *db;
	struct tree_in dirs, usage;               /* of the log */
	bool have_dir, have_usage;                /* they have a current record */
	struct audit_rows rows, stats, usage_nr;  /* of the database */
	struct buf path;                          /* of the current row, memory form */
	int64_t depth;
	struct audit_link_set links;              /* of the log */
	uint64_t link_rows;
};

static void open_stream(struct tree_in *in, enum rec_kind kind, int fd)
{
	const struct stream_in_options opt = { .kind = kind };
	char *name = xasprintf("/dev/fd/%d", fd);

	tree_in_open(in, name, &opt);
	close(fd);
	free(name);
}

#define TIMES(X) X(max_atime_nr) X(max_mtime_nr)
#define TIME_ID(name) TIME_##name,
enum { TIME_dir_id, TIMES(TIME_ID) };

static void open_all(struct audit_log *a, struct children *children)
{
	open_stream(&a->dirs, KIND_DIR, children->dirs);
	open_stream(&a->usage, KIND_USAGE, children->usage);
	a->have_dir = tree_in_next(&a->dirs);
	a->have_usage = tree_in_next(&a->usage);
	audit_rows_open(&a->rows, a->db, "directories",
			AUDIT_SELECT(AUDIT_DIRECTORIES, "directories ORDER BY dir_id"));
	audit_rows_open(&a->stats, a->db, "directory_stats",
			AUDIT_SELECT(TIMES, "directory_stats ORDER BY dir_id"));
	audit_rows_open(&a->usage_nr, a->db, "usage_nr",
			AUDIT_SELECT(AUDIT_USAGE, "usage_nr ORDER BY dir_id, uid, gid,"
						  " age_bucket, size_bucket"));
}

static void follow_path(struct audit_log *a)
{
	int64_t depth = sqlite3_column_int64(a->rows.select, AUDIT_DIR_depth);

	for (; a->depth >= depth && a->path.len; a->depth--)
		a->path.len = path_parent((char *)a->path.data, a->path.len);
	a->depth = depth;
	if (!depth)
		return;
	buf_add_char(&a->path, '\0');
	buf_add(&a->path, sqlite3_column_blob(a->rows.select, AUDIT_DIR_name),
		(size_t)sqlite3_column_bytes(a->rows.select, AUDIT_DIR_name));
}

/* Is the current record of a stream about the current directory? An earlier one is not here. */
static bool is_here(struct audit_log *a, const struct tree_in *in, bool have)
{
	int order;

	if (!have)
		return false;
	order = path_compare(in->path.data, in->path.len, a->path.data, a->path.len);
	if (order < 0)
		audit_lie(a->db, 0, "%s is in the log, but not here",
			  path_for_message((char *)in->path.data, in->path.len));
	return order == 0;
}

/* ---- a directory's own line ---- */

static void compare_line(struct audit_log *a, const struct inode_line *line)
{
	const int64_t should[] = {
		(int64_t)line->inode, (int64_t)line->generation, line->uid, line->gid, line->mode,
		(int64_t)line->allocated,
	};

	for (int i = 0; i < 6; i++) {
		char what[40];

		snprintf(what, sizeof(what), "%s in directories",
			 sqlite3_column_name(a->rows.select, AUDIT_DIR_inode + i));
		audit_number(a->db, a->rows.dir_id, what,
			     audit_cell(&a->rows, AUDIT_DIR_inode + i, INT64_MIN, INT64_MAX),
			     should[i]);
	}
}

static void compare_directory(struct audit_log *a)
{
	bool has_line = sqlite3_column_type(a->rows.select, AUDIT_DIR_inode) != SQLITE_NULL;
	bool here = is_here(a, &a->dirs, a->have_dir);

	if (here && a->dirs.line && !has_line)
		audit_lie(a->db, a->rows.dir_id, "has a line in the log, but none here");
	if (here && a->dirs.line)
		compare_line(a, a->dirs.line);
	else if (has_line)
		audit_lie(a->db, a->rows.dir_id, "has a line here, but none in the log");
	if (here)
		a->have_dir = tree_in_next(&a->dirs);
}

/* ---- the files directly in it ---- */

static void compare_row(struct audit_log *a)
{
	const struct usage_key *key = &a->usage.key;
	const struct sums *sums = &a->usage.usage.sums;
	const int64_t should[] = {
		key->uid, key->gid, key->age_bucket, key->size_bucket, sums->files,
		sums->allocated, sums->apparent,
	};

	if (!a->usage_nr.have || a->usage_nr.dir_id != a->rows.dir_id)
		audit_lie(a->db, a->rows.dir_id,
			  "usage_nr has fewer rows than the log gives: none for uid %" PRIu32
			  ", gid %" PRIu32,
			  key->uid, key->gid);
	for (int i = 0; i < 7; i++) {
		char what[40];

		snprintf(what, sizeof(what), "usage_nr: uid %" PRIu32 ": %s", key->uid,
			 sqlite3_column_name(a->usage_nr.select, AUDIT_USAGE_uid + i));
		audit_number(a->db, a->rows.dir_id, what,
			     audit_cell(&a->usage_nr, AUDIT_USAGE_uid + i, 0, INT64_MAX),
			     should[i]);
	}
}

static void compare_time(struct audit_log *a, int column, int64_t should)
{
	audit_number(a->db, a->rows.dir_id, sqlite3_column_name(a->stats.select, column),
		     audit_cell_or_null(&a->stats, column, INT64_MIN + 1, INT64_MAX), should);
}

static bool next_of_directory(struct audit_log *a)
{
	a->have_usage = tree_in_next(&a->usage);
	return a->have_usage && a->usage.same_path;
}

static void compare_usage(struct audit_log *a)
{
	int64_t atime = AUDIT_NULL, mtime = AUDIT_NULL;
	bool more = is_here(a, &a->usage, a->have_usage);

	for (; more; more = next_of_directory(a)) {
		if (a->usage.is_link) {
			audit_link_set_add(&a->links, a->rows.dir_id, &a->usage.link,
					   a->usage.name.data, a->usage.name.len);
			a->link_rows++;
			continue;
		}
		compare_row(a);
		atime = a->usage.usage.max_atime > atime ? a->usage.usage.max_atime : atime;
		mtime = a->usage.usage.max_mtime > mtime ? a->usage.usage.max_mtime : mtime;
		audit_rows_next(&a->usage_nr);
	}
	if (a->usage_nr.have && a->usage_nr.dir_id == a->rows.dir_id)
		audit_lie(a->db, a->rows.dir_id,
			  "usage_nr has a row that the log does not give, for uid %" PRId64,
			  audit_cell(&a->usage_nr, AUDIT_USAGE_uid, 0, INT64_MAX));
	compare_time(a, TIME_max_atime_nr, atime);
	compare_time(a, TIME_max_mtime_nr, mtime);
	audit_rows_next(&a->stats);
}

/* ---- the accounts ---- */

static void compare_ledger(struct audit_log *a)
{
	const struct tally *sum = &a->dirs.stream.ledger.sum;
	char should[DIGEST_TEXT_SIZE], what[80];
	sqlite3_stmt *select;

	for (int i = 0; i < LEDGER_COUNTS; i++) {
		const char *name = ledger_count_columns[i];

		snprintf(what, sizeof(what), "scan_metadata: %s", name);
		audit_number(a->db, 0, what, audit_metadata(a->db, name), (int64_t)sum->count[i]);
	}
	select = db_prepare(a->db, "SELECT digest FROM scan_metadata");
	if (!db_step(a->db, select) || strcmp((const char *)sqlite3_column_text(select, 0),
					      digest_text(should, sum->digest)))
		audit_lie(a->db, 0, "scan_metadata: digest is not that of the log, %s", should);
	sqlite3_finalize(select);
	select = db_prepare(a->db, "SELECT lines FROM scan_rejects WHERE reason = ?");
	for (int i = 0; i < REJECT_REASONS; i++) {
		db_bind_name(a->db, select, 1, reject_names[i], strlen(reject_names[i]));
		snprintf(what, sizeof(what), "scan_rejects: %s: lines", reject_names[i]);
		audit_number(a->db, 0, what,
			     db_step(a->db, select) ? sqlite3_column_int64(select, 0) : 0,
			     (int64_t)sum->rejects[i]);
		sqlite3_reset(select);
	}
	sqlite3_finalize(select);
}

static void require_all_compared(struct audit_log *a)
{
	const struct tree_in *left = a->have_dir ? &a->dirs : a->have_usage ? &a->usage : NULL;

	if (left)
		audit_lie(a->db, 0, "%s is in the log, but not here",
			  path_for_message((char *)left->path.data, left->path.len));
	audit_rows_close(&a->rows);
	audit_rows_close(&a->stats);
	audit_rows_close(&a->usage_nr);
}

void audit_log_check(struct db *db, const struct audit_log_options *opt,
		     struct audit_log_counts *counts)
{
	struct audit_log a = { .db = db };
	struct children children;

	audit_link_set_init(&a.links);
	start_children(&children, opt);
	open_all(&a, &children);
	for (; a.rows.have; audit_rows_next(&a.rows)) {
		follow_path(&a);
		compare_directory(&a);
		compare_usage(&a);
	}
	require_all_compared(&a);
	audit_link_set_compare(&a.links, db);
	compare_ledger(&a);
	wait_for_children(&children);
	counts->directories = a.dirs.records;
	counts->usage = a.usage.records - a.link_rows;
	counts->links = a.link_rows;
	counts->lines = (int64_t)a.dirs.stream.ledger.sum.count[COUNT_LINES];
	tree_in_close(&a.dirs);
	tree_in_close(&a.usage);
	buf_release(&a.path);
}
