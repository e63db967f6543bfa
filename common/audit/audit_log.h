/* SPDX-License-Identifier: MIT */
/*
 * audit_log - a database against the log that it was made from, read again.
 *
 * Every directory, every column of its line, every row of usage_nr, the latest times and the
 * accounts. Call after audit_tree_walk, so that `directories` is known to be a tree.
 *
 * The programs of the import read the log, as children with anonymous pipes between them:
 *
 *     log -> gpfs-parse -+-> dir-extract -> depth-sort -> dirs
 *                        +-> stats-accum ---------------> usage
 *
 * They stand beside this program, and end when it does, however it does. Neither branch gives
 * anything before the log has ended, and gpfs-parse has then written all; so the two streams can be
 * read in step with each other.
 */
#ifndef TREETALLY_AUDIT_LOG_H
#define TREETALLY_AUDIT_LOG_H

#include "common/audit/audit_report.h"

#define AUDIT_PARSE_OPTIONS 8 /* of the parser, with their values, that can be passed on */

struct audit_log_options {
	const char *const *logs; /* NULL at the end */
	const char *parse[AUDIT_PARSE_OPTIONS + 1]; /* NULL at the end */
	const char *parser;     /* its name */
	const char *format;     /* of the log's lines; NULL: the parser decides */
	const char *filesystem; /* NULL: not known */
	const char *scan_date, *age_by;
	uint64_t memory;        /* for all children, in bytes */
	const char *temp_dir;   /* NULL: they choose */
	const char *threads;    /* of each child: a number */
};

struct audit_log_counts {
	uint64_t directories, usage, links; /* records compared */
	int64_t lines;               /* of the log */
};

/* Dies (1) at the first difference, (3) when the log cannot be read to its end. */
void audit_log_check(struct db *db, const struct audit_log_options *opt,
		     struct audit_log_counts *counts);

#endif
