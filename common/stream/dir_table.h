/* SPDX-License-Identifier: MIT */
/*
 * dir_table - the directories of an entry block that is being built, by the text of their paths.
 *
 * Text is "/a/b", and "" for the root: as it stands in a log, so that a path of which the directory
 * is known need not be checked or converted. Hashes only choose where to look, bytes decide; they
 * are keyed (hash.h), as users choose the paths, but for a guess that costs little when wrong.
 *
 * Life: dir_table_init -> (find, add)* -> dir_table_empty, and again -> dir_table_release.
 */
#ifndef TREETALLY_DIR_TABLE_H
#define TREETALLY_DIR_TABLE_H

#include "common/base/buf.h"
#include "common/base/hash.h"
#include "common/stream/ledger.h"

struct dir_table {
	struct buf texts;
	struct dir_ref {
		uint32_t at, len; /* in `texts` */
		struct digest digest;
	} *refs;             /* by number */
	uint32_t count;
	size_t cap;
	struct hash_key key;
	uint32_t *slots;     /* number + 1, 0: free */
	uint32_t slot_count; /* a power of two */
	uint32_t *free_slot; /* where the text goes that was not found last */
	uint32_t *guesses;   /* numbers, maybe from before the table was emptied */
};

void dir_table_init(struct dir_table *t);

#define DIR_TABLE_NONE UINT32_MAX
/* The number of a directory, or DIR_TABLE_NONE. */
uint32_t dir_table_find(struct dir_table *t, const char *text, size_t len);

/* Add the one that was not found just now; returns its number, which is one more each time. */
uint32_t dir_table_add(struct dir_table *t, const char *text, size_t len,
		       const struct digest *digest);

/* Keeps all allocations. */
void dir_table_empty(struct dir_table *t);

void dir_table_release(struct dir_table *t);

#endif
