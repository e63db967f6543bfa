/* SPDX-License-Identifier: MIT */
/*
 * attrs - the `key=value` text of stream headers and trailers, fields separated by TAB.
 *
 * The same text stands in the binary header, in the `#treetally` line and in the `#end` line, so
 * it is written and read once. Values are escaped (escape.h); keys are plain words.
 */
#ifndef TREETALLY_ATTRS_H
#define TREETALLY_ATTRS_H

#include "common/base/buf.h"

void attrs_add(struct buf *out, const char *key, const char *value);
void attrs_add_u64(struct buf *out, const char *key, uint64_t value);

/*
 * Take the next field off *cursor (a NUL-terminated text that is modified; values are decoded in
 * place). Returns 1 and sets key and value, 0 at the end, -1 when the text is malformed.
 */
int attrs_next(char **cursor, char **key, char **value) WARN_UNUSED;

#endif
