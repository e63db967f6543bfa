/*
 * audit_log - a database against the log that it was made from, read again.
 *
 * Every directory, every column of its line, every row of usage_nr, the latest times and the
 * accounts. Call after audit_tree_walk, so that `directories` is known to be a tree.
 */
#ifndef TREETALLY_AUDIT_LOG_H
#define TREETALLY_AUDIT_LOG_H

#include "common/audit/audit_child.h"
#include "common/audit/audit_rows.h"

struct audit_log_counts {
	uint64_t directories, usage; /* records compared */
	int64_t lines;               /* of the log */
};

/* Dies (1) at the first difference, (3) when the log cannot be read to its end. */
void audit_log_check(struct db *db, const struct audit_log_options *opt,
		     struct audit_log_counts *counts);

#endif
