/* SPDX-License-Identifier: MIT */
/*
 * pct - percent-encoded text, as ESCAPE in a policy rule makes it.
 */
#ifndef TREETALLY_PCT_H
#define TREETALLY_PCT_H

#include <stddef.h>

#include "common/stream/ledger.h"

/* 0 to 15, or -1. */
static inline int pct_hex_digit(char c)
{
	unsigned digit = (unsigned char)(c - '0'), letter = (unsigned char)((c | 0x20) - 'a');

	return digit < 10 ? (int)digit : letter < 6 ? (int)letter + 10 : -1;
}

bool pct_is_slash(const char *at);

/*
 * Slashes are encoded in all of a path or nowhere, as the first shows. A slash in the other
 * form is not a separator, and cannot be part of a name either. `to` has room for end - at bytes.
 */
enum reject_reason pct_decode_path(char *to, size_t *len, const char *at, const char *end);

/*
 * What does not decode, or to a NUL or LF, which no value has, stays as it is: it is for the value
 * to be bad then, and an optional one must not cost the line. Returns the length; room as above.
 */
size_t pct_decode_show(char *to, const char *at, const char *end);

#endif
