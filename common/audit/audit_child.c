#include "common/audit/audit_child.h"

#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/fd.h"
#include "common/base/opts.h"

/* Smaller shares of the memory for those that sort nothing: one in so many. */
#define SMALL_SHARE 16
#define ARGS_MAX 16

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

static void start(struct audit_children *c, struct command *cmd)
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

/* gpfs-parse gives the same bytes to standard output and to `second`. */
static void start_parser(struct audit_children *c, const struct audit_log_options *opt,
			 const char *memory, int first, int second)
{
	struct command cmd = command(opt, "gpfs-parse", memory);
	char *output = xasprintf("/dev/fd/%d", second);

	add_arg(&cmd, "-q");
	add_arg(&cmd, "--max-rejects=100%");
	if (opt->filesystem) {
		add_arg(&cmd, "-f");
		add_arg(&cmd, opt->filesystem);
	}
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

static void start_filter(struct audit_children *c, struct command cmd, int in, int out)
{
	cmd.process.in = in;
	cmd.process.out = out;
	start(c, &cmd);
	close(in);
	close(out);
}

/*
 * When we die of what a child gave or did not give, the system may be to blame, not the log: a child
 * that failed for that reason has said so, and its status is ours.
 */
static void end_children(void *arg)
{
	struct audit_children *c = arg;
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

void audit_children_start(struct audit_children *c, const struct audit_log_options *opt)
{
	char *few = memory_text(opt->memory / SMALL_SHARE);
	char *much = memory_text(opt->memory / 2 - opt->memory / SMALL_SHARE);
	int parsed[2], parsed_too[2], extracted[2], dirs[2], usage[2];
	struct command accum = command(opt, "stats-accum", much);

	*c = (struct audit_children){ .count = 0 };
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

void audit_children_wait(struct audit_children *c)
{
	for (size_t i = 0; i < c->count; i++) {
		int status = process_wait(&c->processes[i]);
		bool input = WIFEXITED(status) && WEXITSTATUS(status) != EXIT_SYSTEM;

		if (status)
			die(input ? EXIT_INPUT : EXIT_SYSTEM, "%s failed: the log cannot be compared",
			    c->processes[i].name);
	}
	die_forget(c);
}
