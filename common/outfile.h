/*
 * outfile - a file that appears under its name only when it is complete.
 *
 * A regular file is written without a name (O_TMPFILE) or, where the file system cannot, under a
 * temporary one beside the target, and takes its name in outfile_commit. Everything else (a pipe,
 * a device, /dev/fd/N, "-" for stdout) is written straight. Every call dies (4) on failure; a
 * process that dies leaves the old file as it was and no temporary name; only a signal in the
 * second case leaves NAME.XXXXXX behind.
 */
#ifndef TREETALLY_OUTFILE_H
#define TREETALLY_OUTFILE_H

#include <sys/types.h>

#include "common/die.h"

struct outfile {
	char *name; /* as given; "standard output" for "-" */
	char *temp; /* temporary name that must be renamed or removed; NULL: none */
	int fd;
	bool straight; /* written in place: nothing to link or rename */
};

/* `mode` is what a new regular file gets, less the umask. */
void outfile_open(struct outfile *f, const char *name, mode_t mode);
void outfile_write(struct outfile *f, const void *data, size_t len);
/* Give it its name and close it, all checked. No fsync: a stream can be made again. */
void outfile_commit(struct outfile *f);

#endif
