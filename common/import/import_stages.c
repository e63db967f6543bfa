/* SPDX-License-Identifier: MIT */
#include "common/import/import_stages.h"

#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/fd.h"

#define GRACE 2.0      /* seconds that the others get to end by themselves when one has failed */
#define PATIENCE 10.0  /* then to heed SIGTERM */
#define HELD_BACK 2.0  /* see the header */
#define TOGETHER 20000000 /* ns in which one failure may be the cause of another */
#define LOOK_EVERY 500 /* ms; nothing is missed in between, but the line is painted */
#define HELD_MAX (64u << 10) /* bytes */

/* ---- programs and arguments ---- */

void import_stages_add(struct import_stages *s, enum import_stage stage, const char *arg)
{
	struct import_child *c = &s->child[stage];

	c->args = xrealloc_array(c->args, c->arg_count + 2, sizeof(*c->args));
	c->args[c->arg_count++] = arg;
	c->args[c->arg_count] = NULL;
}

static bool in_path(const char *name)
{
	char *all = xstrdup(getenv("PATH") ? getenv("PATH") : "/bin:/usr/bin"), *rest = all, *dir;
	bool found = false;

	while (!found && (dir = strsep(&rest, ":"))) {
		char *file = xasprintf("%s/%s", *dir ? dir : ".", name);

		found = access(file, X_OK) == 0;
		free(file);
	}
	free(all);
	return found;
}

/* The directory of the programs; NULL: PATH. */
static char *find_programs(void)
{
	const char *build = getenv("TREETALLY_BUILD");
	char *beside = process_beside("gpfs-parse");
	char *dir = access(beside, X_OK) ? NULL : xstrdup(dirname(beside));

	free(beside);
	if (!build || !*build)
		return dir;
	free(dir);
	return xstrdup(build);
}

void import_stages_init(struct import_stages *s, bool reports)
{
	char *directory = find_programs();

	s->reports[0] = s->reports[1] = -1;
	for (int i = 0; i < IMPORT_PIPES; i++)
		fd_pipe(s->pipe[i]);
	if (reports) {
		fd_pipe(s->reports);
		(void)fcntl(s->reports[0], F_SETFL, O_NONBLOCK);
	}
	for (int i = 0; i < IMPORT_STAGES; i++) {
		const char *name = s->progress.program[i];
		char *file = directory ? xasprintf("%s/%s", directory, name) : xstrdup(name);

		if (directory ? access(file, X_OK) : !in_path(name))
			die(EXIT_SYSTEM, "%s: not found in %s (make builds it)", name,
			    directory ? directory : "PATH");
		s->child[i].errors = -1;
		import_stages_add(s, (enum import_stage)i, file);
		if (reports)
			import_stages_add(s, (enum import_stage)i,
					  xasprintf("--progress=/dev/fd/%d", s->reports[1]));
	}
	free(directory);
	for (int i = PIPE_ENTRIES; i <= PIPE_COUNTED; i++) {
		import_stages_add(s, STAGE_PARSE, "-o");
		import_stages_add(s, STAGE_PARSE, xasprintf("/dev/fd/%d", s->pipe[i][1]));
	}
}

/* The descriptor that an argument like `/dev/fd/63` or `--progress=/dev/fd/5` means; -1: none. */
static int named_descriptor(const char *arg)
{
	static const char *const places[] = { "/dev/fd/", "/proc/self/fd/" };
	const char *value = strncmp(arg, "--", 2) == 0 ? strchr(arg, '=') : NULL;

	arg = value ? value + 1 : arg;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		size_t len = strlen(places[i]);
		int fd;

		if (strncmp(arg, places[i], len) || strspn(arg + len, "0123456789") != strlen(arg + len))
			continue;
		fd = (int)strtol(arg + len, NULL, 10);
		return fd > STDERR_FILENO && fcntl(fd, F_GETFD) >= 0 ? fd : -1;
	}
	return -1;
}

/* Descriptors that are named in arguments are the child's too: process substitutions, and pipes. */
static void keep_named(struct process_options *o)
{
	size_t count = 0;

	for (size_t i = 1; o->argv[i]; i++) {
		int fd = named_descriptor(o->argv[i]);

		if (fd < 0)
			continue;
		if (count == PROCESS_KEEP_MAX)
			die(EXIT_USAGE, "more than %d descriptors for %s", PROCESS_KEEP_MAX, o->argv[0]);
		o->keep[count++] = fd;
	}
}

/* ---- what they say ---- */

/* Whole lines, or all of it. What is left stands at the beginning then. */
static void show_words(struct import_stages *s, struct import_child *c, bool all)
{
	const char *text = (const char *)c->said.data, *end;
	size_t at = 0;

	while (at < c->said.len) {
		end = memchr(text + at, '\n', c->said.len - at);
		if (!end && !all && c->said.len - at <= HELD_MAX)
			break;
		import_progress_clear(&s->progress);
		fprintf(stderr, "%.*s\n", (int)((end ? end : text + c->said.len) - text - (ptrdiff_t)at),
			text + at);
		at = end ? (size_t)(end - text) + 1 : c->said.len;
	}
	c->said.len -= at;
	if (at && c->said.len)
		memmove(c->said.data, c->said.data + at, c->said.len);
}

/* What is in a pipe now; closes it at its end. False when there was nothing. */
static bool drain(int *fd, struct buf *into)
{
	bool any = false;

	while (*fd >= 0 && into->len <= HELD_MAX) {
		ssize_t n = read(*fd, buf_reserve(into, 4096), 4096);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		if (n == 0) {
			close(*fd);
			*fd = -1;
			break;
		}
		into->len += (size_t)n;
		any = true;
	}
	return any;
}

static void hear_reports(struct import_stages *s)
{
	char *at = NULL, *end;

	if (!drain(&s->reports[0], &s->heard))
		return;
	at = (char *)s->heard.data;
	while ((end = memchr(at, '\n', s->heard.len - (size_t)(at - (char *)s->heard.data)))) {
		*end = '\0';
		import_progress_take(&s->progress, at);
		at = end + 1;
	}
	s->heard.len -= (size_t)(at - (char *)s->heard.data);
	memmove(s->heard.data, at, s->heard.len);
}

/* False when there is nothing to be heard now. */
static bool hear_words(struct import_stages *s, struct import_child *c)
{
	bool heard = drain(&c->errors, &c->said);

	if (heard && !c->spoke)
		c->spoke = import_now();
	if (!c->said.len)
		return heard;
	if (s->talkative || c->said.len > HELD_MAX ||
	    (!s->failed && import_now() - c->spoke > HELD_BACK)) {
		show_words(s, c, false);
		c->spoke = 0;
	}
	return heard;
}

/* Wait until something happens, at most `ms`, and hear what there is. Returns a signal, or 0. */
static int listen_for(struct import_stages *s, int ms)
{
	struct pollfd from[IMPORT_STAGES + 2] = {
		{ .fd = s->watch, .events = POLLIN }, { .fd = s->reports[0], .events = POLLIN },
	};
	int signal = 0, next;

	for (int i = 0; i < IMPORT_STAGES; i++)
		from[i + 2] = (struct pollfd){
			.fd = s->child[i].started ? s->child[i].errors : -1, .events = POLLIN
		};
	if (poll(from, IMPORT_STAGES + 2, ms) < 0 && errno != EINTR)
		die_errno("cannot wait for the programs");
	while ((next = process_watch_next(s->watch)))
		signal = next == SIGCHLD ? signal : next;
	hear_reports(s);
	for (int i = 0; i < IMPORT_STAGES; i++)
		hear_words(s, &s->child[i]);
	import_progress_paint(&s->progress);
	return signal;
}

/* ---- their ends ---- */

static bool running(const struct import_stages *s)
{
	for (int i = 0; i < IMPORT_STAGES; i++) {
		if (s->child[i].started && !s->child[i].ended)
			return true;
	}
	return false;
}

static void reap(struct import_stages *s)
{
	for (int i = 0; i < IMPORT_STAGES; i++) {
		struct import_child *c = &s->child[i];

		if (!c->started || c->ended || !process_ended(&c->process, &c->status))
			continue;
		c->ended = true;
		c->late = s->noticed;
		s->failed |= c->status != 0;
		hear_reports(s);
		while (hear_words(s, c))
			;
		import_progress_ended(&s->progress, (enum import_stage)i);
		if (!c->status && !s->failed)
			show_words(s, c, true);
	}
}

/*
 * Something has failed. What fails together with it can be seen a moment later only, and in any
 * order: a program closes its pipes before the system tells us that it has ended.
 */
static void notice(struct import_stages *s)
{
	if (s->noticed)
		return;
	nanosleep(&(const struct timespec){ .tv_nsec = TOGETHER }, NULL);
	reap(s);
	s->noticed = true;
}

/* End what still runs: politely, then not. */
static void stop(struct import_stages *s)
{
	double until = import_now() + PATIENCE;

	while (running(s)) {
		for (int i = 0; i < IMPORT_STAGES; i++) {
			struct import_child *c = &s->child[i];

			if (!c->started || c->ended)
				continue;
			c->stopped = true;
			process_signal(&c->process, import_now() < until ? SIGTERM : SIGKILL);
		}
		listen_for(s, 100);
		reap(s);
	}
}

/* Whatever ends us, nothing of ours runs on. */
static void stop_at_death(void *arg)
{
	struct import_stages *s = arg;

	s->failed = true;
	s->progress.paint = false;
	stop(s);
	import_progress_clear(&s->progress);
}

/* ---- from start to end ---- */

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* `from` and `to` are pipes, whose ends are closed here; -1: what is ours. */
static void start(struct import_stages *s, enum import_stage stage, int from, int to)
{
	struct import_child *c = &s->child[stage];
	struct process_options options = { .argv = c->args };
	int errors[2];

	fd_pipe(errors);
	(void)fcntl(errors[0], F_SETFL, O_NONBLOCK);
	options.err = errors[1];
	options.in = from < 0 ? 0 : s->pipe[from][0];
	options.out = to < 0 ? 0 : s->pipe[to][1];
	keep_named(&options);
	if (!process_start(&c->process, &options))
		die(EXIT_SYSTEM, "%s: is not there any more", c->args[0]);
	c->errors = errors[0];
	c->started = true;
	close(errors[1]);
	if (from >= 0)
		close_end(&s->pipe[from][0]);
	if (to >= 0)
		close_end(&s->pipe[to][1]);
}

/* All but stats-load, which will need the one end that stays open. */
static void start_readers(struct import_stages *s)
{
	start(s, STAGE_PARSE, -1, -1);
	close_end(&s->pipe[PIPE_ENTRIES][1]);
	close_end(&s->pipe[PIPE_COUNTED][1]);
	start(s, STAGE_EXTRACT, PIPE_ENTRIES, PIPE_PATHS);
	start(s, STAGE_SORT, PIPE_PATHS, PIPE_TREE);
	start(s, STAGE_DIRS, PIPE_TREE, -1);
	start(s, STAGE_ACCUM, PIPE_COUNTED, PIPE_USAGE);
}

/*
 * When one fails, the others notice by end of file or SIGPIPE, and how they end helps to find the
 * one to blame; but depth-sort notices a dead dir-load only when it writes, which may be hours
 * later.
 */
int import_stages_run(struct import_stages *s)
{
	const struct import_child *dirs = &s->child[STAGE_DIRS];
	double deadline = 0;

	die_after(stop_at_death, s);
	start_readers(s);
	while (running(s)) {
		int signal = listen_for(s, s->failed ? 100 : LOOK_EVERY);

		if (signal)
			return signal;
		reap(s);
		if (!s->failed && dirs->ended && !s->child[STAGE_STATS].started)
			start(s, STAGE_STATS, PIPE_USAGE, -1);
		if (!s->failed)
			continue;
		notice(s);
		close_end(&s->pipe[PIPE_USAGE][0]);
		deadline = deadline > 0 ? deadline : import_now() + GRACE;
		if (import_now() > deadline)
			stop(s);
	}
	import_progress_clear(&s->progress);
	die_forget(s);
	return 0;
}

static bool lost_reader(const struct import_child *c)
{
	return WIFSIGNALED(c->status) ? WTERMSIG(c->status) == SIGPIPE :
					WEXITSTATUS(c->status) == 128 + SIGPIPE;
}

/*
 * A signal from outside comes before what only the program itself can have done (2, 4), before what
 * may come from its input (1, 3). Input that broke off later may have done so because of us, who had
 * noticed the first failure by then. Last comes having lost a reader.
 */
static int rank(const struct import_child *c)
{
	if (lost_reader(c))
		return 5;
	if (WIFSIGNALED(c->status) || WEXITSTATUS(c->status) > 128)
		return 1;
	if (WEXITSTATUS(c->status) != EXIT_NO && WEXITSTATUS(c->status) != EXIT_INPUT)
		return 2;
	return c->late ? 4 : 3;
}

int import_stages_blamed(struct import_stages *s)
{
	int blamed = -1, best = 6;

	for (int i = 0; i < IMPORT_STAGES; i++) {
		const struct import_child *c = &s->child[i];

		if (!c->started || c->stopped || !c->status || rank(c) >= best)
			continue;
		best = rank(c);
		blamed = i;
	}
	if (blamed >= 0)
		show_words(s, &s->child[blamed], true);
	return blamed;
}
