/* SPDX-License-Identifier: MIT */
/*
 * import_target - the database that an import makes or replaces: its place, who works on it,
 * whether the old one may go, and how the new one takes its name.
 *
 * Everything unfinished lives in a directory of this run in DB.import/, whose lock (flock) ends
 * with this process, however it ends. What a killed run has left goes when the next one holds the
 * lock. The new database takes the place of the old one by rename, when it is whole and on the
 * disk.
 *
 * Life:  open -> lock -> look -> ... make `made` ... -> look -> publish -> release
 *
 * Every call dies on failure: 4, or 3 when what is there is not a database of ours, 2 when it must
 * not be replaced; then what is in DB.import goes too, and the old database is as it was.
 */
#ifndef TREETALLY_IMPORT_TARGET_H
#define TREETALLY_IMPORT_TARGET_H

#include <sys/stat.h>

#include "common/db/db_file.h"

struct import_target {
	const char *name; /* as the user gave it */
	char *file;       /* what that leads to: a symbolic link stays */
	char *import;     /* the directory DB.import */
	char *work;       /* the directory of this run in it */
	char *made;       /* the new database in that */
	int lock;         /* open on DB.import; -1: not ours yet */
	bool entered;     /* DB.import is ours to remove */
	struct db_found old;
	char *fate;       /* what has become of the old one, for messages */
};

/* `name` must be, or become, a regular file; nothing is made. Dies (2) of other files. */
void import_target_open(struct import_target *t, const char *name);

/* Take the lock and make `work`. Dies (4) and says who holds it. */
void import_target_lock(struct import_target *t);

/* Find out what is there, and finish what a killed writer has begun there. */
void import_target_look(struct import_target *t);

/*
 * Die (2) if the old one must stay: it is not complete, of another file system, newer, or cannot be
 * asked. `filesystem` NULL and `scan_day` DAY_NONE are not known yet.
 */
void import_target_may_replace(const struct import_target *t, const char *filesystem,
			       int64_t scan_day);

/*
 * The new one gets the rights of the old one, or `mode` if there is none and `mode` is exact, and
 * its name. A warning, unless `quiet`, says which rights it could not be given.
 */
void import_target_publish(struct import_target *t, mode_t mode, bool exact, bool quiet);

/* Let go of it: `work` and the lock. */
void import_target_release(struct import_target *t);

/*
 * The name of a file beside `file`: with `suffix` behind it, or, where the whole would be too long
 * for a file system, with a shortened beginning and a hash. The caller frees it.
 */
char *import_beside(const char *file, const char *suffix);

#endif
