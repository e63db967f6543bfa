/* SPDX-License-Identifier: MIT */
/*
 * gpfs_prepare - the records that `mmapplypolicy -I prepare` leaves for later runs.
 *
 *     iAggregate:WEIGHT:INODE:GENERATION:SIZE:iRule:resourceID:attr_flags:
 *     len!PATH:len!POOL[;len!SHOW]
 *
 * All in one line. Numbers are hexadecimal, lengths decimal, and the end is LF or NUL: counted
 * strings may hold any byte, so a record itself tells where it ends. A minus before a length says
 * that LF and backslash are written as \n and \\ in the string, and the length counts those. SHOW is
 * read by a template, as in a list. SIZE is KB_ALLOCATED unless the rule has a SIZE clause: it
 * stands for allocated bytes when SHOW has none. The snapshot is not told. A path may be relative
 * to where the file system is mounted.
 *
 * What begins with two of the numbers is a record, good or bad. A bad one ends with its line.
 */
#ifndef TREETALLY_GPFS_PREPARE_H
#define TREETALLY_GPFS_PREPARE_H

#include "common/parse/gpfs_template.h"

/* line_format.how is a struct gpfs_format. */
extern const struct layout gpfs_prepare_layout;

/*
 * Are the records of this text, the beginning of a source, such ones, and not those of a list? The
 * first line that is either decides. *relative: and has it no absolute path, encoded if `pct`?
 */
bool gpfs_prepare_detect(const char *text, size_t len, bool pct, bool *relative) WARN_UNUSED;

#endif
