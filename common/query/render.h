/* SPDX-License-Identifier: MIT */
/*
 * render - the rows of an answer, in one of five formats.
 *
 *     table    for people: aligned, as wide as the terminal, human sizes, bars, colour
 *     tsv      one line of column names, then rows; text escaped as in streams (escape.h)
 *     csv      RFC 4180: CRLF, quotes where needed; text that is not UTF-8 as \x and its hex digits
 *     json     RFC 8259: {"kind":..., "columns":[...], "rows":[{...}]}; in text that is not UTF-8
 *              each such byte is U+FFFD and a member NAME_hex beside it holds all bytes;
 *              "scans" says which scans it is about
 *     ndjson   one such row object in each line
 *
 * All but tables give exact integers and all columns but RENDER_SHARE. A table is laid out when its
 * first rows are known (RENDER_AHEAD); rows beyond them are written as they come, so memory is
 * bounded. What is written for a terminal holds no control byte that came from a name.
 *
 * Life: render_format -> render_open -> (render_row | render_total | render_note)* -> render_close
 * Every failure to write dies (4).
 */
#ifndef TREETALLY_RENDER_H
#define TREETALLY_RENDER_H

#include "common/base/buf.h"
#include "common/base/outfile.h"
#include "common/query/render_cells.h"

struct render_layout; /* tables: widths and rows that wait for them (render_table.h) */

struct render {
	enum render_format format;
	const char *kind;
	const struct render_column *columns;
	size_t column_count;
	uint64_t rows;  /* without totals */
	bool has_total; /* JSON: `rows` is over */
	struct buf out; /* not yet written */
	struct outfile file;
	struct render_layout *layout;
	const struct render_options *options;
	/* --columns: those that are shown, and their places among the caller's */
	struct render_column chosen[RENDER_COLUMNS_MAX];
	size_t place[RENDER_COLUMNS_MAX];
};

/* The values of --format, from RENDER_TABLE on; NULL ends them. */
extern const char *const render_format_names[];
/* False for any other word. */
bool render_format_from_name(const char *name, enum render_format *format) WARN_UNUSED;
/* What it will be: the one given, that of the name of a file, a table on a terminal, TSV elsewhere. */
enum render_format render_format(const struct render_options *options);

/*
 * Options and columns must live until render_close. A column to be shown that is not there ends the
 * program (2).
 */
void render_open(struct render *r, const struct render_options *options, const char *kind,
		 const struct render_column *columns, size_t column_count);
/* One cell for each column. */
void render_row(struct render *r, const struct render_cell *cells);
/* The last row: below a rule in tables, the member "total" in JSON, a row elsewhere. */
void render_total(struct render *r, const struct render_cell *cells);
/* A line of a table; nothing elsewhere. */
void render_note(struct render *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same, when a limit that nobody gave cut the rows: "50 of 59,970 shown (-n 0: all)". */
void render_note_cut(struct render *r, uint64_t all);
void render_close(struct render *r);

#endif
