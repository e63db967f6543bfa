/*
 * gpfs_show - the values in the SHOW text of a line in the default layout.
 *
 * Text is a line that ends with LF and has LINE_PADDING readable bytes from there on.
 */
#ifndef TREETALLY_GPFS_SHOW_H
#define TREETALLY_GPFS_SHOW_H

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

/*
 * Modes and days are words of ten bytes of which a scan has few: each is parsed once, then looked
 * up. A slot holds the last word that belongs there; one that collides is just parsed again. Two
 * tables, or a day would pass for a mode.
 */
#define SHOW_DAY_SLOTS 4096
#define SHOW_MODE_SLOTS 32
struct show_memo {
	struct show_word {
		uint64_t head; /* the word's first eight bytes; 0: empty, for no word has a NUL */
		uint16_t tail; /* and the last two */
		int32_t value;
	} days[SHOW_DAY_SLOTS], modes[SHOW_MODE_SLOTS];
};

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
const char *gpfs_show_walk(struct gpfs_show *v, struct show_memo *memo, const char *at);

#endif
