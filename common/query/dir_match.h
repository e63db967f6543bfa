/* SPDX-License-Identifier: MIT */
/*
 * dir_match - how many files in a part of the tree match, and how large they are.
 *
 * Parts are asked for from the first directory on: a large one is answered from the sums of its
 * subtrees (usage_rows.h), small ones by reading usage_nr once, in order.
 *
 * dir_match_next goes through directories in tree order, each with the sums of its subtree (or of
 * itself) as soon as the subtree ends, so children come before their parents. Memory: what is open.
 */
#ifndef TREETALLY_DIR_MATCH_H
#define TREETALLY_DIR_MATCH_H

#include "common/query/dir_total.h"
#include "common/query/usage_rows.h"

/* A directory that is asked about. */
struct match_dir {
	int64_t dir_id, last; /* which directories count for it */
	int64_t rank;         /* the caller's */
	/* Set by dir_match_next: */
	int64_t tree;         /* which of the outermost ones that are asked about it lies in, or is */
	bool covered;         /* it lies in one that holds matching files for certain */
	struct dir_total total; /* the caller's */
	struct sums sums;       /* links counted once, or each */
	struct sums lost;       /* what each link would add to them */
};

/* The next directory that is asked about, in tree order; false at the end. */
typedef bool match_source(void *arg, struct match_dir *dir);

/* What is read of: files, or what they lose because links count once. */
struct match_rows {
	struct usage_rows rows;
	struct totals totals;
	sqlite3_stmt *select;   /* matching rows of usage_nr or link_usage */
	int64_t last, window;   /* the last directory that it reads, and of how many at a time */
	int64_t dir_id;         /* that of the row it stands on; INT64_MAX: it is at its end */
};

struct dir_match {
	/* private */
	struct match_rows seen, lost;
	bool once;              /* `lost` is read, too */
	bool own;               /* of each directory itself */
	struct match_dir *open, waiting;
	size_t depth, open_cap;
	bool begun, more;       /* `waiting` is there */
	int64_t trees;          /* outermost ones that are complete */
	int64_t at;             /* what lies before it is counted */
};

/*
 * `match` must live as long as it. `own`: each directory by itself (its `last` is itself). `links`:
 * LINKS_ONCE or LINKS_SEEN.
 */
void dir_match_open(struct dir_match *m, struct db_reader_db *a, const struct file_match *match,
		    bool own, enum link_count links);
void dir_match_close(struct dir_match *m);

/* The next directory that holds matching files; false at the end. */
bool dir_match_next(struct dir_match *m, match_source *source, void *arg, struct match_dir *dir);
/* Those below a directory; in any order. */
struct sums dir_match_below(struct dir_match *m, int64_t dir_id);

#endif
