/* SPDX-License-Identifier: MIT */
/*
 * claims - what a source says of itself: by its name, its first line or its last.
 *
 *     20260111_csfs1_asp.list.list_all.log.xz     file system "asp", scanned on 2026-01-11
 *     # treetally scan-tree 2 escape=pct scan_date=2026-01-11 filesystem=asp
 *     # treetally scan-tree end entries=812345 unseen=0 vanished=2
 *
 * Any program may write such first and last lines, under its own name. Those of other tools:
 *
 *     #IDENT#|1.0|1.42|1768089600|...|asp|note   ne2scan; then #complete#1768093200 must come
 *     # fields: size|mtime|...                   then # end rows=812345 must come
 */
#ifndef TREETALLY_CLAIMS_H
#define TREETALLY_CLAIMS_H

#include "common/base/scantime.h"

enum scan_escape { ESCAPE_UNKNOWN, ESCAPE_NONE, ESCAPE_PCT };

struct scan_claim {
	char *filesystem; /* owned; NULL: it says nothing */
	int64_t scan_day; /* DAY_NONE: it says nothing */
	enum scan_escape escape;
	bool has_end; /* an end line must come: without it the list was cut */
};

/* What end lines say. Lists that were joined have several: all numbers add up. Zeroed: none. */
struct scan_end {
	uint64_t lines; /* such lines */
	uint64_t bad;   /* of them, those that cannot be read */
	uint64_t uncounted; /* and those that do not tell how many entries there are */
	uint64_t last;  /* number of the last of them, from 1 */
	uint64_t entries; /* lines that the scan wrote */
	uint64_t unseen;  /* directories that it could not read */
	uint64_t skipped; /* files likewise */
};

/* The name under which an operand is recorded: no directory, no suffix of a compressor. */
char *claims_of_operand(const char *operand);

/* May this be the name of a file system? It becomes part of file names and of one-line messages. */
bool claims_valid_filesystem(const char *name);

extern const char *const claims_escape_names[]; /* from ESCAPE_NONE on; NULL ends them */
bool claims_escape_from_name(const char *word, enum scan_escape *escape) WARN_UNUSED;

/* What the name of a source says. */
void claims_claim(struct scan_claim *claim, const char *source);

/*
 * What its first line says, without LF; adds what the claim does not have yet. Returns NULL, or
 * what is wrong with the line. A line that is not such a header says nothing.
 */
const char *claims_claim_line(struct scan_claim *claim, const char *line, size_t len) WARN_UNUSED;

/* Add what this comment, line `number`, says if it is an end line. */
void claims_add_end(struct scan_end *end, const char *line, size_t len, uint64_t number);

/* Add the sums of another part of the same source, which has `lines_before` lines before it. */
void claims_add_ends(struct scan_end *end, const struct scan_end *more, uint64_t lines_before);

void claims_release(struct scan_claim *claim);

#endif
