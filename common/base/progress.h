/* SPDX-License-Identifier: MIT */
/*
 * progress - one line about long work, at most twice a second, and one at the end of each phase.
 *
 * For people on stderr (rewritten in place on a terminal, every ten seconds in a log), or for a
 * program as TAB-separated fields in a file or pipe:
 *     PROGRAM  PHASE  DONE  TOTAL  UNIT  LINES
 * TOTAL 0 means unknown. The last line has the phase `end`: DONE is the processor time of this
 * process, TOTAL its life, LINES the processor time of its children (decompressors), all in ms.
 * Never fails: a reader that went away ends the reports.
 */
#ifndef TREETALLY_PROGRESS_H
#define TREETALLY_PROGRESS_H

#include "common/base/die.h"

struct progress {
	bool on, machine, terminal;
	int fd;
	const char *phase, *unit;
	uint64_t total, done, lines;
	struct timespec born, started, last;
};

/* `file` NULL: stderr. Does nothing at all when `on` is false. */
void progress_init(struct progress *p, bool on, const char *file);
/* Start a phase and report it; the texts are not copied. */
void progress_phase(struct progress *p, const char *phase, const char *unit, uint64_t total);
/* Cheap enough for every block of records: looks at the clock, reports when it is time. */
void progress_update(struct progress *p, uint64_t done, uint64_t lines);
/* The last phase is over, and so are children; finishes the line on a terminal. */
void progress_end(struct progress *p);

#endif
