/* SPDX-License-Identifier: MIT */
/*
 * gpfs_show - the values in the SHOW text of a line in the default layout.
 *
 * Text is a line that ends with LF and has LINE_PADDING readable bytes from there on.
 */
#ifndef TREETALLY_GPFS_SHOW_H
#define TREETALLY_GPFS_SHOW_H

#include "common/parse/value.h"
#include "common/stream/ledger.h"

/* The first six are required; their order is that of the reject reasons. */
enum {
	SHOW_SIZE,
	SHOW_ALLOCATED, /* KiB */
	SHOW_UID,
	SHOW_GID,
	SHOW_MODE,
	SHOW_ATIME,
	SHOW_MTIME,
	SHOW_CRTIME,
	SHOW_NLINK,
	SHOW_VALUES
};
#define SHOW_REQUIRED ((1u << SHOW_MTIME) - 1)
_Static_assert(REJECT_TIME - REJECT_SIZE == SHOW_ATIME - SHOW_SIZE,
	       "reasons in the order of values");

/* A value is valid when its bit is in `seen` and not in `bad`. Start with all zeros. */
struct gpfs_show {
	unsigned seen, bad; /* bits 1 << SHOW_... */
	bool interleaved;   /* another record begins inside the text */
	uint64_t number[SHOW_VALUES];
	int64_t time[SHOW_VALUES];
	uint32_t mode;
};

/*
 * Read words from `at` to the separator; returns the path, or NULL when the line ends before it.
 * `memo` is zeroed at first and belongs to one thread.
 */
const char *gpfs_show_walk(struct gpfs_show *v, struct value_memo *memo, const char *at);

#endif
