/* SPDX-License-Identifier: MIT */
/*
 * list_lines - the records of scanners that need no more than a table of columns.
 *
 * ne2scan, lester: times in seconds; the FID and its bar are there or not; #complete# must end it.
 *
 *     atime|ctime|mtime|uid|gid|mode|size|inode|ost:object,...|[fid|]path
 *
 * wrstat, with TABs between the columns; the path is quoted as Go's %q does it, or, by mpistat, in
 * base64; size is the length, but where there is a length too, the allocated bytes up to that.
 *
 *     "path" size uid gid atime mtime ctime type inode nlink dev [length]
 *
 * pwalk, with commas; quotes in names are doubled, control characters left out.
 *
 *     inode,parent,depth,"path","ext",uid,gid,size,dev,blocks,nlink,"mode",atime,mtime,ctime,n,sum
 *
 * The number of the device, where there is one, becomes the generation.
 */
#ifndef TREETALLY_LIST_LINES_H
#define TREETALLY_LIST_LINES_H

#include "common/parse/scanner.h"

extern const struct scanner ne2scan_scanner, wrstat_scanner, wrstat11_scanner, mpistat_scanner,
	pwalk_scanner;

#endif
