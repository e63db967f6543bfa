/* SPDX-License-Identifier: MIT */
/*
 * audit_link_set - are the lines of linked files in `links` those of the log? As sums of hashes, since
 * the one stands in the order of identities and the other in that of the tree.
 *
 * Only lines with a link count: those without one are not in the log's stream unless it is told to
 * assume links, and then more are in it than the database keeps.
 */
#ifndef TREETALLY_AUDIT_LINK_SET_H
#define TREETALLY_AUDIT_LINK_SET_H

#include "common/audit/audit_report.h"
#include "common/stream/record.h"

struct audit_link_set {
	uint64_t seed; /* drawn anew in every run */
	uint64_t low, high;
	int64_t lines;
};

void audit_link_set_init(struct audit_link_set *s);
void audit_link_set_add(struct audit_link_set *s, int64_t dir_id, const struct link_row *row,
			const void *name, size_t name_len);

/* A lie unless `links` has the same. */
void audit_link_set_compare(const struct audit_link_set *s, struct db *db);

#endif
