/* SPDX-License-Identifier: MIT */
/*
 * render_number - bytes and times as render_options ask for them.
 */
#ifndef TREETALLY_RENDER_NUMBER_H
#define TREETALLY_RENDER_NUMBER_H

#include "common/base/buf.h"
#include "common/query/render_cells.h"

/* The values of --unit, from 1 on; NULL ends them. */
extern const char *const render_unit_names[];

/* Append bytes for people: "1.23 TiB"; with --si "1.35 TB", --unit G "1261.52 GiB", --bytes "1,354,...". */
void render_number_bytes(struct buf *out, const struct render_options *options, int64_t bytes);
/* Append "2026-01-11T10:00:00Z". */
void render_number_iso(struct buf *out, int64_t seconds);

#endif
