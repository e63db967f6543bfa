/* SPDX-License-Identifier: MIT */
/*
 * audit_links - the tables of links, derived again from `links` while directories come in id order.
 *
 * First `links` by itself: numbered as it must be, by identity and path, with values that a file can
 * have. Then SQLite sorts what follows from its rows by the last directory that is concerned: each
 * path, each two neighbouring paths, each complete inode. The lowest directory that holds both ends
 * is among those that are open when that directory comes. There it is counted, and when a directory
 * is over, what was found must be what link_usage (by fingerprints, audit_fingerprint.h) and
 * link_stats say. That link_usage_r has the sums of link_usage is checked as for usage_r.
 *
 * Lengths are left out where those of the scan have stopped at 2^63-1.
 */
#ifndef TREETALLY_AUDIT_LINKS_H
#define TREETALLY_AUDIT_LINKS_H

#include "common/audit/audit_fingerprint.h"
#include "common/audit/audit_report.h"

/* Rows of link_usage, or what should be there; negative numbers stand apart. */
struct audit_link_prints {
	struct audit_fingerprint repeated, plus, minus;
};

/* What is known of a directory while it is open. */
struct audit_link_level {
	struct sums repeated_nr;              /* derived: directly in it ... */
	struct sums repeated, paths, complete; /* ... and in its subtree so far */
	struct audit_link_prints should, is;  /* of the directory alone */
	struct audit_link_prints before;      /* link_usage before it */
	struct audit_link_prints whole;       /* its rows of link_usage_r */
	int64_t whole_rows;
	int64_t said[9];                      /* by link_stats; 0 if it has no row */
};

struct audit_links {
	struct db *db;
	const struct audit_factors *factors;
	bool no_lengths;
	struct audit_rows parts, usage, usage_r, stats;
	struct audit_link_prints all;  /* link_usage so far */
	int64_t rows, inodes, outside, disagree, repeated; /* of links */
	uint64_t hash;                 /* of names and identities */
	struct sums several;           /* lines of known link counts */
};

/* Checks `links` too. `factors` stay the caller's. */
void audit_links_open(struct audit_links *l, struct db *db, const struct audit_factors *factors);

/* The next directory: its rows of all tables but links. */
void audit_links_enter(struct audit_links *l, int64_t dir_id, struct audit_link_level *level);

/* What follows from links and has its end in this directory, part by part. */
struct audit_link_part {
	int64_t other; /* the other end: this directory, or one before it */
	int64_t kind, uid, gid, classes;
	struct sums sums;
};
bool audit_links_part(struct audit_links *l, int64_t dir_id, struct audit_link_part *part);
/* `at` is the lowest directory that holds both ends; `here`: they are the same. */
void audit_links_add(struct audit_links *l, struct audit_link_level *at,
		     const struct audit_link_part *part, bool here);

/* It is over. `above` is its parent, NULL for `/`; `summed`: it has rows in usage_r. */
void audit_links_leave(struct audit_links *l, int64_t dir_id, const struct audit_link_level *level,
		       struct audit_link_level *above, bool summed);

/* After the last directory. */
void audit_links_close(struct audit_links *l);

#endif
