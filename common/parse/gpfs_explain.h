/* SPDX-License-Identifier: MIT */
/*
 * gpfs_explain - what people are told about formats, on standard output.
 */
#ifndef TREETALLY_GPFS_EXPLAIN_H
#define TREETALLY_GPFS_EXPLAIN_H

#include "common/parse/gpfs_choose.h"

/* Options that print and end the program: the presets; the SHOW clause of a format. */
opt_call gpfs_explain_list, gpfs_explain_show;

/*
 * How the only log of `o` would be read: how many of its first lines each preset reads, where each
 * field comes from, and a record. False when the format reads none of the lines, or which one it is
 * cannot be said.
 */
bool gpfs_explain(struct gpfs_choose *c, const struct parse_opts *o);

#endif
