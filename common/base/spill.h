/* SPDX-License-Identifier: MIT */
/*
 * spill - temporary storage for sorted runs that do not fit in memory.
 *
 * All runs lie one after another in a single file without a name: it is created with O_TMPFILE,
 * or created and unlinked at once, so that a crash or kill -9 leaves nothing behind. The
 * price: the space shows in df, not in ls or du; that is why `peak` exists. Space of runs that
 * were read is given back to the file system (hole punching) where it can do that.
 *
 * The directory is `dir`, or $TMPDIR, or /var/tmp; a tmpfs gets a warning, for it is memory.
 * All failures die (4). Offsets and lengths are bytes.
 */
#ifndef TREETALLY_SPILL_H
#define TREETALLY_SPILL_H

#include "common/base/die.h"

struct spill {
	char *dir;
	bool quiet;      /* no warning of a tmpfs */
	int fd;          /* -1 until the first write */
	uint64_t end;    /* where the next byte goes */
	uint64_t freed;  /* bytes punched out */
	uint64_t peak;   /* largest end - freed so far */
	uint64_t written;
};

/* Remembers the directory; the file is made at the first write. `dir` NULL: chosen as above. */
void spill_init(struct spill *s, const char *dir, bool quiet);
void spill_append(struct spill *s, const void *data, size_t len);
void spill_read(struct spill *s, uint64_t offset, void *data, size_t len);
/* These bytes are not needed any more. */
void spill_discard(struct spill *s, uint64_t offset, uint64_t len);
void spill_release(struct spill *s);

/* The directory temporary files go to: `dir` or $TMPDIR or /var/tmp. */
const char *spill_directory(const char *dir);

#endif
