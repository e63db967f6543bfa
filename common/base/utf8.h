/* SPDX-License-Identifier: MIT */
/*
 * utf8 - characters in bytes of unknown origin.
 *
 * A name is any run of bytes. Here it is taken apart into characters of UTF-8 (RFC 3629) and other
 * bytes. What could move the cursor, colour the screen, turn writing around or hide must not reach
 * a terminal: it is written as \ooo. Needs no locale and no memory.
 */
#ifndef TREETALLY_UTF8_H
#define TREETALLY_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The character at `text`, in bytes; 0 when there is none (len 0, or not UTF-8). */
size_t utf8_next(const char *text, size_t len, uint32_t *character);
bool utf8_valid(const char *text, size_t len);

/* Neither a control character (C0, C1) nor one that only directs how others are shown. */
bool utf8_is_harmless(uint32_t character);

/* Bytes of `out` for each byte of text. */
#define UTF8_ESCAPE_MOST 4
/*
 * Write `text` as a terminal may get it; returns the length. Control characters below 0x20 that are
 * in `passed` stay, and so does a CR before an LF if that stays.
 */
size_t utf8_escape(char *out, const char *text, size_t len, const char *passed);

#endif
