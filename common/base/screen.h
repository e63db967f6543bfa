/* SPDX-License-Identifier: MIT */
/*
 * screen - names as they are seen on a terminal: nothing raw, and how many columns they take.
 *
 * The locale that knows how wide characters are is made once for the process and kept.
 */
#ifndef TREETALLY_SCREEN_H
#define TREETALLY_SCREEN_H

#include "common/base/buf.h"

/* Does the user's locale say that the terminal shows UTF-8? */
bool screen_utf8(void);

/*
 * Append what may be shown of `text`: all printable characters, or only those of ASCII. The rest
 * becomes \ooo, a backslash two. Returns the columns that it takes.
 */
size_t screen_add(struct buf *out, const char *text, size_t len, bool ascii_only);

/* Columns of text that screen_add made. */
size_t screen_width(const char *text, size_t len);

/*
 * Append such text cut down to at most `columns`, with `gap` where something is missing: at the
 * end, or in the middle of a path. Returns the columns that it takes.
 */
size_t screen_add_shortened(struct buf *out, const char *text, size_t len, size_t columns,
			     bool is_path, const char *gap);

#endif
