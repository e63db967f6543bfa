/*
 * audit_sums - the small tables: summaries and histograms against usage, classes, names.
 *
 * Call after audit_tree_walk: what usage_nr says in all is in t->usage.
 */
#ifndef TREETALLY_AUDIT_SUMS_H
#define TREETALLY_AUDIT_SUMS_H

#include "common/audit/audit_tree.h"

struct audit_sums_counts {
	int64_t owners, groups, ages, sizes; /* rows */
};

void audit_sums_check(struct audit_tree *t, struct audit_sums_counts *counts);

#endif
