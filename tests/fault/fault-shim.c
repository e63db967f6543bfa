/* SPDX-License-Identifier: MIT */
/*
 * fault-shim - an LD_PRELOAD library that lets one call of a program fail, to see what it does.
 *
 *   FAULT_CALL     a name of the table below (`tmpfile` is an open with O_TMPFILE), or `change` for
 *                  all calls that change a file, counted together
 *   FAULT_NTH      the call that fails, from 1; with a `+` behind it all later ones fail too
 *   FAULT_HOW      an errno of the table below, `short` for a read or write of a single byte, `end`
 *                  for a read of none, as at the end of a file, or `kill`: SIGKILL instead of the
 *                  call
 *   FAULT_PROGRAM  only the program of this name [all that are started]
 *   FAULT_MARK     a file that is made when the fault has happened
 *
 * Writing messages and progress (descriptors 2 and 3) is never touched. The C library's calls of
 * itself, stdio's write for example, are out of reach.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum call {
	CALL_READ, CALL_PREAD, CALL_OPEN, CALL_TMPFILE, CALL_MALLOC, CALL_THREAD, CALL_LOCK, CALL_PIPE,
	CALL_SETXATTR,
	CALL_OPENAT, CALL_STATX, CALL_GETDENTS,
	CALL_GETPWUID,
	CALL_WRITE, CALL_PWRITE, CALL_FSYNC, CALL_RENAME, CALL_LINKAT, CALL_UNLINK, CALL_FTRUNCATE,
	CALL_FALLOCATE, CALLS
};

static const char *const names[CALLS] = {
	"read", "pread", "open", "tmpfile", "malloc", "thread", "lock", "pipe", "setxattr",
	"openat", "statx", "getdents",
	"getpwuid",
	"write", "pwrite", "fsync", "rename", "linkat", "unlink", "ftruncate", "fallocate",
};

static const struct {
	const char *name;
	int number;
} errors[] = {
	{ "ENOSPC", ENOSPC }, { "EIO", EIO }, { "EINTR", EINTR }, { "EAGAIN", EAGAIN },
	{ "ENOLCK", ENOLCK }, { "ENOMEM", ENOMEM }, { "ENOSYS", ENOSYS },
	{ "EOPNOTSUPP", EOPNOTSUPP },
	{ "EACCES", EACCES }, { "EPERM", EPERM }, { "ENOENT", ENOENT }, { "ENOTDIR", ENOTDIR },
	{ "ELOOP", ELOOP }, { "ENOTCONN", ENOTCONN }, { "ESTALE", ESTALE }, { "EMFILE", EMFILE },
	{ "EOVERFLOW", EOVERFLOW },
};

/* What happens to a call. Anything above is the errno it fails with. */
enum { PASS = 0, SHORT = -1, KILL = -2, END = -3 };

static bool wanted[CALLS];
static long nth;
static bool all_later;
static int how;
static const char *mark;
static atomic_long calls;

static void __attribute__((noreturn)) misused(const char *what)
{
	dprintf(STDERR_FILENO, "fault-shim: %s\n", what);
	_exit(99);
}

static int parse_how(const char *word)
{
	if (strcmp(word, "short") == 0)
		return SHORT;
	if (strcmp(word, "kill") == 0)
		return KILL;
	if (strcmp(word, "end") == 0)
		return END;
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		if (strcmp(word, errors[i].name) == 0)
			return errors[i].number;
	}
	misused("FAULT_HOW is unknown");
}

/* Before main: until here nothing is wanted, so nothing fails. */
static void __attribute__((constructor)) begin(void)
{
	const char *call = getenv("FAULT_CALL"), *program = getenv("FAULT_PROGRAM");
	const char *nth_word = getenv("FAULT_NTH"), *how_word = getenv("FAULT_HOW");
	bool known = false;
	char *end;

	if (!call || (program && strcmp(program, program_invocation_short_name) != 0))
		return;
	if (!nth_word || !how_word)
		misused("FAULT_NTH and FAULT_HOW are needed");
	nth = strtol(nth_word, &end, 10);
	all_later = *end == '+';
	how = parse_how(how_word);
	mark = getenv("FAULT_MARK");
	for (int i = 0; i < CALLS; i++) {
		wanted[i] = strcmp(call, names[i]) == 0 ||
			    (strcmp(call, "change") == 0 && i >= CALL_WRITE);
		known |= wanted[i];
	}
	if (!known)
		misused("FAULT_CALL is unknown");
}

static int fate(enum call call)
{
	int err = errno;
	long n;

	if (!wanted[call])
		return PASS;
	n = atomic_fetch_add(&calls, 1) + 1;
	if (n < nth || (n > nth && !all_later))
		return PASS;
	if (n == nth && mark)
		syscall(SYS_close, (int)syscall(SYS_openat, AT_FDCWD, mark, O_WRONLY | O_CREAT, 0666));
	if (how == KILL)
		syscall(SYS_kill, (int)syscall(SYS_getpid), SIGKILL);
	errno = how > 0 ? how : err;
	return how;
}

static bool for_messages(int fd)
{
	return fd == STDERR_FILENO || fd == 3;
}

static size_t shortened(int f, size_t size)
{
	if (f == END)
		return 0;
	return f == SHORT && size > 1 ? 1 : size;
}

/* ---- bytes ---- */

ssize_t read(int fd, void *data, size_t size)
{
	int f = fate(CALL_READ);

	return f > 0 ? -1 : syscall(SYS_read, fd, data, shortened(f, size));
}

ssize_t write(int fd, const void *data, size_t size)
{
	int f = for_messages(fd) ? PASS : fate(CALL_WRITE);

	return f > 0 ? -1 : syscall(SYS_write, fd, data, shortened(f, size));
}

ssize_t pread64(int fd, void *data, size_t size, off64_t at)
{
	int f = fate(CALL_PREAD);

	return f > 0 ? -1 : syscall(SYS_pread64, fd, data, shortened(f, size), at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
	int f = fate(CALL_PWRITE);

	return f > 0 ? -1 : syscall(SYS_pwrite64, fd, data, shortened(f, size), at);
}

ssize_t pread(int fd, void *data, size_t size, off_t at)
{
	return pread64(fd, data, size, at);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	return pwrite64(fd, data, size, at);
}

/* ---- files ---- */

static int open_mode(int flags, va_list args)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(args, int) : 0;
}

static int open_at(int dir, const char *path, int flags, int mode)
{
	if ((flags & O_TMPFILE) == O_TMPFILE && fate(CALL_TMPFILE) > 0)
		return -1;
	return fate(CALL_OPEN) > 0 ? -1 : (int)syscall(SYS_openat, dir, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list args;
	int mode;

	va_start(args, flags);
	mode = open_mode(flags, args);
	va_end(args);
	return open_at(AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list args;
	int mode;

	va_start(args, flags);
	mode = open_mode(flags, args);
	va_end(args);
	return open_at(AT_FDCWD, path, flags, mode);
}

/* ---- a walk through directories ---- */

int openat64(int dir, const char *path, int flags, ...)
{
	va_list args;
	int mode;

	va_start(args, flags);
	mode = open_mode(flags, args);
	va_end(args);
	return fate(CALL_OPENAT) > 0 ? -1 : (int)syscall(SYS_openat, dir, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list args;
	int mode;

	va_start(args, flags);
	mode = open_mode(flags, args);
	va_end(args);
	return openat64(dir, path, flags, mode);
}

int statx(int dir, const char *path, int flags, unsigned mask, struct statx *st)
{
	return fate(CALL_STATX) > 0 ? -1 : (int)syscall(SYS_statx, dir, path, flags, mask, st);
}

/* getdents64 is called by number, as all our own calls are. */
long syscall(long number, ...)
{
	static long (*next)(long number, ...);
	va_list args;
	long a[6];

	if (number == SYS_getdents64 && fate(CALL_GETDENTS) > 0)
		return -1;
	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "syscall");
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int fsync(int fd)
{
	return fate(CALL_FSYNC) > 0 ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return fate(CALL_FSYNC) > 0 ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int rename(const char *from, const char *to)
{
	return fate(CALL_RENAME) > 0 ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* mv tries the one, then the other. */
int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return fate(CALL_RENAME) > 0 ? -1 : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	return fate(CALL_RENAME) > 0 ? -1 : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	return fate(CALL_LINKAT) > 0 ? -1 : (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

int unlink(const char *path)
{
	return fate(CALL_UNLINK) > 0 ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int ftruncate64(int fd, off64_t size)
{
	return fate(CALL_FTRUNCATE) > 0 ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate(int fd, off_t size)
{
	return ftruncate64(fd, size);
}

int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)
{
	return fate(CALL_SETXATTR) > 0 ? -1
				       : (int)syscall(SYS_fsetxattr, fd, name, value, size, flags);
}

int fallocate64(int fd, int mode, off64_t at, off64_t size)
{
	return fate(CALL_FALLOCATE) > 0 ? -1 : (int)syscall(SYS_fallocate, fd, mode, at, size);
}

int fallocate(int fd, int mode, off_t at, off_t size)
{
	return fallocate64(fd, mode, at, size);
}

int pipe2(int ends[2], int flags)
{
	return fate(CALL_PIPE) > 0 ? -1 : (int)syscall(SYS_pipe2, ends, flags);
}

static int lock_call(int fd, int command, void *arg)
{
	bool is_lock = command == F_SETLK || command == F_SETLKW || command == F_GETLK;

	return is_lock && fate(CALL_LOCK) > 0 ? -1 : (int)syscall(SYS_fcntl, fd, command, arg);
}

int flock(int fd, int operation)
{
	return fate(CALL_LOCK) > 0 ? -1 : (int)syscall(SYS_flock, fd, operation);
}

/* Whatever the third argument is, it is passed in one register. */
int fcntl64(int fd, int command, ...)
{
	va_list args;
	void *arg;

	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	return lock_call(fd, command, arg);
}

int fcntl(int fd, int command, ...)
{
	va_list args;
	void *arg;

	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	return lock_call(fd, command, arg);
}

/* ---- memory and threads: a failing malloc is always ENOMEM ---- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
	return fate(CALL_MALLOC) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fate(CALL_MALLOC) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fate(CALL_MALLOC) ? NULL : __libc_realloc(old, size);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

	if (fate(CALL_THREAD) > 0)
		return errno;
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
	return next(thread, attr, run, arg);
}

/* ---- names ---- */

int getpwuid_r(uid_t uid, struct passwd *user, char *room, size_t size, struct passwd **found)
{
	static int (*next)(uid_t, struct passwd *, char *, size_t, struct passwd **);

	if (fate(CALL_GETPWUID) > 0)
		return errno;
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "getpwuid_r");
	return next(uid, user, room, size, found);
}
