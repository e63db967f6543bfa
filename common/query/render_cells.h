/* SPDX-License-Identifier: MIT */
/*
 * render_cells - what an answer is made of: columns and cells, and what is asked of their looks.
 *
 * Plain data, shared by render and render_table.
 */
#ifndef TREETALLY_RENDER_CELLS_H
#define TREETALLY_RENDER_CELLS_H

#include "common/base/die.h"

#define RENDER_AHEAD 1000      /* rows that decide how wide the columns of a table are */
#define RENDER_COLUMNS_MAX 64

/* RENDER_AUTO: a table on a terminal, TSV elsewhere; for render_options only. */
enum render_format { RENDER_AUTO, RENDER_TABLE, RENDER_TSV, RENDER_CSV, RENDER_JSON, RENDER_NDJSON };

enum render_type {
	RENDER_TEXT,   /* cell.text */
	RENDER_PATH,   /* cell.text with '/'; shortened in the middle where a table is too wide */
	RENDER_COUNT,  /* tables: 1,234,567 */
	RENDER_BYTES,  /* tables: 1.2 TiB */
	RENDER_TIME,   /* seconds UTC; tables: 2026-01-11 */
	RENDER_NUMBER, /* an id, a depth: plain digits everywhere */
	RENDER_SHARE,  /* cell.share, 0 to 1: a bar; in tables only */
};

struct render_column {
	const char *name;  /* what machines see */
	const char *title; /* above it in tables; NULL: not in tables */
	enum render_type type;
	/* Tables too wide for the terminal lose columns, the highest rank first; 0: never. */
	unsigned rank;
	size_t least;      /* RENDER_PATH: never shortened below this many columns; 0: the usual */
};

struct render_cell {
	bool null;
	int64_t number;
	const char *text; /* raw bytes, borrowed for the call; NULL is as null */
	size_t len;
	double share;
};

/* What the answer is about. */
struct render_scan {
	const char *filesystem;
	int64_t seconds;   /* midnight of the scan date */
	char *assumptions; /* as assume_text */
};

struct render_options {
	enum render_format format;
	const char *columns; /* names of those that are shown, with commas between; NULL: all */
	bool bytes, si, wide; /* tables: exact bytes, powers of 1000, no limit to the width */
	bool iso;            /* times as text, in every format */
	unsigned unit;       /* tables: of bytes (render_number.h); 0: what fits each number */
	const struct render_scan *scans; /* JSON says it of each */
	size_t scan_count;
	const char *output; /* file; NULL: standard output */
	const char *title;  /* a line above a table; NULL: none */
};

/* For callers that fill cells. */
static inline struct render_cell render_number(int64_t number)
{
	return (struct render_cell){ .number = number };
}

static inline struct render_cell render_text(const char *text, size_t len)
{
	return (struct render_cell){ .text = text, .len = len };
}

#endif
