/* SPDX-License-Identifier: MIT */
/*
 * plain_line - one line of a log, judged by what gpfs-parse(1) says of it, word by word.
 *
 * The second opinion on gpfs_line.c: no sentinel, no eight bytes at once, nothing remembered from
 * line to line, and no code in common with it.
 */
#ifndef TREETALLY_PLAIN_LINE_H
#define TREETALLY_PLAIN_LINE_H

#include "common/parse/gpfs_line.h"

/* As gpfs_layout.parse; `path` has room for PATH_BYTES_MAX bytes. */
enum line_kind plain_line_parse(const struct line_format *format, const char *text, size_t len,
				     char *path, struct line *line);

#endif
