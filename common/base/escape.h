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

/*
 * A string of JSON with its quotes. Bytes that are not UTF-8 become U+FFFD, as RFC 8259 wants it;
 * with `keep_bytes` every byte stays that JSON's grammar allows, as ncdu wants it.
 */
void escape_add_json(struct buf *out, const char *text, size_t len, bool keep_bytes);

#endif
