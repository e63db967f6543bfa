#include "common/audit/audit_child.h"

#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/opts.h"

/* Smaller shares of the memory for those that sort nothing: one in so many. */
#define SMALL_SHARE 16
#define ARGS_MAX 12

struct command {
	const char *args[ARGS_MAX + AUDIT_PARSE_OPTIONS];
	size_t count;
	char *const *logs; /* further arguments, or NULL */
	int in, out, more; /* descriptors; -1: that of this program; `more` stays open as it is */
};

static void add_arg(struct command *cmd, const char *arg)
{
	cmd->args[cmd->count++] = arg;
}

/* The program of that name beside this one. */
static char *program_file(const char *name)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len < 0)
		die_errno("cannot tell where this program is");
	self[len] = '\0';
	return xasprintf("%s/%s", dirname(self), name);
}

static NORETURN void become(const struct command *cmd, const char *file, pid_t parent)
{
	size_t logs = 0, n = 0;
	const char **args;

	if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != parent)
		_exit(EXIT_SYSTEM);
	if ((cmd->in >= 0 && dup2(cmd->in, STDIN_FILENO) < 0) ||
	    (cmd->out >= 0 && dup2(cmd->out, STDOUT_FILENO) < 0) ||
	    (cmd->more >= 0 && fcntl(cmd->more, F_SETFD, 0)))
		_exit(EXIT_SYSTEM);
	while (cmd->logs && cmd->logs[logs])
		logs++;
	args = xcalloc(cmd->count + logs + 1, sizeof(*args));
	for (; n < cmd->count; n++)
		args[n] = cmd->args[n];
	for (size_t i = 0; i < logs; i++)
		args[n++] = cmd->logs[i];
	execv(file, (char *const *)args);
	warn("cannot run %s: %s", file, strerror(errno));
	_exit(EXIT_SYSTEM);
}

static void start(struct audit_children *c, const struct command *cmd)
{
	char *file = program_file(cmd->args[0]);
	pid_t self = getpid(), pid = fork();

	if (pid < 0)
		die_errno("cannot start %s", cmd->args[0]);
	if (!pid) {
		die_forget(c);
		become(cmd, file, self);
	}
	c->names[c->count] = cmd->args[0];
	c->pids[c->count++] = pid;
	free(file);
}

static void make_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC))
		die_errno("cannot make a pipe");
}

static struct command command(const struct audit_log_options *opt, const char *name,
			      const char *memory)
{
	struct command cmd = { .in = -1, .out = -1, .more = -1 };

	add_arg(&cmd, name);
	add_arg(&cmd, "-S");
	add_arg(&cmd, memory);
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
	cmd.out = first;
	cmd.more = second;
	start(c, &cmd);
	free(output);
}

static void start_filter(struct audit_children *c, struct command cmd, int in, int out)
{
	cmd.in = in;
	cmd.out = out;
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
		int status = 0;

		/* One that has failed is on its way out and does not hear this. */
		if (!c->pids[i] || kill(c->pids[i], SIGTERM))
			continue;
		while (waitpid(c->pids[i], &status, 0) < 0 && errno == EINTR)
			;
		system_failed |= WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SYSTEM;
		system_failed |= WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM &&
				 WTERMSIG(status) != SIGPIPE;
	}
	if (system_failed)
		_exit(EXIT_SYSTEM);
}

void audit_children_start(struct audit_children *c, const struct audit_log_options *opt)
{
	char *few = memory_text(opt->memory / SMALL_SHARE);
	char *much = memory_text(opt->memory / 2 - opt->memory / SMALL_SHARE);
	int parsed[2], parsed_too[2], extracted[2], dirs[2], usage[2];
	struct command accum = command(opt, "stats-accum", much);

	*c = (struct audit_children){ .count = 0 };
	die_after(end_children, c);
	make_pipe(parsed);
	make_pipe(parsed_too);
	start_parser(c, opt, few, parsed[1], parsed_too[1]);
	close(parsed[1]);
	close(parsed_too[1]);
	make_pipe(extracted);
	start_filter(c, command(opt, "dir-extract", few), parsed[0], extracted[1]);
	make_pipe(dirs);
	start_filter(c, command(opt, "depth-sort", much), extracted[0], dirs[1]);
	make_pipe(usage);
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
		int status;

		while (waitpid(c->pids[i], &status, 0) < 0) {
			if (errno != EINTR)
				die_errno("cannot wait for %s", c->names[i]);
		}
		c->pids[i] = 0;
		if (!WIFEXITED(status) || WEXITSTATUS(status) == EXIT_SYSTEM)
			die(EXIT_SYSTEM, "%s failed: the log cannot be compared", c->names[i]);
		if (WEXITSTATUS(status))
			die(EXIT_INPUT, "%s failed: the log cannot be compared", c->names[i]);
	}
	die_forget(c);
}
