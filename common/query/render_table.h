/* SPDX-License-Identifier: MIT */
/*
 * render_table - the layout of a table: what fits, how wide, in which colours.
 *
 * Rows are kept as what will be seen until the table is laid out; from then on each is written as
 * it comes. Private to render.c.
 */
#ifndef TREETALLY_RENDER_TABLE_H
#define TREETALLY_RENDER_TABLE_H

#include "common/base/buf.h"
#include "common/query/render_cells.h"

struct render_layout *render_table_new(const struct render_options *options,
				       const struct render_column *columns, size_t column_count);
void render_table_row(struct render_layout *t, struct buf *out, const struct render_cell *cells,
		      bool is_total);
void render_table_note(struct render_layout *t, struct buf *out, const char *text);
/* Write what waits, and release the layout. */
void render_table_end(struct render_layout *t, struct buf *out);

#endif
