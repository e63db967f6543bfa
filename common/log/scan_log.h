/* SPDX-License-Identifier: MIT */
/*
 * scan_log - what mmapplypolicy says that it saw, to hold against what a list holds.
 *
 *     [I] 2026-01-11@04:10:07.120 Directories scan: 700 files, 130 directories, 8 other objects,
 *     0 'skipped' files and/or errors.
 *
 * (one line). Source: IBM Storage Scale, mmapplypolicy command, sample output.
 */
#ifndef TREETALLY_SCAN_LOG_H
#define TREETALLY_SCAN_LOG_H

#include "common/stream/ledger.h"

struct scan_log {
	const char *file; /* borrowed; NULL: there is none */
	uint64_t files, directories, others; /* objects that it saw */
	uint64_t skipped; /* files that it could not look at */
};

/*
 * Read `file`, the output of one run or of several, whose numbers add up. Dies: 4 if it cannot be
 * read, 3 if it has no such line.
 */
void scan_log_read(struct scan_log *log, const char *file);

/*
 * Does a list with these counts hold all that the run saw? Rejected lines count as seen. The
 * directory where the scan began may have a line or not; a list without directory lines need hold
 * files only, with or without other objects.
 */
bool scan_log_agrees(const struct scan_log *log, const uint64_t count[LEDGER_COUNTS]);

#endif
