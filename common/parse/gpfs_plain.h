/* SPDX-License-Identifier: MIT */
/*
 * gpfs_plain - the lines that nearly all of a log is made of, read without looking for anything:
 * every value in the order of the default layout, one blank between them, nothing wrong with any.
 *
 *     <3> 4711 1 0  s=880 a=8 u=7 g=9 m=FAu p=-rw-r--r-- ac=2026-01-10 04:32:00 mt=... cr=...
 *         nl=1 -- /a
 *
 * m=... may be missing, and any blanks may stand before s=.
 */
#ifndef TREETALLY_GPFS_PLAIN_H
#define TREETALLY_GPFS_PLAIN_H

#include "common/log/line.h"
#include "common/parse/value.h"

/*
 * Read a line from behind its tag on; returns its path, and `line` has all but that and what is
 * held in the inode. NULL when anything is different: then gpfs_show decides, which reads every
 * line and takes three times as long, and what was read into `line` so far means nothing.
 */
const char *gpfs_plain_walk(struct value_memo *memo, const char *at, struct line *line);

#endif
