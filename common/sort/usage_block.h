/* SPDX-License-Identifier: MIT */
/*
 * usage_block - sums the files of one block by directory, owner, group, age and size.
 *
 * A block has a few thousand files of a few hundred directories, many of them with the same key.
 * They are added up in the cache, before their sums meet the large table (usage_hash.h), in which
 * every look waits for memory; and there they arrive directory by directory, so that each is looked
 * up once, and its rows lie side by side when they are drained.
 *
 *     usage_block_start(u, t, paths, dirs);      asks for all directories of the block
 *     usage_block_add(u, dir, key, usage) ...    meanwhile; USAGE_FULL: move and go on
 *     usage_block_move(u, t, paths) ...          until it is not USAGE_FULL
 *
 * One for each thread. Memory: 200 KiB and 16 bytes for a directory of the largest block so far.
 */
#ifndef TREETALLY_USAGE_BLOCK_H
#define TREETALLY_USAGE_BLOCK_H

#include "common/sort/usage_hash.h"
#include "common/stream/block.h"

#define USAGE_BLOCK_ROWS 2048u

struct usage_block {
	struct block_row {
		struct usage_file file;
		uint32_t dir;  /* number in the block */
		uint16_t next; /* row + 1 of the same directory, 0: last */
	} *rows;
	uint32_t count;
	uint16_t *slots; /* row + 1, 0: free */
	uint64_t salt;
	struct block_dir {
		uint64_t hash;   /* usage_hash_seek_dir */
		uint32_t number; /* in the table, or USAGE_HASH_FULL: not looked up */
		uint16_t first;  /* row + 1, 0: none */
	} *dirs;
	uint32_t dir_count;
	size_t dir_cap;
	uint16_t *order; /* rows by part of the table, then by directory, for moving them */
	struct {
		uint32_t at, end;
	} left[USAGE_HASH_PARTS_MAX]; /* to be moved to each part: where, in `order` */
	bool moving;
	uint32_t turn;   /* the part that comes first */
	uint64_t emptied; /* of the table, when it was found full */
};

void usage_block_init(struct usage_block *u);

/* `paths` are those of a block, which has `dirs` of them. */
void usage_block_start(struct usage_block *u, const struct usage_hash *t,
		       const struct block_paths *paths, uint32_t dirs);

/* USAGE_OVERFLOW: a sum passes 2^63-1. */
enum usage_result usage_block_add(struct usage_block *u, uint32_t dir, const struct usage_key *key,
				  const struct usage *usage) WARN_UNUSED;

/*
 * Add the rows to the table, after which there are none. USAGE_FULL: empty the table, if it has not
 * been emptied since, and call again. USAGE_OVERFLOW: a sum of what was added, by all threads,
 * passes 2^63-1.
 */
enum usage_result usage_block_move(struct usage_block *u, struct usage_hash *t,
				   const struct block_paths *paths) WARN_UNUSED;

void usage_block_release(struct usage_block *u);

#endif
