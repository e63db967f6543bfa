/* SPDX-License-Identifier: MIT */
/*
 * polimor_line - what the scan agent of PoliMOR lets `lfs find` print: one JSON object for each
 * file, but its path is not escaped, whatever bytes it has.
 *
 *     { "type": "f", "path": "/lus/a "b"", "atime": 1.0, "mtime": 1.0, "size": 1, "uid": 1, "gid": 1,
 *       "format": { "filesys": "lustre", ..., "fid": "[0x200000401:0x1:0x0]" } }
 *
 * on one line, or as many as the path has. So the path ends with the last quote that stands before
 * "atime", and the record with the first line that ends with a brace, or before the next record.
 */
#ifndef TREETALLY_POLIMOR_LINE_H
#define TREETALLY_POLIMOR_LINE_H

#include "common/parse/scanner.h"

extern const struct scanner polimor_scanner;

#endif
