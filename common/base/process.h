/* SPDX-License-Identifier: MIT */
/*
 * process - other programs as children of this one: start, wait, say how they ended.
 *
 * A child has the descriptors that it is given and no others, no blocked signals, and SIGTERM as it
 * was made. It ends when the thread that started it does, however that ends: start children from
 * the main thread. Everything here dies (4) when the system refuses.
 *
 *     process_start(&xz, &(struct process_options){ .argv = args, .in = file, .out = ends[1] });
 *     ...
 *     status = process_wait(&xz);
 *     if (status)
 *             die(EXIT_INPUT, "%s %s", xz.name, process_failure(status));
 *
 * Several children and other descriptors are waited for at once with poll(2) and process_watch.
 */
#ifndef TREETALLY_PROCESS_H
#define TREETALLY_PROCESS_H

#include <sys/types.h>

#include "common/base/die.h"

struct process {
	pid_t pid;        /* 0: not started, or waited for */
	const char *name; /* for messages: the last component of argv[0], not copied */
};

#define PROCESS_KEEP_MAX 16

struct process_options {
	/* NULL at the end; argv[0] is looked for in PATH unless it has a slash. */
	const char *const *argv;
	int in, out, err; /* what its descriptors 0, 1 and 2 are; 0: the same as ours */
	int keep[PROCESS_KEEP_MAX]; /* others that it has, by the same numbers; 0 ends the list */
	/* All of it, NULL at the end: "NAME=VALUE", or "NAME" for our value. NULL: ours. */
	const char *const *environment;
};

/*
 * False when the program is not installed. Descriptors stay open here: close what is the child's.
 */
bool process_start(struct process *p, const struct process_options *options) WARN_UNUSED;

/* A child that goes on with a function of ours, which ends it with quit(). `name` as above. */
void process_fork(struct process *p, const char *name, void (*child)(void *arg), void *arg);

/*
 * In such a child: it keeps one descriptor, and has /dev/null in place of the first three. So nobody
 * who reads what we write, or writes what we read, waits for a child that hangs when we are gone.
 */
bool process_keep_only(int fd) WARN_UNUSED;

/* The file of the program `name` in the directory of this one; the caller frees it. */
char *process_beside(const char *name);

/* Wait for its end. Returns the status as waitpid(2) gives it: 0 is success. */
int process_wait(struct process *p) WARN_UNUSED;
/* Has it ended? Then *status is as above, and it need not be waited for. */
bool process_ended(struct process *p, int *status) WARN_UNUSED;
/* Send it a signal if it has not been waited for. */
void process_signal(struct process *p, int signal);

/* "failed with status 3" or "was killed by signal 9 (Killed)"; the caller frees it. */
char *process_failure(int status);

/*
 * From now on the ends of children (SIGCHLD) and `signals`, a list with 0 at its end, are not
 * delivered but wait in the descriptor that is returned, which poll(2) finds readable. Call it
 * before threads are started.
 */
int process_watch(const int *signals);
/* The next of them, or 0 when nothing has come. Several children may have ended for one SIGCHLD. */
int process_watch_next(int watch);

#endif
