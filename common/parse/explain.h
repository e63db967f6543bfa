/* SPDX-License-Identifier: MIT */
/*
 * explain - what people are told, on standard output, about how a log would be read: the parts that
 * are the same for all parsers. Its beginning is all that is read.
 */
#ifndef TREETALLY_EXPLAIN_H
#define TREETALLY_EXPLAIN_H

#include "common/parse/parse_opts.h"

#define EXPLAIN_LINES 1000 /* record lines that are looked at; keep gpfs-parse.1 in step */
#define EXPLAIN_WIDTH 12   /* of the first column */

struct explain {
	struct log_source source;
	struct chunk first;
	struct line_format format; /* as options and line 1 say; the caller sets the rest */
	int64_t scan_day;          /* DAY_NONE: not known */
};

/* Open the only log of `o` and read its beginning. Dies as log_source does, (3) if it is empty. */
void explain_open(struct explain *e, const struct parse_opts *o);
void explain_close(struct explain *e);

/*
 * How many of the first record lines does a format read whole? *lines: of how many. Stops after
 * more than `spare` misses. With `example` it stops at the first that is read, and gives it back.
 */
unsigned explain_count(const struct chunk *first, const struct line_format *format, void *parser,
		       unsigned spare, unsigned *lines, struct line *example);

/* What the format assumes. */
void explain_assumed(const struct explain *e);

/* How many records the format reads, and the first of them; false if it reads none. */
bool explain_record(const struct explain *e);

/* Behind some output, so that messages come after it; dies if it could not be written. */
void explain_end(void);

#endif
