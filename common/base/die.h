/* SPDX-License-Identifier: MIT */
/*
 * die - how every program starts, complains and ends.
 *
 * A message is one line on stderr: `program: object: what happened`. Control bytes in it, which
 * may come from file names of strangers, are printed as \ooo. Whether it can be written changes
 * nothing: a program whose stderr is closed or full does its work and has the status of it.
 *
 * Nothing else ends the process, and nothing is flushed to stdout on the way out: a stream that was
 * not finished stays without its trailer.
 */
#ifndef TREETALLY_DIE_H
#define TREETALLY_DIE_H

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TREETALLY_VERSION "0.4.0"

#define WARN_UNUSED __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* The exit status of every program; man pages list the same five. */
enum exit_status {
	EXIT_OK = 0,     /* done and verified */
	EXIT_NO = 1,     /* a check said no, or a named path is not there */
	EXIT_USAGE = 2,  /* wrong options or operands */
	EXIT_INPUT = 3,  /* input truncated, corrupt, empty or not what it says */
	EXIT_SYSTEM = 4, /* the system failed: I/O, memory, disk, SQLite */
};

/*
 * First call of every main(): names the program in messages and lets what libraries write to stderr
 * be escaped as well. Descriptors 0 to 2 that are closed get something that
 * can be neither read nor written, so that no data file ever becomes stderr, and using them fails.
 * SIGPIPE and SIGCHLD have their default action again, even if a parent ignored or blocked them.
 * Threads share one heap: with one for each, as glibc does it, 64 MiB of address space would be
 * gone for every thread, and with them the memory of a program under `ulimit -v`.
 */
void tool_begin(char **argv, const char *name);

/* Print the message and exit with `status`. */
void die(enum exit_status status, const char *fmt, ...) NORETURN PRINTF_LIKE(2, 3);

/* The same with `: strerror(errno)` appended; always exit status 4. */
void die_errno(const char *fmt, ...) NORETURN PRINTF_LIKE(1, 2);

/*
 * What the code itself should have made impossible: a message that asks for a report, then SIGABRT.
 */
#define bug(what) bug_found(what, __FILE__, __LINE__)
void bug_found(const char *what, const char *file, int line) NORETURN;

/*
 * End with this status and without a message, as die does. In a cleanup: go on with the others and
 * have this status in the end.
 */
void quit(enum exit_status status) NORETURN;

/*
 * Have die, die_errno, bug and quit call cleanup(arg) before the end, the latest first: to remove a
 * temporary name, to roll a transaction back. A signal does not run these. At most 64 at a time.
 */
void die_after(void (*cleanup)(void *arg), void *arg);
/* The cleanup for `arg` is not needed any more. */
void die_forget(void *arg);
/*
 * Have the next die or die_errno of this thread call finish(arg) first: what was begun before may
 * have failed earlier, and then that is what the program says. NULL: no more.
 */
void die_behind(void (*finish)(void *arg), void *arg);
/* In a process that was forked: all of them are for its parent to do. */
void die_forget_all(void);

/* One line on stderr, errno kept; the program goes on. */
void warn(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Allocation that never returns NULL: out of memory is exit status 4. */
void *xmalloc(size_t size);
/* For a buffer of megabytes: where the system has large pages it need not clear it in small ones. */
void *xmalloc_large(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc_array(void *ptr, size_t count, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

#include "common/base/banned.h"

#endif
