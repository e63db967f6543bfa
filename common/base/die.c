/* SPDX-License-Identifier: MIT */
#include "common/base/die.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/utf8.h"

#define MESSAGE_MAX 3000 /* bytes; a longer one is cut */

/* One write(2) per message, so that lines of several stages that share a stderr do not mix. */
static void write_message(const char *text, size_t len)
{
	char line[MESSAGE_MAX * UTF8_ESCAPE_MOST + 1];
	size_t out = utf8_escape(line, text, len < MESSAGE_MAX ? len : MESSAGE_MAX, "");

	line[out++] = '\n';
	while (write(STDERR_FILENO, line, out) < 0 && errno == EINTR)
		;
}

/* What libraries say can have names in it as well. */
static ssize_t write_foreign(void *cookie, const char *text, size_t len)
{
	(void)cookie;
	write_message(text, len && text[len - 1] == '\n' ? len - 1 : len);
	return (ssize_t)len;
}

static void guard_stderr(void)
{
	FILE *guarded = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = write_foreign });

	if (!guarded)
		return;
	/* A line at a time: unbuffered, printf of newer C libraries writes pieces of 128 bytes. */
	setvbuf(guarded, NULL, _IOLBF, BUFSIZ);
	stderr = guarded;
}

/* O_PATH: reading and writing it fail with EBADF, as if it were closed still. */
static void occupy_standard_descriptors(void)
{
	int fd;

	while ((fd = open("/", O_PATH)) >= 0 && fd <= STDERR_FILENO)
		;
	close(fd);
}

/*
 * What a parent made of these would be ours: an ignored SIGCHLD keeps children from being waited
 * for.
 */
static void reset_signals(void)
{
	static const int ours[] = { SIGPIPE, SIGCHLD };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
		signal(ours[i], SIG_DFL);
		sigaddset(&set, ours[i]);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void tool_begin(char **argv, const char *name)
{
#ifdef M_ARENA_MAX
	mallopt(M_ARENA_MAX, 1);
#endif
	program_invocation_short_name = (char *)name;
	argv[0] = (char *)name;
	occupy_standard_descriptors();
	guard_stderr();
	reset_signals();
}

/* Control bytes are escaped, since file names reach a terminal from here. */
static void PRINTF_LIKE(1, 0) print_message(const char *fmt, va_list args, int err)
{
	char text[MESSAGE_MAX];
	size_t n;

	n = (size_t)snprintf(text, sizeof(text), "%s: ", program_invocation_short_name);
	vsnprintf(text + n, sizeof(text) - n, fmt, args);
	n = strlen(text);
	if (err)
		snprintf(text + n, sizeof(text) - n, ": %s", strerror(err));
	write_message(text, strlen(text));
}

#define CLEANUPS_MAX 64

static struct cleanup {
	void (*call)(void *arg);
	void *arg;
} cleanups[CLEANUPS_MAX];
static size_t cleanup_count;

void die_after(void (*cleanup)(void *arg), void *arg)
{
	if (cleanup_count < CLEANUPS_MAX)
		cleanups[cleanup_count++] = (struct cleanup){ cleanup, arg };
}

void die_forget(void *arg)
{
	size_t kept = 0;

	for (size_t i = 0; i < cleanup_count; i++) {
		if (cleanups[i].arg != arg)
			cleanups[kept++] = cleanups[i];
	}
	cleanup_count = kept;
}

void die_forget_all(void)
{
	cleanup_count = 0;
}

static _Thread_local struct cleanup behind;

void die_behind(void (*finish)(void *arg), void *arg)
{
	behind = (struct cleanup){ finish, arg };
}

static void finish_earlier_work(void)
{
	struct cleanup work = behind;

	behind.call = NULL;
	if (work.call)
		work.call(work.arg);
}

/* When two threads fail, the first speaks and cleans up, and the other waits for the end. */
static void be_the_one_who_dies(void)
{
	static atomic_flag dying = ATOMIC_FLAG_INIT;
	static _Thread_local bool is_me;

	while (!is_me && atomic_flag_test_and_set(&dying))
		pause();
	is_me = true;
}

/* A cleanup that fails comes back here and finds one less to do. */
static void clean_up(void)
{
	be_the_one_who_dies();
	while (cleanup_count) {
		struct cleanup *last = &cleanups[--cleanup_count];

		last->call(last->arg);
	}
}

void quit(enum exit_status status)
{
	clean_up();
	_exit(status);
}

void bug_found(const char *what, const char *file, int line)
{
	be_the_one_who_dies();
	warn("bug: %s (%s:%d); please report this", what, file, line);
	clean_up();
	abort();
}

void die(enum exit_status status, const char *fmt, ...)
{
	va_list args;

	finish_earlier_work();
	be_the_one_who_dies();
	va_start(args, fmt);
	print_message(fmt, args, 0);
	va_end(args);
	quit(status);
}

void die_errno(const char *fmt, ...)
{
	int err = errno;
	va_list args;

	finish_earlier_work();
	be_the_one_who_dies();
	va_start(args, fmt);
	print_message(fmt, args, err);
	va_end(args);
	quit(EXIT_SYSTEM);
}

void warn(const char *fmt, ...)
{
	int err = errno;
	va_list args;

	va_start(args, fmt);
	print_message(fmt, args, 0);
	va_end(args);
	errno = err;
}

static void *checked(void *ptr, size_t count, size_t size)
{
	if (!ptr)
		die(EXIT_SYSTEM, "out of memory: cannot allocate %zu times %zu bytes", count, size);
	return ptr;
}

void *xmalloc(size_t size)
{
	return checked(malloc(size ? size : 1), 1, size);
}

void *xmalloc_large(size_t size)
{
	const uintptr_t page = 2u << 20;
	char *buffer = xmalloc(size), *from = buffer + (-(uintptr_t)buffer & (page - 1));

	/* It is no more than advice. */
	if (size > (size_t)(from - buffer) + page)
		(void)madvise(from, size - (size_t)(from - buffer), MADV_HUGEPAGE);
	return buffer;
}

void *xcalloc(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1), count, size);
}

void *xrealloc_array(void *ptr, size_t count, size_t size)
{
	return checked(reallocarray(ptr, count ? count : 1, size ? size : 1), count, size);
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *xstrndup(const char *s, size_t n)
{
	char *copy = xmalloc(n + 1);

	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

char *xasprintf(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		die(EXIT_SYSTEM, "out of memory");
	va_end(args);
	return text;
}
