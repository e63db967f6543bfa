/* SPDX-License-Identifier: MIT */
/*
 * An ACL is an extended attribute that the kernel hands out and takes back as it is: no library is
 * needed. Where there is one, the group bits of the mode are its mask: the bits must never be given
 * without it, or the owning group would get what the mask allows to others.
 */
#include "common/base/outfile.h"

#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/base/fd.h"
#include "common/base/hash.h"
#include "common/base/utf8.h"

#define NEW_MODE 0640 /* keep treetally(7) in step */
#define MODE_BITS 0777
#define GROUP_BITS 0070
#define ACL_NAME "system.posix_acl_access"
#define ACL_BYTES_MAX (64u << 10) /* the most that an attribute can have */
#define LINKS_MAX 40 /* as many as Linux follows */

/* ---- names ---- */

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
void outfile_refuse_planted(const char *name, const struct stat *st)
{
	char *dir = directory_of(name);
	struct stat in;

	if (stat(dir, &in))
		die_errno("cannot open %s", dir);
	if (in.st_mode & S_ISVTX && in.st_mode & S_IWOTH && st->st_uid != geteuid() &&
	    st->st_uid != in.st_uid)
		die(EXIT_SYSTEM,
		    "%s: belongs to another user, in a directory where anybody may put "
		    "files; it is left as it is",
		    name);
	free(dir);
}

/* What a symbolic link says, seen from where it is; NULL with errno when `name` is not a link. */
static char *link_target(const char *name)
{
	char target[PATH_MAX], *dir, *joined;
	ssize_t len = readlink(name, target, sizeof(target) - 1);

	if (len < 0)
		return NULL;
	target[len] = '\0';
	if (*target == '/')
		return xstrdup(target);
	dir = directory_of(name);
	joined = xasprintf("%s/%s", dir, target);
	free(dir);
	return joined;
}

/* Is this a name of a descriptor in /proc, ours or another process's? */
static bool names_descriptor(const char *name, bool *ours)
{
	char *dir = directory_of(name), *real = realpath(dir, NULL);
	char own[32];
	bool found = false;
	size_t len;

	snprintf(own, sizeof(own), "/proc/%d/", (int)getpid());
	if (real) {
		len = strlen(real);
		found = strncmp(real, "/proc/", 6) == 0 && strcmp(real + len - 3, "/fd") == 0;
		*ours = strncmp(real, own, strlen(own)) == 0;
	}
	free(real);
	free(dir);
	return found;
}

/*
 * The name itself or what it points to, through links, which stay: a descriptor, or a file that
 * need not be there.
 */
static char *final_name(const char *name, bool *descriptor, bool *ours)
{
	char *at = xstrdup(name), *next;
	struct stat st;

	for (int links = 0; !(*descriptor = names_descriptor(at, ours)); links++) {
		if (lstat(at, &st)) {
			if (errno != ENOENT)
				die_errno("cannot create %s", name);
			break;
		}
		outfile_refuse_planted(at, &st);
		if (!S_ISLNK(st.st_mode))
			break;
		errno = ELOOP;
		next = links < LINKS_MAX ? link_target(at) : NULL;
		if (!next)
			die_errno("cannot follow %s", name);
		free(at);
		at = next;
	}
	return at;
}

/* Another process's can only be opened anew: then at the end, where nothing is overwritten. */
static int open_descriptor(const char *name, bool ours)
{
	const char *number = strrchr(name, '/') + 1;

	if (!ours)
		return open(name, O_WRONLY | O_APPEND | O_CLOEXEC);
	return fcntl((int)strtol(number, NULL, 10), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

char *outfile_final_name(const char *name)
{
	bool descriptor, ours;

	return final_name(name, &descriptor, &ours);
}

bool outfile_descriptor(const char *name, int *fd)
{
	bool found, ours;
	char *at = final_name(name, &found, &ours);

	if (found)
		*fd = open_descriptor(at, ours);
	free(at);
	return found;
}

/* ---- opening ---- */

static bool open_unnamed(struct outfile *f)
{
	char *dir = directory_of(f->name);

	f->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, f->mode);
	if (f->fd < 0 && errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		die_errno("cannot create %s in %s", f->name, dir);
	free(dir);
	return f->fd >= 0;
}

/* How much of its name a temporary name can begin with: a suffix must have room too. */
static int stem_len(const char *name)
{
	const char *slash = strrchr(name, '/');
	size_t dir = slash ? (size_t)(slash + 1 - name) : 0;

	return (int)(dir + strnlen(name + dir, NAME_MAX - 17));
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
	f->temp = xasprintf("%.*s.XXXXXX", stem_len(f->name), f->name);
	f->fd = mkostemp(f->temp, O_CLOEXEC);
	if (f->fd < 0)
		die_errno("cannot create %s", f->temp);
	die_after(remove_temporary, f->temp);
}

/* What is written as it is. */
static void open_straight(struct outfile *f, const char *name, int fd, enum file_use use)
{
	if (fd < 0)
		die_errno("cannot open %s", name);
	*f = (struct outfile){ .name = xstrdup(name), .fd = fd, .straight = true };
	f->terminal = isatty(fd);
	file_use_open(use, f->name, fd);
}

static void open_file(struct outfile *f, char *final, const char *name, enum file_use use)
{
	*f = (struct outfile){ .name = final, .mode = NEW_MODE };
	file_use_name(use, name, final);
	if (!open_unnamed(f))
		open_temporary(f);
}

void outfile_open(struct outfile *f, const char *name, enum file_use use)
{
	bool descriptor, ours;
	struct stat st;
	char *final;

	if (strcmp(name, "-") == 0) {
		open_straight(f, "standard output", STDOUT_FILENO, use);
		return;
	}
	final = final_name(name, &descriptor, &ours);
	if (descriptor)
		open_straight(f, name, open_descriptor(final, ours), use);
	else if (stat(final, &st) == 0 && !S_ISREG(st.st_mode))
		open_straight(f, name, open(final, O_WRONLY | O_CLOEXEC), use);
	else
		open_file(f, xstrdup(final), name, use);
	free(final);
}

void outfile_exact_mode(struct outfile *f, mode_t mode)
{
	f->mode = mode;
	f->exact_mode = true;
}

void outfile_write(struct outfile *f, const void *data, size_t len)
{
	char *safe = NULL;

	if (f->terminal) {
		safe = xmalloc(len * UTF8_ESCAPE_MOST);
		len = utf8_escape(safe, data, len, "\t\n");
	}
	if (!fd_write(f->fd, safe ? safe : data, len))
		die_errno("cannot write %s", f->name);
	free(safe);
}

/* ---- rights ---- */

/* True if the file has the ACL of the old one, or neither has any. */
static bool copy_acl(const char *name, int fd)
{
	char *acl = xmalloc(ACL_BYTES_MAX);
	ssize_t len = getxattr(name, ACL_NAME, acl, ACL_BYTES_MAX);
	bool none = len < 0 && (errno == ENODATA || errno == EOPNOTSUPP), done;

	/* The directory may have given the new file one. */
	if (none)
		done = !fremovexattr(fd, ACL_NAME) || errno == ENODATA || errno == EOPNOTSUPP;
	else
		done = len >= 0 && !fsetxattr(fd, ACL_NAME, acl, (size_t)len, 0);
	free(acl);
	return done;
}

bool outfile_copy_rights(const char *name, const struct stat *old, int fd)
{
	mode_t mode = old->st_mode & MODE_BITS;

	if (fchown(fd, old->st_uid, old->st_gid) && fchown(fd, (uid_t)-1, old->st_gid))
		return fchmod(fd, mode & ~(mode_t)GROUP_BITS) == 0;
	/* Before the ACL, whose mask the bits become. */
	if (fchmod(fd, mode & ~(mode_t)GROUP_BITS))
		return false;
	if (!copy_acl(name, fd))
		return fchmod(fd, mode & ~(mode_t)GROUP_BITS) == 0;
	return fchmod(fd, mode) == 0;
}

/* No more than the mode, less the umask, or just that mode if it is exact. */
static bool give_mode(const struct outfile *f)
{
	struct stat st;
	mode_t mask = umask(0);

	umask(mask);
	if (f->exact_mode)
		return fchmod(f->fd, f->mode) == 0;
	if (fstat(f->fd, &st))
		return false;
	/*
	 * A default ACL of the directory ignores the umask, and may have allowed less than the
	 * mode.
	 */
	return fchmod(f->fd, st.st_mode & f->mode & ~mask) == 0;
}

/* A file that takes the place of another has that one's rights. */
static void set_rights(struct outfile *f)
{
	struct stat st;
	bool done;

	if (stat(f->name, &st) == 0)
		done = outfile_copy_rights(f->name, &st, f->fd);
	else
		done = give_mode(f);
	if (!done)
		die_errno("cannot set the mode of %s", f->name);
}

/* ---- the end ---- */

/* linkat cannot replace a file, so the unnamed one gets a name beside the target first. */
static void name_it(struct outfile *f)
{
	char *from = xasprintf("/proc/self/fd/%d", f->fd);
	uint64_t random;

	for (unsigned try = 0; try < 1000; try++) {
		hash_random(&random, sizeof(random));
		f->temp = xasprintf("%.*s.%016" PRIx64, stem_len(f->name), f->name, random);
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
