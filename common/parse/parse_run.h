/* SPDX-License-Identifier: MIT */
/*
 * parse_run - what a parser of logs does once its options are known: turn the logs into one entry
 * stream. All that it does not know is the layout of the lines.
 *
 * A stream whose input was not what it should be gets no trailer (status 3): too many lines that
 * are no records, not a single record, an input that ends inside a line, a decompressor that
 * failed.
 */
#ifndef TREETALLY_PARSE_RUN_H
#define TREETALLY_PARSE_RUN_H

#include "common/parse/parse_opts.h"

struct parse_program {
	/*
	 * How the lines of a source are written: sets format->layout, and format->how for it, with
	 * options and the source's first chunk to judge by; pct and crlf are set as options and
	 * line 1 say. `scan_day`: DAY_NONE when it is not known. Called for each source before its lines
	 * are parsed; dies if nothing fits. What it sets must outlive the run: threads read it.
	 */
	void (*choose)(void *to, const char *source, const struct chunk *first, int64_t scan_day,
		       struct line_format *format);
	void *to;
};

/* Dies as its parts do. */
void parse_run(const struct parse_opts *opt, const struct parse_program *program);

#endif
