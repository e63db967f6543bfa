/* SPDX-License-Identifier: MIT */
/*
 * summaries - the tables owner_summary and group_summary: what each owner and each group has.
 *
 * Files and bytes are the sums of the scan root in usage_by. Directories are counted while they are
 * loaded: those that directly hold a file of the owner, and those whose line names it. Owners come
 * in any order, so the counts pass through load_sort; first they are added up in a table of fixed
 * size, since most directories have the owner of the one before.
 *
 *     init -> (owned | file)* -> end -> write
 */
#ifndef TREETALLY_SUMMARIES_H
#define TREETALLY_SUMMARIES_H

#include "common/db/db.h"
#include "common/load/link_tables.h"
#include "common/load/load_sort.h"

/* Groups of one directory that are told apart in memory; when it has more, the sorter does it. */
#define GROUPS_KEPT 256

/* An owner or a group, known for the first time or, where there are many, once more. */
typedef void summaries_seen(void *arg, bool group, uint32_t id);

struct summaries {
	struct load_sort *sorted;  /* the caller's */
	summaries_seen *seen;      /* likewise, set after init; NULL: nobody wants to know */
	void *seen_arg;
	struct load_item *counts;  /* a table; part 0: free */
	int64_t usage_dir;         /* whose usage rows are coming; 0: none yet */
	uint32_t last_uid;
	uint32_t groups[GROUPS_KEPT];
	size_t group_count;
	bool many_groups;          /* they are not kept, but go to the sorter with their directory */
};

void summaries_init(struct summaries *s, struct load_sort *sorted);

/* The line of a directory names these. */
void summaries_owned(struct summaries *s, uint32_t uid, uint32_t gid);
/* A row of usage_nr. */
void summaries_file(struct summaries *s, int64_t dir_id, const struct usage_key *key);
/* That was all: the sorter has all counts. Frees. */
void summaries_end(struct summaries *s);

/*
 * Write both tables; the sorter stands at the counts, usage_by is complete. `links` has what is to be
 * taken from each owner and each group, and is read.
 */
void summaries_write(struct load_sort *sorted, struct db *db, int64_t root_id,
		     struct link_tables *links);

#endif
