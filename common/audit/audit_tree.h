/* SPDX-License-Identifier: MIT */
/*
 * audit_tree - all directories in id order, and what the tables say of each.
 *
 * Open are the directories from `/` down to the current one; when one is over, what was found in
 * it and below must be what directory_stats says, and is added to its parent. This is the auditor's
 * own arithmetic: it shares no code with what wrote the tables.
 *
 * Memory: 900 bytes and a name for each level.
 */
#ifndef TREETALLY_AUDIT_TREE_H
#define TREETALLY_AUDIT_TREE_H

#include "common/audit/audit_links.h"
#include "common/audit/audit_usage.h"
#include "common/base/buf.h"

/* Columns of directory_stats behind dir_id: numbers, times and owners. */
#define AUDIT_STATS(NUMBER, TIME, OWNER) \
	NUMBER(file_count_nr) NUMBER(total_size_nr) NUMBER(apparent_size_nr) NUMBER(dir_count_nr) \
	TIME(max_atime_nr) TIME(max_mtime_nr) \
	NUMBER(file_count_r) NUMBER(total_size_r) NUMBER(apparent_size_r) NUMBER(dir_count_r) \
	TIME(max_atime_r) TIME(max_mtime_r) OWNER(owner_uid) OWNER(owner_gid)
#define AUDIT_STAT_ID(name) STAT_##name,
enum audit_stat { AUDIT_STATS(AUDIT_STAT_ID, AUDIT_STAT_ID, AUDIT_STAT_ID) STAT_COUNT };

struct audit_level {
	int64_t dir_id;
	size_t name_at, name_len;       /* in audit_tree.names */
	bool has_line;
	int64_t said[STAT_COUNT];      /* by directory_stats */
	struct sums whole;
	int64_t dirs, atime, mtime, uid, gid; /* found; uid and gid as in audit_own */
	struct audit_subtree usage;
	struct audit_link_level links;
};

struct audit_tree {
	struct db *db;
	struct audit_rows dirs, stats;
	struct audit_usage usage;
	struct audit_links links;
	struct sums repeated; /* found in links, of the whole scan */
	struct audit_level *open;
	size_t depth, cap;   /* open[0] is `/` */
	struct buf names;    /* of open directories and the last one closed on each level */
	bool newest_atime, newest_mtime; /* which times decide on the class of age */
	int64_t midnight;                /* that ages are counted from; AUDIT_NULL: not known */

	/* The scan root: the deepest directory that is or contains every entry. */
	int64_t root_depth;  /* so far; -1: no entry yet */
	int64_t shallowest;  /* least depth above any directory since the last entry */

	int64_t directories, implied;
	int64_t line_bytes;  /* allocated bytes of directories, stops at 2^63-1 */
};

/* Dies at the first lie. `root_id` and `age_by` are what scan_metadata says. */
void audit_tree_walk(struct audit_tree *t, struct db *db, int64_t root_id, const char *age_by,
		     int64_t midnight);
void audit_tree_release(struct audit_tree *t);

#endif
