#include "common/base/outfile.h"

#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/rights.h"
#include "common/base/utf8.h"

#define LINKS_MAX 40 /* as many as Linux follows */

#include "common/base/fd.h"

static char *directory_of(const char *name)
{
	char *copy = xstrdup(name), *dir = xstrdup(dirname(copy));

	free(copy);
	return dir;
}

/*
 * In /tmp and its like, where anybody may put files and nobody may remove those of others, a link
 * or a file of somebody else under the name that we write to is a trap.
 */
static void refuse_planted(const char *name, const struct stat *st)
{
	char *dir = directory_of(name);
	struct stat in;

	if (stat(dir, &in))
		die_errno("cannot open %s", dir);
	if (in.st_mode & S_ISVTX && in.st_mode & S_IWOTH && st->st_uid != geteuid() &&
	    st->st_uid != in.st_uid)
		die(EXIT_SYSTEM, "%s: belongs to another user, in a directory where anybody may put "
				 "files; it is left as it is", name);
	free(dir);
}

/* The name itself, or what it points to, which need not be there: a symbolic link stays. */
static char *final_name(const char *name)
{
	char target[PATH_MAX], *at = xstrdup(name);
	struct stat st;

	for (int links = 0; lstat(at, &st) == 0; links++) {
		char *dir, *next;
		ssize_t len;

		refuse_planted(at, &st);
		if (!S_ISLNK(st.st_mode))
			return at;
		len = links < LINKS_MAX ? readlink(at, target, sizeof(target) - 1) : -1;
		if (len < 0)
			die(EXIT_SYSTEM, "cannot follow %s: %s", name,
			    strerror(links < LINKS_MAX ? errno : ELOOP));
		target[len] = '\0';
		dir = directory_of(at);
		next = *target == '/' ? xstrdup(target) : xasprintf("%s/%s", dir, target);
		free(dir);
		free(at);
		at = next;
	}
	if (errno != ENOENT)
		die_errno("cannot create %s", name);
	return at;
}

static bool open_unnamed(struct outfile *f)
{
	char *dir = directory_of(f->name);

	f->fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, f->mode);
	if (f->fd < 0 && errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		die_errno("cannot create %s in %s", f->name, dir);
	free(dir);
	return f->fd >= 0;
}

static void remove_temporary(void *temp)
{
	unlink(temp);
}

/* It has a name while it is written; nobody else may read it until it gets its rights. */
static void open_temporary(struct outfile *f)
{
	mode_t mask = umask(0);

	umask(mask);
	outfile_exact_mode(f, f->mode & ~mask);
	f->temp = xasprintf("%s.XXXXXX", f->name);
	f->fd = mkostemp(f->temp, O_CLOEXEC);
	if (f->fd < 0)
		die_errno("cannot create %s", f->temp);
	die_after(remove_temporary, f->temp);
}

void outfile_open(struct outfile *f, const char *name, mode_t mode)
{
	struct stat st;

	*f = (struct outfile){ .fd = STDOUT_FILENO, .straight = true, .mode = mode };
	if (strcmp(name, "-") == 0) {
		f->name = xstrdup("standard output");
	} else if (stat(name, &st) == 0 && !S_ISREG(st.st_mode)) {
		refuse_planted(name, &st);
		f->name = xstrdup(name);
		f->fd = open(name, O_WRONLY | O_CLOEXEC);
		if (f->fd < 0)
			die_errno("cannot open %s", name);
	} else {
		f->name = final_name(name);
		f->straight = false;
		if (!open_unnamed(f))
			open_temporary(f);
	}
	f->terminal = f->straight && isatty(f->fd);
}

void outfile_exact_mode(struct outfile *f, mode_t mode)
{
	f->mode = mode;
	f->exact_mode = true;
}

static void write_all(struct outfile *f, const void *data, size_t len)
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

void outfile_write(struct outfile *f, const void *data, size_t len)
{
	char *safe;

	if (!f->terminal) {
		write_all(f, data, len);
		return;
	}
	safe = xmalloc(len * UTF8_ESCAPE_MOST);
	write_all(f, safe, utf8_escape(safe, data, len, "\t\n"));
	free(safe);
}

/* A file that takes the place of another has that one's rights. */
static void set_rights(struct outfile *f)
{
	struct stat st;
	bool done;

	if (stat(f->name, &st) == 0)
		done = rights_copy(f->name, &st, f->fd);
	else
		done = rights_new(f->fd, f->mode, f->exact_mode);
	if (!done)
		die_errno("cannot set the mode of %s", f->name);
}

/* linkat cannot replace a file, so the unnamed one gets a name beside the target first. */
static void name_it(struct outfile *f)
{
	char *from = xasprintf("/proc/self/fd/%d", f->fd);
	uint64_t random;

	for (unsigned try = 0; try < 1000; try++) {
		if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
			die_errno("cannot get random bytes");
		f->temp = xasprintf("%s.%016" PRIx64, f->name, random);
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
	if (!f->straight)
		set_rights(f);
	if (f->durable && fsync(f->fd))
		die_errno("cannot write %s", f->name);
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
