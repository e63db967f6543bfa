/* SPDX-License-Identifier: MIT */
/*
 * import_keep - the databases of earlier scans, kept beside the one of the latest.
 *
 * asp.db becomes asp.db.20260111, the day of its scan, which `*.db` does not match: a question to
 * all databases of a directory must not count a file system twice. If that is taken,
 * asp.db.20260111.2.
 */
#ifndef TREETALLY_IMPORT_KEEP_H
#define TREETALLY_IMPORT_KEEP_H

#include "common/import/import_target.h"

/*
 * Give the old database such a name too, so that it has one at every moment; nothing if it is
 * unfinished or not there. A second link, or a copy where the file system has no links. Dies (4).
 */
void import_keep_old(const struct import_target *t);

/* Remove all but the latest `count` that were kept; a warning if one cannot be. */
void import_keep_latest(const struct import_target *t, uint64_t count);

#endif
