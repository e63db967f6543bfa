/* SPDX-License-Identifier: MIT */
/*
 * entry_columns - the numbers of the entries of a block, in columns (number_column.h).
 *
 * What sums are made of comes first, so that who adds up files looks at no more:
 *
 *     dir uid gid allocated size atime mtime nlink | inode generation snapshot mode | name length
 *     for sums                                       for lines, with those before     for rows
 *
 * Times are counted from TIME_MIN; mtime is one more than that, and 0 if there is none.
 */
#ifndef TREETALLY_ENTRY_COLUMNS_H
#define TREETALLY_ENTRY_COLUMNS_H

#include "common/stream/number_column.h"
#include "common/stream/record.h"

enum entry_column {
	ENTRY_DIR, ENTRY_UID, ENTRY_GID, ENTRY_ALLOCATED, ENTRY_SIZE, ENTRY_ATIME,
	ENTRY_MTIME, ENTRY_NLINK, SUM_COLUMNS,
	ENTRY_INODE = SUM_COLUMNS, ENTRY_GENERATION, ENTRY_SNAPSHOT, ENTRY_MODE, LINE_COLUMNS,
	ENTRY_NAME = LINE_COLUMNS, ROW_COLUMNS
};

/* Bytes of one entry at most: those of each column's largest value. */
#define ENTRY_WIDTH_MAX (2 + 4 + 4 + 8 + 8 + 5 + 5 + 4 + 8 + 8 + 8 + 2 + 2)

/* The columns of a section being read. */
struct entry_columns {
	struct number_column column[ROW_COLUMNS];
	uint32_t count;
	unsigned checked; /* columns whose values are known to be in range */
};

/* Take the first `columns` at `in`; sets `in->bad` if they are not there. Without entries: none. */
void entry_columns_open(struct entry_columns *c, struct wire_in *in, unsigned columns,
			uint32_t count);

/* Are all values of the first `columns` in range, in a block of so many directories? Looks once. */
bool entry_columns_check(struct entry_columns *c, unsigned columns, uint32_t dirs) WARN_UNUSED;

/* The fields of entry number `i` that sums need; returns its directory. They have been checked. */
static inline uint32_t entry_columns_sums(const struct entry_columns *c, uint32_t i,
					  struct entry *e)
{
	const struct number_column *of = c->column;

	e->own.uid = (uint32_t)number_column_at(&of[ENTRY_UID], i);
	e->own.gid = (uint32_t)number_column_at(&of[ENTRY_GID], i);
	e->own.allocated = number_column_at(&of[ENTRY_ALLOCATED], i);
	e->size = number_column_at(&of[ENTRY_SIZE], i);
	e->atime = TIME_MIN + (int64_t)number_column_at(&of[ENTRY_ATIME], i);
	e->mtime = TIME_MIN - 1 + (int64_t)number_column_at(&of[ENTRY_MTIME], i);
	if (e->mtime < TIME_MIN)
		e->mtime = TIME_NONE;
	e->nlink = (uint32_t)number_column_at(&of[ENTRY_NLINK], i);
	return (uint32_t)number_column_at(&of[ENTRY_DIR], i);
}

/* All others. */
static inline void entry_columns_rest(const struct entry_columns *c, uint32_t i, struct entry *e)
{
	const struct number_column *of = c->column;

	e->own.inode = number_column_at(&of[ENTRY_INODE], i);
	e->own.generation = number_column_at(&of[ENTRY_GENERATION], i);
	e->snapshot = number_column_at(&of[ENTRY_SNAPSHOT], i);
	e->own.mode = (uint32_t)number_column_at(&of[ENTRY_MODE], i);
}

/*
 * The entries of a section being made. Not a power of two, or all columns would want the same
 * places in the processor's cache.
 */
#define ENTRY_VALUES_MAX 3872u
struct entry_values {
	uint32_t count;
	uint64_t column[ROW_COLUMNS][ENTRY_VALUES_MAX];
};

static inline void entry_values_add(struct entry_values *v, uint32_t dir, const struct entry *e,
				    size_t name_len)
{
	uint32_t i = v->count++;

	v->column[ENTRY_DIR][i] = dir;
	v->column[ENTRY_UID][i] = e->own.uid;
	v->column[ENTRY_GID][i] = e->own.gid;
	v->column[ENTRY_ALLOCATED][i] = e->own.allocated;
	v->column[ENTRY_SIZE][i] = e->size;
	v->column[ENTRY_ATIME][i] = (uint64_t)(e->atime - TIME_MIN);
	v->column[ENTRY_MTIME][i] =
		e->mtime == TIME_NONE ? 0 : (uint64_t)(e->mtime - TIME_MIN) + 1;
	v->column[ENTRY_NLINK][i] = e->nlink;
	v->column[ENTRY_INODE][i] = e->own.inode;
	v->column[ENTRY_GENERATION][i] = e->own.generation;
	v->column[ENTRY_SNAPSHOT][i] = e->snapshot;
	v->column[ENTRY_MODE][i] = e->own.mode;
	v->column[ENTRY_NAME][i] = name_len;
}

/* Append the first `columns` to `out`, after which there are no entries. */
void entry_values_encode(struct entry_values *v, unsigned columns, struct buf *out);

#endif
