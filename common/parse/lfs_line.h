/* SPDX-License-Identifier: MIT */
/*
 * lfs_line - lists of `lfs find` on Lustre:
 *
 *     lfs find /fs --lazy --printf \
 *         "%LF s=%s b=%b u=%U g=%G p=%LP type=%y perm=%m a=%A@ m=%T@ c=%C@ -- %p\n"
 *
 *     0x24001959d:0x1f:0x0 s=16384 b=32 u=38057 g=68122 p=1 type=d perm=0750 a=1769700762 ... -- /p
 *
 * Keys come in any order, unknown ones are skipped. The identity of a file is its FID (take.h).
 *
 * lfs formats a record in a buffer of LFS_BUFFER bytes: a longer one is cut there, and without its
 * LF the next record stands on the same line. It is rejected as too long: its path is not whole.
 */
#ifndef TREETALLY_LFS_LINE_H
#define TREETALLY_LFS_LINE_H

#include "common/parse/scanner.h"

#define LFS_BUFFER 1024 /* with a NUL, or without one: records of 1023 or 1024 bytes are cut */

extern const struct scanner lfs_scanner;

#endif
