/* SPDX-License-Identifier: MIT */
/*
 * link_files - the paths of files with several links, directory by directory.
 */
#ifndef TREETALLY_LINK_FILES_H
#define TREETALLY_LINK_FILES_H

#include "common/db/db_reader.h"
#include "common/stream/sums.h"

struct link_files {
	/* Of the current path: valid if `more`, the name until the next one. */
	bool more;
	int64_t dir_id;
	int64_t link;       /* the same for all paths of a file */
	int64_t links;      /* its link count; 0: not known */
	const char *name;
	size_t name_len;
	struct sums seen;   /* of its lines: more than one where the log repeats itself */
	struct sums sums;   /* of one */
	bool first;         /* no path of the file comes before it in the range; if that was asked */

	/* private */
	struct db_reader_db *a;
	sqlite3_stmt *select;
};

/* How many there are in directories first..last; `most` if there are more. */
int64_t link_files_count(struct db_reader_db *a, int64_t first, int64_t last, int64_t most);

/*
 * Those of the same range, by directory, link and path; stands on the first one. `firsts`: ask which
 * are first, a look-up for each.
 */
void link_files_open(struct link_files *f, struct db_reader_db *a, int64_t first, int64_t last,
		     bool firsts);
void link_files_next(struct link_files *f);
void link_files_close(struct link_files *f);

#endif
