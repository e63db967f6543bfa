/* SPDX-License-Identifier: MIT */
/*
 * usage_keys - the keys of usage rows as columns and cells.
 */
#ifndef TREETALLY_USAGE_KEYS_H
#define TREETALLY_USAGE_KEYS_H

#include "common/query/render_cells.h"
#include "common/query/usage_query.h"

struct usage_keys {
	struct db_reader_set *set;
	const struct usage_query *ask;
	size_t parts;                  /* of the keys: the first ones */
	struct buf text[TOTALS_PARTS]; /* for the time of a row */
};
#define USAGE_KEYS_COLUMNS (2 * USAGE_COUNT)

/* Both return how many columns there are: one or two for each key. */
size_t usage_keys_columns(const struct usage_keys *keys, struct render_column *columns);
size_t usage_keys_cells(struct usage_keys *keys, const struct totals_row *row,
			struct render_cell *cells);
/* Of the row of totals: its name is in the first column of text. */
void usage_keys_total(const struct render_column *columns, size_t count, struct render_cell *cells);
void usage_keys_release(struct usage_keys *keys);

#endif
