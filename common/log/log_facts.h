/* SPDX-License-Identifier: MIT */
/*
 * log_facts - the file system and the day of a scan, as its logs tell them before they are read.
 */
#ifndef TREETALLY_LOG_FACTS_H
#define TREETALLY_LOG_FACTS_H

#include <stdbool.h>
#include <stdint.h>

struct log_facts {
	char *filesystem; /* NULL: not known; the caller's to free */
	int64_t scan_day; /* DAY_NONE: not known */
};

/*
 * What is missing in *facts, from the name of a log (`source` instead, if given), else from its
 * first line, where that can be looked at without taking it from whoever reads the log. False: the
 * log may tell more when it is read. Dies (3) of a first line that claims what cannot be.
 */
bool log_facts_add(struct log_facts *facts, const char *log, const char *source);

#endif
