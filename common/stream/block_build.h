/* SPDX-License-Identifier: MIT */
/*
 * block_build - collects records and encodes them as a block (block.h has the layout).
 *
 * Life: block_build_init -> (add*, block_encode)* -> block_build_release. Memory: the block that
 * is being built, at most about 5 MiB, in practice a few hundred KiB. One builder a thread.
 */
#ifndef TREETALLY_BLOCK_BUILD_H
#define TREETALLY_BLOCK_BUILD_H

#include "common/stream/block.h"
#include "common/stream/dir_table.h"

struct block_build {
	enum rec_kind kind;
	uint32_t records, dirs, lines;
	struct buf coded_dirs;
	struct buf coded_lines, coded_rows; /* other kinds than entry */
	struct entry_values *line_values, *row_values; /* entry kind */
	struct buf names;        /* entry kind: of the rows */
	size_t bound;            /* entry kind: upper bound of the payload that no order changes */
	size_t paths_len;        /* bytes of section 1 once decoded */
	struct buf last;         /* the last directory of section 1, for the next one */
	struct dir_table table;  /* entry kind: those of section 1 */
	struct buf text;         /* entry kind: one that is looked up */
	uint32_t last_dir;       /* entry kind: that of the entry that was added last */
	uint32_t line_dir, row_dir; /* other kinds: last numbers in sections 2 and 3 */
	struct inode_line line_before;
	struct usage_key key_before;
	struct link_row link_before;
	int64_t atime_before;
};

void block_build_init(struct block_build *b, enum rec_kind kind);

/*
 * Add a record. Returns false, with nothing changed, when it does not fit beside what is there:
 * then encode, which empties the block, and add again (an empty block takes any record). `path`
 * is the entry's own path; a record of kind dir without a line has `line` NULL.
 */
bool block_add_entry(struct block_build *b, const char *path, size_t len,
		     const struct entry *e) WARN_UNUSED;
bool block_add_dir(struct block_build *b, const char *path, size_t len,
		   const struct inode_line *line) WARN_UNUSED;
bool block_add_usage(struct block_build *b, const char *path, size_t len,
		     const struct usage_key *key, const struct usage *usage) WARN_UNUSED;
bool block_add_link(struct block_build *b, const char *path, size_t len,
		    const struct link_row *row, const char *name, size_t name_len) WARN_UNUSED;

/*
 * The number of a directory that an entry block mentions, by its text, and "" for the root, or
 * BLOCK_NO_DIR; it holds until the next block_encode. What has the text of a path that was checked
 * needs neither be checked nor converted: an entry can be added by that number and its name, which
 * is NULL for the directory itself.
 */
#define BLOCK_NO_DIR DIR_TABLE_NONE
static inline uint32_t block_find_dir(struct block_build *b, const char *text, size_t len)
{
	return dir_table_find(&b->table, text, len);
}
bool block_add_known(struct block_build *b, uint32_t dir, const char *name, size_t len,
		     const struct entry *e) WARN_UNUSED;

/* digest_of_dir for the entry that was added last. */
static inline const struct digest *block_dir_digest(const struct block_build *b)
{
	return &b->table.refs[b->last_dir].digest;
}

/*
 * Bring an entry block into the form that it has once it went through text: the same records, but
 * directories numbered as its lines, then its rows mention them. Other kinds have only one form.
 */
void block_build_settle(struct block_build *b);

/* Append header, payload and room for the hash to `out`, empty the builder. Nothing if empty. */
void block_encode(struct block_build *b, struct buf *out);

void block_build_release(struct block_build *b);

#endif
