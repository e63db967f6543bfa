#include "common/outfile.h"

#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

static char *directory_of(const char *name)
{
	char *copy = xstrdup(name), *dir = xstrdup(dirname(copy));

	free(copy);
	return dir;
}

/* The name itself, or what it points to: a symbolic link is followed, its target replaced. */
static char *final_name(const char *name)
{
	char *real = realpath(name, NULL);

	return real ? real : xstrdup(name);
}

static bool open_unnamed(struct outfile *f, mode_t mode)
{
	char *dir = directory_of(f->name);

	f->fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
	if (f->fd < 0 && errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		die_errno("cannot create %s in %s", f->name, dir);
	free(dir);
	return f->fd >= 0;
}

static void remove_temporary(void *temp)
{
	unlink(temp);
}

static void open_temporary(struct outfile *f, mode_t mode)
{
	mode_t mask = umask(0);

	umask(mask);
	f->temp = xasprintf("%s.XXXXXX", f->name);
	f->fd = mkostemp(f->temp, O_CLOEXEC);
	if (f->fd < 0)
		die_errno("cannot create %s", f->temp);
	die_after(remove_temporary, f->temp);
	if (fchmod(f->fd, mode & ~mask))
		die_errno("cannot set the mode of %s", f->temp);
}

void outfile_open(struct outfile *f, const char *name, mode_t mode)
{
	struct stat st;

	*f = (struct outfile){ .fd = STDOUT_FILENO, .straight = true };
	if (strcmp(name, "-") == 0) {
		f->name = xstrdup("standard output");
		return;
	}
	if (stat(name, &st) == 0 && !S_ISREG(st.st_mode)) {
		f->name = xstrdup(name);
		f->fd = open(name, O_WRONLY | O_CLOEXEC);
		if (f->fd < 0)
			die_errno("cannot open %s", name);
		return;
	}
	f->name = final_name(name);
	f->straight = false;
	if (!open_unnamed(f, mode))
		open_temporary(f, mode);
}

void outfile_write(struct outfile *f, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(f->fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die_errno("cannot write %s", f->name);
		at += n;
		len -= (size_t)n;
	}
}

/* linkat cannot replace a file, so the unnamed one gets a name beside the target first. */
static void name_it(struct outfile *f)
{
	char *from = xasprintf("/proc/self/fd/%d", f->fd);
	struct timespec now;

	for (unsigned try = 0; try < 1000; try++) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		f->temp = xasprintf("%s.%08lx", f->name,
				    (unsigned long)(now.tv_nsec ^ (long)getpid() << 12) + try);
		if (linkat(AT_FDCWD, from, AT_FDCWD, f->temp, AT_SYMLINK_FOLLOW) == 0) {
			die_after(remove_temporary, f->temp);
			free(from);
			return;
		}
		if (errno != EEXIST)
			die_errno("cannot name %s", f->name);
		free(f->temp);
		f->temp = NULL;
	}
	die(EXIT_SYSTEM, "cannot name %s: every temporary name is taken", f->name);
}

void outfile_commit(struct outfile *f)
{
	if (!f->straight && !f->temp)
		name_it(f);
	if (close(f->fd))
		die_errno("cannot write %s", f->name);
	if (f->temp && rename(f->temp, f->name))
		die_errno("cannot rename %s to %s", f->temp, f->name);
	die_forget(f->temp);
	free(f->temp);
	free(f->name);
	*f = (struct outfile){ .fd = -1 };
}
