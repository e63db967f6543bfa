/*
 * utf8 - characters in bytes of unknown origin, and how they look on a terminal.
 *
 * A name is any run of bytes. Here it is taken apart into characters of UTF-8 (RFC 3629) and bytes
 * that are none. What could move the cursor, colour the screen, turn writing around or hide does
 * not reach a terminal: utf8_add_visible writes it as \ooo.
 */
#ifndef TREETALLY_UTF8_H
#define TREETALLY_UTF8_H

#include "common/buf.h"

/* The character at `text`, in bytes; 0 when there is none (len 0, or no UTF-8). */
size_t utf8_next(const char *text, size_t len, uint32_t *character);
bool utf8_valid(const char *text, size_t len);

/* Does the user's locale say that the terminal shows UTF-8? */
bool utf8_terminal(void);

/*
 * Append what may be shown of `text`: all printable characters, or only those of ASCII. Returns the
 * columns that it takes.
 */
size_t utf8_add_visible(struct buf *out, const char *text, size_t len, bool ascii_only);

/* Columns of text that utf8_add_visible made. */
size_t utf8_width(const char *text, size_t len);

/*
 * Append such text cut down to at most `columns`, with `gap` where something is missing: at the
 * end, or in the middle of a path. Returns the columns that it takes.
 */
size_t utf8_add_shortened(struct buf *out, const char *text, size_t len, size_t columns,
			  bool is_path, const char *gap);

#endif
