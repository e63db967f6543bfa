/* SPDX-License-Identifier: MIT */
/*
 * presets - the SHOW clauses of GPFS lists that are known by name, each a row of one table.
 */
#ifndef TREETALLY_PRESETS_H
#define TREETALLY_PRESETS_H

#include <stdbool.h>
#include <stddef.h>

struct preset {
	const char *name;
	const char *template; /* template.h */
	bool pct;             /* lists with it have names and values percent-encoded */
	const char *about;
};

/* The first is the default layout, which has a faster reader of its own. A NULL name ends them. */
extern const struct preset presets[];

/* NULL when there is none of that name. */
const struct preset *preset_find(const char *name);

#endif
