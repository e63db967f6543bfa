/* SPDX-License-Identifier: MIT */
#include "common/base/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Those that our parent left open are not for our children. */
static void keep_descriptors_to_us(void)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		int fd = (int)strtol(entry->d_name, NULL, 10);

		if (fd > STDERR_FILENO)
			(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	if (dir)
		closedir(dir);
}

bool process_keep_only(int keep)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (null < 0 || !dir)
		return false;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (dup2(null, fd) < 0)
			return false;
	}
	while ((entry = readdir(dir))) {
		int fd = (int)strtol(entry->d_name, NULL, 10);

		if (fd > STDERR_FILENO && fd != keep && fd != dirfd(dir))
			close(fd);
	}
	closedir(dir);
	return true;
}

/* The variable of this name with its value; NULL: it is not set. */
static const char *variable(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; environ && environ[i]; i++) {
		if (strncmp(environ[i], name, len) == 0 && environ[i][len] == '=')
			return environ[i];
	}
	return NULL;
}

/* An array that the caller frees, of strings that are shared. */
static const char **make_environment(const char *const *wanted)
{
	size_t count = 0, n = 0;
	const char **made;

	while (wanted[count])
		count++;
	made = xcalloc(count + 1, sizeof(*made));
	for (size_t i = 0; i < count; i++) {
		made[n] = strchr(wanted[i], '=') ? wanted[i] : variable(wanted[i]);
		n += made[n] != NULL;
	}
	return made;
}

/* In the child. False with errno when there is no sense in going on. */
static bool settle(pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	if (signal(SIGTERM, SIG_DFL) == SIG_ERR || sigprocmask(SIG_SETMASK, &none, NULL) ||
	    prctl(PR_SET_PDEATHSIG, SIGTERM))
		return false;
	errno = ESRCH;
	return getppid() == parent;
}

/* dup2 leaves a descriptor that is in its place already as it is. */
static bool place(int from, int to)
{
	return !from || from == to || dup2(from, to) >= 0;
}

static bool give_descriptors(const struct process_options *o)
{
	for (size_t i = 0; i < PROCESS_KEEP_MAX && o->keep[i]; i++) {
		if (fcntl(o->keep[i], F_SETFD, 0))
			return false;
	}
	return place(o->in, STDIN_FILENO) && place(o->out, STDOUT_FILENO) &&
	       place(o->err, STDERR_FILENO);
}

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* True when it has ended; without `wait`, it may also be at work. */
static bool collect(struct process *p, int *status, bool wait)
{
	pid_t ended;

	do
		ended = waitpid(p->pid, status, wait ? 0 : WNOHANG);
	while (ended < 0 && errno == EINTR);
	if (ended < 0)
		die_errno("cannot wait for %s", p->name);
	if (ended)
		p->pid = 0;
	return ended;
}

/*
 * In PATH, unless the name has a slash; NULL: it is not there. execvp(3) would say "permission
 * denied" of a program that is nowhere, when a directory before it cannot be searched.
 */
static char *find_program(const char *name)
{
	const char *at = getenv("PATH"), *end;
	struct stat st;

	if (strchr(name, '/'))
		return xstrdup(name);
	for (at = at ? at : "/usr/bin:/bin";; at = end + 1) {
		char *file;

		end = strchrnul(at, ':');
		file = xasprintf("%.*s%s%s", (int)(end - at), at, end > at ? "/" : "", name);
		if (stat(file, &st) == 0 && S_ISREG(st.st_mode) && access(file, X_OK) == 0)
			return file;
		free(file);
		if (!*end)
			return NULL;
	}
}

/*
 * Until the child runs the program, it uses our memory and we wait: so it can say what failed. Not
 * inlined, for what a caller has in registers is not safe across vfork.
 */
static __attribute__((noinline)) pid_t run(const char *file, const struct process_options *o,
					   char *const *environment, volatile int *err)
{
	pid_t parent = getpid(), pid = vfork();

	if (pid)
		return pid;
	if (settle(parent) && give_descriptors(o))
		execve(file, (char *const *)o->argv, environment);
	*err = errno;
	_exit(EXIT_SYSTEM);
}

bool process_start(struct process *p, const struct process_options *o)
{
	const char **environment = o->environment ? make_environment(o->environment) : NULL;
	char *file = find_program(o->argv[0]);
	volatile int err = 0;
	int status;

	*p = (struct process){ .name = last_component(o->argv[0]) };
	if (file) {
		keep_descriptors_to_us();
		p->pid = run(file, o, environment ? (char *const *)environment : environ, &err);
	} else {
		err = ENOENT;
	}
	if (p->pid < 0)
		die_errno("cannot start %s", p->name);
	free(environment);
	free(file);
	if (err && p->pid)
		collect(p, &status, true);
	errno = err;
	if (err && err != ENOENT)
		die_errno("cannot run %s", o->argv[0]);
	return !err;
}

void process_fork(struct process *p, const char *name, void (*child)(void *arg), void *arg)
{
	pid_t self = getpid();

	p->name = name;
	p->pid = fork();
	if (p->pid < 0)
		die_errno("cannot start a process for %s", name);
	if (p->pid)
		return;
	die_forget_all();
	if (!settle(self))
		quit(EXIT_SYSTEM);
	child(arg);
	bug("a child has come back");
}

char *process_beside(const char *name)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len < 0)
		die_errno("cannot tell where this program is");
	self[len] = '\0';
	return xasprintf("%s/%s", dirname(self), name);
}

int process_wait(struct process *p)
{
	int status = 0;

	if (p->pid)
		collect(p, &status, true);
	return status;
}

bool process_ended(struct process *p, int *status)
{
	return p->pid && collect(p, status, false);
}

void process_signal(struct process *p, int signal)
{
	if (p->pid)
		kill(p->pid, signal);
}

char *process_failure(int status)
{
	if (WIFSIGNALED(status))
		return xasprintf("was killed by signal %d (%s)", WTERMSIG(status),
				 strsignal(WTERMSIG(status)));
	return xasprintf("failed with status %d", WEXITSTATUS(status));
}

int process_watch(const int *signals)
{
	sigset_t set;
	int watch;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (; *signals; signals++)
		sigaddset(&set, *signals);
	sigprocmask(SIG_BLOCK, &set, NULL);
	watch = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (watch < 0)
		die_errno("cannot watch child processes");
	return watch;
}

int process_watch_next(int watch)
{
	struct signalfd_siginfo info;

	return read(watch, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}
