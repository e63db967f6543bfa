/* SPDX-License-Identifier: MIT */
/*
 * scan_summary - what databases say of their scans: when, how much, what was not understood.
 */
#ifndef TREETALLY_SCAN_SUMMARY_H
#define TREETALLY_SCAN_SUMMARY_H

#include "common/db/db_reader.h"
#include "common/query/render.h"

/* A table has a column for each database; elsewhere each is a row. */
void scan_summary_show(struct db_reader_set *set, const struct render_options *options);

#endif
