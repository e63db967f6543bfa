/* SPDX-License-Identifier: MIT */
/*
 * gpfs_line - the default layout: a line of a GPFS policy list.
 *
 *     [<n> ]INODE GENERATION SNAPSHOT  SHOW -- /PATH
 *     SHOW: s=BYTES a=KIB u=UID g=GID p=MODE ac=STAMP [m=... mt=STAMP cr=STAMP nl=LINKS ...]
 *
 * The keys of SHOW come in any order, unknown ones are skipped, the first occurrence counts. A line
 * that starts like a record but is not one is rejected with one reason: the first fault in the
 * order line, path, numbers before SHOW, interleaved, missing field, values, path components. Any
 * other line is skipped by kind. A record begins with three numbers, or has a separator.
 */
#ifndef TREETALLY_GPFS_LINE_H
#define TREETALLY_GPFS_LINE_H

#include "common/log/line.h"

/* Files up to this length without a block have their data in the inode. */
#define GPFS_INLINE_MAX 4096

extern const struct layout gpfs_layout;

#endif
