/* SPDX-License-Identifier: MIT */
/*
 * outfile - a file that appears under its name only when it is complete.
 *
 * A regular file is written without a name (O_TMPFILE) or, where the file system cannot, under a
 * temporary one beside the target, and takes its name in outfile_commit. A symbolic link stays, and
 * what it points to is made or replaced.
 *
 * Everything else is written as it is: a pipe, a device, "-" for stdout. So is a descriptor by any
 * of its names, /dev/stdout, /dev/fd/N or /proc/self/fd/N, even if a regular file is behind it:
 * where the descriptor stands, or at the end if it was opened for appending. A terminal gets no
 * control characters but TAB and LF: others become \ooo.
 *
 * A new file has the mode 0640 less the umask, since our files hold the names of everybody's files.
 * A file that replaces another one gets its owner (if we are permitted), group, mode and ACL. If
 * the group or the ACL cannot be set, the file has no group rights at all: those of one group must
 * not become another's.
 *
 * Every call dies (4) on failure, and outfile_open (2) when the file is used otherwise
 * (file_use.h). A process that dies leaves the old file as it was and no temporary name; only a
 * signal leaves NAME.XXXXXX where there are no files without a name.
 */
#ifndef TREETALLY_OUTFILE_H
#define TREETALLY_OUTFILE_H

#include <sys/stat.h>

#include "common/base/die.h"
#include "common/base/file_use.h"

struct outfile {
	char *name; /* what will be made: links are resolved. "standard output" for "-" */
	char *temp; /* temporary name that must be renamed or removed; NULL: it has none */
	int fd;
	bool straight; /* written as it is: nothing to link or rename */
	bool terminal; /* to be escaped; whoever has done that, and has colours, clears it */
	bool durable;  /* to be set: on the disk before it gets its name */
	bool exact_mode;
	mode_t mode;
};

/*
 * `use` is FILE_OUTPUT or FILE_DATABASE. Dies (4) also when, in a directory like /tmp, somebody
 * else has put a file or a link under the name.
 */
void outfile_open(struct outfile *f, const char *name, enum file_use use);
/* A new file gets this mode, whatever the umask. */
void outfile_exact_mode(struct outfile *f, mode_t mode);
void outfile_write(struct outfile *f, const void *data, size_t len);
/* Give it its rights and its name and close it, all checked. */
void outfile_commit(struct outfile *f);

/*
 * Is this such a name of a descriptor? Then *fd is a copy of it, to be closed by the caller, or -1
 * with errno set.
 */
bool outfile_descriptor(const char *name, int *fd) WARN_UNUSED;

/*
 * The name itself, or what it points to, which need not be there: a symbolic link stays. Dies (4)
 * when somebody else has put it there, as below. The caller frees it.
 */
char *outfile_final_name(const char *name);
/*
 * In /tmp and its like, where anybody may put files and nobody may remove those of others, a link
 * or a file of somebody else under the name that we write to is a trap: dies (4). `st` is of
 * lstat(2).
 */
void outfile_refuse_planted(const char *name, const struct stat *st);
/*
 * Give the open file the rights of the file `name`, as said above. False if the mode cannot be set.
 */
bool outfile_copy_rights(const char *name, const struct stat *old, int fd) WARN_UNUSED;

#endif
