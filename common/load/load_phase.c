/* SPDX-License-Identifier: MIT */
#include "common/load/load_phase.h"

void load_phase_begin(struct load_phase *p, const char *name, const char *unit, uint64_t total,
		      const uint64_t *done)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (p->name && p->verbose)
		warn("%s: %.2f s", p->name,
		     (double)(now.tv_sec - p->start.tv_sec) +
			     (double)(now.tv_nsec - p->start.tv_nsec) / 1e9);
	p->name = name;
	p->done = done;
	p->start = now;
	if (name)
		progress_phase(&p->progress, name, unit, total);
}

void load_phase_go_on(struct load_phase *p, const char *name, const char *unit)
{
	if (strcmp(p->name, name) != 0)
		load_phase_begin(p, name, unit, 0, NULL);
}

int load_phase_tick(void *arg)
{
	struct load_phase *p = arg;

	progress_update(&p->progress, p->done ? *p->done : 0, 0);
	return 0;
}
