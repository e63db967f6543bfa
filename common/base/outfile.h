/*
 * outfile - a file that appears under its name only when it is complete.
 *
 * A regular file is written without a name (O_TMPFILE) or, where the file system cannot, under a
 * temporary one beside the target, and takes its name in outfile_commit. A symbolic link stays and
 * what it points to is made or replaced. A file that is replaced hands its rights on (rights.h).
 * Everything else (a pipe, a device, /dev/fd/N, "-" for stdout) is written straight, and a terminal
 * gets no control characters but TAB and the ends of lines: others become \ooo. Every call
 * dies (4) on failure; a process that dies leaves the old file as it was and no temporary name;
 * only a signal in the second case leaves NAME.XXXXXX behind.
 */
#ifndef TREETALLY_OUTFILE_H
#define TREETALLY_OUTFILE_H

#include <sys/types.h>

#include "common/base/die.h"

struct outfile {
	char *name; /* as given; "standard output" for "-" */
	char *temp; /* temporary name that must be renamed or removed; NULL: none */
	int fd;
	bool straight; /* written in place: nothing to link or rename */
	bool terminal; /* to be escaped; whoever has done that, and has colours, clears it */
	bool durable;  /* to be set: on the disk before it gets its name */
	mode_t mode;
	bool exact_mode;
};

/*
 * `mode` is what a new regular file gets, less the umask. Dies (4) also when, in a directory like
 * /tmp, somebody else has put a file or a link under the name.
 */
void outfile_open(struct outfile *f, const char *name, mode_t mode);
/* A new file gets this mode, whatever the umask. */
void outfile_exact_mode(struct outfile *f, mode_t mode);
void outfile_write(struct outfile *f, const void *data, size_t len);
/* Give it its rights and its name and close it, all checked. */
void outfile_commit(struct outfile *f);

#endif
