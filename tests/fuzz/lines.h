/* SPDX-License-Identifier: MIT */
/* lines - text cut into lines by a layout, as chunks do it. */
#ifndef TREETALLY_FUZZ_LINES_H
#define TREETALLY_FUZZ_LINES_H

#include "common/log/line.h"

/*
 * Call take(arg, at, content, left) for each line: its bytes without the end, and all bytes from
 * there on. A chunk ends behind any line, so where lines end must not depend on how much text is
 * behind them: that is checked.
 */
void lines_take(const struct line_format *format, const char *text, size_t len,
		void (*take)(void *arg, const char *at, size_t content, size_t left), void *arg);

#endif
