/* SPDX-License-Identifier: MIT */
/*
 * gufi_line - traces of GUFI (gufi_dir2trace), with counted texts, so that names may hold LF:
 *
 *     HHHHname|type|inode|mode|nlink|uid|gid|size|blksize|blocks|atime|mtime|ctime|HHHHlink|xattrs|
 *     crtime|int|int|int|int|HHHHtext|HHHHtext|pinode|LF
 *
 * The bar stands for the byte 1e, HHHH for the length of what follows in four hexadecimal digits;
 * xattrs have it too in newer versions. Records of the type `e` name external databases and are
 * skipped. Names are those below the directory that holds the one which was scanned.
 */
#ifndef TREETALLY_GUFI_LINE_H
#define TREETALLY_GUFI_LINE_H

#include "common/parse/scanner.h"

extern const struct scanner gufi_scanner;

#endif
