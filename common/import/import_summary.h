/* SPDX-License-Identifier: MIT */
/*
 * import_summary - what a new database says about itself, for people, at the end of an import.
 */
#ifndef TREETALLY_IMPORT_SUMMARY_H
#define TREETALLY_IMPORT_SUMMARY_H

#include "common/base/buf.h"

struct import_summary {
	char *filesystem; /* NULL: not known */
	int64_t scan_day; /* DAY_NONE: not known */
	struct buf text;  /* lines, the first without the name of the database */
};

/* Read it from `file`, which took `seconds` to make. Dies if it is not a complete database. */
void import_summary_read(struct import_summary *s, const char *file, double seconds);
void import_summary_release(struct import_summary *s);

#endif
