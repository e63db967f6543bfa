/* SPDX-License-Identifier: MIT */
/*
 * usage_rows - the files in a part of the tree of one database, added up by keys.
 *
 * What is read for a subtree depends on what is asked:
 *
 *     all files, no key                    one row of directory_stats
 *     one column of usage rows is enough   usage_by          } where the directory has
 *     all else                             usage_r           } rows there
 *     directories without such rows        those of the uppermost directories below that have some,
 *                                          and usage_nr between them
 *
 * What a subtree loses when links do not count each by itself is read the same way: one row of
 * link_stats; link_usage_r, and link_usage between its directories.
 */
#ifndef TREETALLY_USAGE_ROWS_H
#define TREETALLY_USAGE_ROWS_H

#include "common/db/db_reader.h"
#include "common/query/file_match.h"
#include "common/sort/totals.h"

/* Columns of a usage row that can be keys or be matched. */
enum usage_column { COL_UID, COL_GID, COL_AGE, COL_SIZE, USAGE_KEY_COLUMNS };

/* How the paths of a file with several links count (treetally(7)). */
enum link_count {
	LINKS_SEEN,  /* each */
	LINKS_ONCE,  /* together, as one file */
	LINKS_FREED, /* as one file if all of them are there, else not at all */
};

#define USAGE_ROWS_STATEMENTS 7

struct usage_rows {
	struct db_reader_db *a;
	const struct file_match *match;
	/*
	 * LINKS_SEEN: files are added up, each path counts; else what such sums lose when links
	 * count so (link_rows.h).
	 */
	enum link_count loss;
	struct totals *totals;
	int part[USAGE_KEY_COLUMNS]; /* of the key of totals, or -1 */
	int64_t key[TOTALS_PARTS];   /* the caller sets parts that are none of these columns */

	/* private */
	bool plain;                  /* neither matches nor keys */
	int only;                    /* the one column that matters; -1: none, or several do */
	sqlite3_stmt *statements[USAGE_ROWS_STATEMENTS]; /* whose texts depend on the question */
	sqlite3_stmt *links;         /* link_rows.h */
};

/* All pointers of `with`, and `part`, are given; what is private is set. */
void usage_rows_open(struct usage_rows *with);
void usage_rows_close(struct usage_rows *rows);

/* All files below dir_id, whose subtree ends with `last`; `away`: taken away again, of files only. */
void usage_rows_subtree(struct usage_rows *rows, int64_t dir_id, int64_t last, bool away);
/* Files directly in the directories first..last; of losses, parts that make a subtree together. */
void usage_rows_range(struct usage_rows *rows, int64_t first, int64_t last);
/* The same, one row after the other: where apparent sizes may not be subtracted. */
void usage_rows_forward(struct usage_rows *rows, int64_t first, int64_t last);
/* Files directly in one. */
void usage_rows_own(struct usage_rows *rows, int64_t dir_id);
/* Where the subtree of a directory ends. */
int64_t usage_rows_last(struct usage_rows *rows, int64_t dir_id);

#endif
