/*
 * An ACL is an extended attribute that the kernel hands out and takes back as it is: no library is
 * needed. Where there is one, the group bits of the mode are its mask: the bits must never be given
 * without it, or the owning group would get what the mask allows to others.
 */
#include "common/base/rights.h"

#include <sys/xattr.h>
#include <unistd.h>

#define ACL_NAME "system.posix_acl_access"
#define ACL_BYTES_MAX (64u << 10) /* the most that an attribute can have */
#define MODE_BITS 0777
#define GROUP_BITS 0070

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

bool rights_copy(const char *name, const struct stat *old, int fd)
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

bool rights_new(int fd, mode_t mode, bool exact)
{
	struct stat st;
	mode_t mask = umask(0);

	umask(mask);
	if (exact)
		return fchmod(fd, mode) == 0;
	if (fstat(fd, &st))
		return false;
	/* A default ACL of the directory ignores the umask, and may have allowed less than `mode`. */
	return fchmod(fd, st.st_mode & mode & ~mask) == 0;
}
