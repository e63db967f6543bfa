/* SPDX-License-Identifier: MIT */
/*
 * file_match - which files are meant: of whom, how old, how large.
 *
 * Databases know files by class of age and of size (buckets.h), so what is asked for must begin and
 * end where a class does; then every answer is exact.
 */
#ifndef TREETALLY_FILE_MATCH_H
#define TREETALLY_FILE_MATCH_H

#include "common/base/buf.h"
#include "common/base/opts.h"
#include "common/stream/buckets.h"

struct file_match {
	const uint32_t *uids, *gids; /* of one of these owners, groups; each id once, borrowed */
	size_t uid_count, gid_count; /* 0: of all */
	struct file_classes {
		int first, last; /* of the ten; both are meant */
	} age, size;
};

/* All files. */
void file_match_init(struct file_match *match);
bool file_match_some_ages(const struct file_match *match);
bool file_match_some_sizes(const struct file_match *match);
/* Are some files left out? */
bool file_match_is_given(const struct file_match *match);

/* Append " AND ..." for each condition on the columns of usage_nr. */
void file_match_sql(const struct file_match *match, struct buf *sql);

/* Options; a value that is no border of classes ends the program (2) with the list of borders. */
opt_call file_match_older, file_match_younger, file_match_larger, file_match_smaller;
#define FILE_MATCH_OPTS(match)                                                                     \
	OPT_CALL(0, "older", "AGE", NULL, file_match_older, (match)),                              \
	OPT_CALL(0, "younger", "AGE", "files of AGE or more, of less; AGE: a border of classes",   \
		 file_match_younger, (match)),                                                     \
	OPT_CALL(0, "larger-than", "SIZE", NULL, file_match_larger, (match)),                      \
	OPT_CALL(0, "smaller-than", "SIZE", "files of SIZE or more, of less; likewise",            \
		 file_match_smaller, (match))
/* When all options are known: ends the program (2) when no file can match. */
void file_match_check(const struct file_match *match);

#endif
