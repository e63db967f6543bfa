/* SPDX-License-Identifier: MIT */
/*
 * escape - bytes in TSV and in header text: TAB, LF, CR and backslash are written \t \n \r \\,
 * every other byte stands for itself. The two calls are exact inverses.
 */
#ifndef TREETALLY_ESCAPE_H
#define TREETALLY_ESCAPE_H

#include "common/base/buf.h"

void escape_add(struct buf *out, const void *data, size_t len);

/* Decode in place; returns the new length, or SIZE_MAX if a backslash begins something else. */
size_t escape_decode(char *text, size_t len) WARN_UNUSED;

#endif
