/* SPDX-License-Identifier: MIT */
/*
 * walk_line - one record of a scan list, in the layout that gpfs-parse reads by default:
 *
 *     INODE 0 0  s=BYTES a=KIB u=UID g=GID p=MODE ac=TIME mt=TIME cr=TIME nl=LINKS -- PATH
 *
 * `%` and LF in paths are percent-encoded, all other bytes stand for themselves. Times are UTC; one
 * outside the years 1 to 9999 becomes the first or the last second of them, since anybody can give
 * a file such a time and the file must not be lost. cr is the last status change.
 */
#ifndef TREETALLY_WALK_LINE_H
#define TREETALLY_WALK_LINE_H

#include <sys/stat.h>

#include "common/base/buf.h"
#include "common/base/scantime.h"

#define WALK_LINE_DAYS 1024 /* slots: about three years in a row */

/* Dates that were written lately, so that few need calendar arithmetic. Zeroed is empty. */
struct walk_days {
	struct {
		int64_t day;
		char text[DATE_TEXT_SIZE];
	} slots[WALK_LINE_DAYS];
};

void walk_line_encode(struct buf *out, const char *name, size_t len);

/* Append the line; `prefix` is the start of the path, encoded, `name` the rest, not encoded. */
void walk_line_add(struct buf *out, struct walk_days *days, const struct statx *st,
		   const struct buf *prefix, const char *name, size_t len);

#endif
