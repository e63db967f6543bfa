/* SPDX-License-Identifier: MIT */
/*
 * load_phase - the phases of stats-load: their progress, and how long each took.
 */
#ifndef TREETALLY_LOAD_PHASE_H
#define TREETALLY_LOAD_PHASE_H

#include "common/base/progress.h"

struct load_phase {
	struct progress progress; /* the caller's to begin and to end */
	bool verbose;             /* say how long each took */
	/* private */
	const char *name;         /* NULL: none yet */
	const uint64_t *done;     /* what it has done */
	struct timespec start;
};

/*
 * The next phase; the texts are not copied. `done` counts what it does, NULL when nothing is counted.
 * No name: all are over.
 */
void load_phase_begin(struct load_phase *p, const char *name, const char *unit, uint64_t total,
		      const uint64_t *done);

/* Goes on with another name, unless that is its name. */
void load_phase_go_on(struct load_phase *p, const char *name, const char *unit);

/* For sqlite3_progress_handler: `arg` is the struct. */
int load_phase_tick(void *arg);

#endif
