/* SPDX-License-Identifier: MIT */
#include "common/stream/entry_columns.h"

#include "common/base/path.h"

#define TIME_SPAN ((uint64_t)(TIME_MAX - TIME_MIN))

void entry_columns_open(struct entry_columns *c, struct wire_in *in, unsigned columns,
			uint32_t count)
{
	*c = (struct entry_columns){ .count = count };
	for (unsigned i = 0; count && i < columns; i++)
		number_column_open(&c->column[i], in, count);
}

bool entry_columns_check(struct entry_columns *c, unsigned columns, uint32_t dirs)
{
	const uint64_t most[ROW_COLUMNS] = {
		[ENTRY_DIR] = dirs - 1, [ENTRY_UID] = UINT32_MAX, [ENTRY_GID] = UINT32_MAX,
		[ENTRY_ALLOCATED] = INT64_MAX, [ENTRY_SIZE] = INT64_MAX,
		[ENTRY_ATIME] = TIME_SPAN, [ENTRY_MTIME] = TIME_SPAN + 1,
		[ENTRY_NLINK] = UINT32_MAX, [ENTRY_INODE] = UINT64_MAX,
		[ENTRY_GENERATION] = UINT64_MAX, [ENTRY_SNAPSHOT] = UINT64_MAX,
		[ENTRY_MODE] = 0177777, [ENTRY_NAME] = PATH_BYTES_MAX,
	};

	while (c->checked < columns) {
		if (!number_column_within(&c->column[c->checked], c->count, most[c->checked]))
			return false;
		c->checked++;
	}
	return true;
}

void entry_values_encode(struct entry_values *v, unsigned columns, struct buf *out)
{
	/* Each entry takes a byte at least: a block has no more records than bytes. */
	for (unsigned i = 0; v->count && i < columns; i++)
		number_column_add(out, v->column[i], v->count, i == ENTRY_DIR);
	v->count = 0;
}
