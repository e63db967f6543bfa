/* SPDX-License-Identifier: MIT */
/*
 * assume - what the numbers of a scan rest on besides its log: a set of words, some with a count.
 *
 * The set is part of the ledger, so it is in every trailer, in scan_metadata.assumptions, and under
 * every answer. As text it is `word` or `word=COUNT`, sorted, with a blank between two, and empty
 * when the log alone was enough. A word is one row of the table in assume.c and one of the enum.
 */
#ifndef TREETALLY_ASSUME_H
#define TREETALLY_ASSUME_H

#include "common/base/buf.h"

/* In the order of their words. */
enum assumption {
	ASSUME_AGE_IN_DAYS, /* times are whole days */
	/* What stands for values that the log does not have. */
	ASSUME_ALLOCATED_FROM_PREPARE,
	ASSUME_ALLOCATED_FROM_SIZE,
	ASSUME_ATIME_FROM_BIRTH,
	ASSUME_ATIME_FROM_MTIME,
	ASSUME_ATIME_UNKNOWN,
	ASSUME_GROUP_UNKNOWN,
	ASSUME_LINKS_ASSUMED, /* files of equal inodes are links, by stats-accum alone */
	ASSUME_LINKS_UNKNOWN,
	ASSUME_MODE_UNKNOWN,
	ASSUME_OWNER_UNKNOWN,
	ASSUME_SIZE_FROM_ALLOCATED,
	ASSUME_SIZE_UNKNOWN,
	ASSUME_SKIPPED,    /* counted: files that the scan saw and could not look at */
	ASSUME_TYPE_UNKNOWN,
	ASSUME_UNSEEN,     /* counted: directories that the scan could not read */
	ASSUME_UNVERIFIED, /* rows went through programs that cannot vouch for them */
	ASSUMPTIONS
};

/* Plain data; zeroed is the empty set. */
struct assumptions {
	uint64_t count[ASSUMPTIONS]; /* 0: not in the set; 1 for a word that has no count */
};

/* Put a word into the set, or add to its count; `count` 0 does nothing. False: past 2^63-1. */
bool assume(struct assumptions *a, enum assumption what, uint64_t count) WARN_UNUSED;

/* The union: counts add. For parts of a scan. False when one passes 2^63-1. */
bool assume_add(struct assumptions *sum, const struct assumptions *more) WARN_UNUSED;

/* The union, the greater count of each. For two accounts of one scan. */
void assume_cover(struct assumptions *a, const struct assumptions *other);

/* As text, appended to `out` without a NUL, and back; false for what is not exactly such a text. */
void assume_text(struct buf *out, const struct assumptions *a);
bool assume_parse(struct assumptions *a, const char *text) WARN_UNUSED;

/*
 * What people are told, without the name of the scan in front: "unverified: made from rows
 * that were not checked". The caller frees it.
 */
char *assume_note(enum assumption what, uint64_t count) WARN_UNUSED;

#endif
