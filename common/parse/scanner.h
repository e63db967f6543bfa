/* SPDX-License-Identifier: MIT */
/*
 * scanner - the records of a program that scans file systems, other than those of GPFS.
 *
 * Each is a table: what its records tell, and a call that reads one. All else, from blank lines to
 * paths that are not absolute, is the same for all of them and stands in scanner.c.
 */
#ifndef TREETALLY_SCANNER_H
#define TREETALLY_SCANNER_H

#include "common/parse/fields.h"

struct scan_form;
struct find_template;

/* What a scanner's call makes of a line. */
struct record {
	struct fields fields; /* path: text of the path, in the line or in `buffer` */
	uint64_t generation;  /* or what else tells inodes with the same number apart */
	bool begins;          /* a record begins here, good or bad; else nothing is looked at */
	bool raw;             /* the path stands in the line as it is, up to its end */
	bool skipped;         /* a record of something that is no entry */
	char *buffer;         /* PATH_BYTES_MAX bytes, for a path that must be decoded */
	struct block_build *block; /* of line_set_path; NULL: none */
};

struct scanner {
	const char *name;    /* of the format */
	const char *purpose; /* for lists of formats */
	unsigned given;      /* bits of the fields that each record must have */
	bool whole_names;    /* as line_format has it */
	const char *root;    /* where names that are not absolute lie, if no option says it */
	const struct layout *layout;

	/*
	 * Read the `end` - `at` bytes of a line into `r`. Returns why there is no entry whatever its
	 * values are, or REJECT_NONE. The byte at `end` can be looked at.
	 */
	enum reject_reason (*read)(struct record *r, const struct scan_form *form, const char *at,
				   const char *end);
};

/* How the lines of a source are written: line_format.how of the layouts here. */
struct scan_form {
	const struct scanner *scanner;
	const struct find_template *find; /* what find printed (find_template.h), else NULL */
	struct field_plan plan;
	const char *root;       /* names that are not absolute lie below it; NULL: there are none */
};

/* Of lines that all that is needed is said of by the end of the format. */
extern const struct layout scanner_layout;

/* Parts of other layouts. */
void *scanner_new_parser(struct block_build *block);
void scanner_free_parser(void *parser);
enum line_kind scanner_parse(void *parser, const struct line_format *format, const char *text,
			     size_t len, struct line *line);
const char *scanner_foreign(const char *text, size_t len);

/* The next column of a table: the text from *at to `mark`, or to the end. False behind the last. */
struct column {
	const char *at, *end;
};
bool scanner_column(struct column *column, const char **at, const char *end, char mark);

#endif
