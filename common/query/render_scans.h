/* SPDX-License-Identifier: MIT */
/*
 * render_scans - what an answer says of the scans that it is about.
 */
#ifndef TREETALLY_RENDER_SCANS_H
#define TREETALLY_RENDER_SCANS_H

#include "common/db/db_reader.h"
#include "common/query/render.h"

/* For render_options.scans, one for each database; valid as long as the set, to be freed. */
struct render_scan *render_scans_of(struct db_reader_set *set);
void render_scans_free(struct render_scan *scans, size_t count);

/* Below a table: links that nobody knows of count each by itself. Nothing if that was asked for. */
void render_note_links(struct render *r, const struct db_reader_set *set, bool count_links);

#endif
