/* SPDX-License-Identifier: MIT */
/*
 * block - a run of records that can be read by itself. block_build.h makes them.
 *
 * All three kinds share one layout. Section 1 lists directories, front-coded against the one
 * before. Section 2 holds "lines", records of directories or links. Section 3 holds "rows": files (entry
 * streams) or usage sums (usage streams). Lines and rows name a directory by its number
 * in section 1, so that a reader looks each directory up once a block, not once a record. Their
 * numbers stand field by field (entry_columns.h) in entry streams, which keep no order and are read
 * by those who need only some fields; record by record, as differences, in the others:
 *
 *     kind    directories                     lines                 rows
 *     entry   each that is mentioned, once    directory entries     all other entries
 *     dir     one a record, in order          those with has_line   none
 *     usage   each that has any, in order     link rows, in order   usage rows, in order
 *
 * Records of a block are read in that order: directories, lines, rows. Of a usage block, each
 * directory's usage rows come first, and then its link rows. The byte layout is in
 * treetally-stream(5); keep the two together. Caps hold for writers and are checked by readers.
 */
#ifndef TREETALLY_BLOCK_H
#define TREETALLY_BLOCK_H

#include "common/base/path.h"
#include "common/stream/entry_columns.h"

#define BLOCK_PAYLOAD_MAX (256u << 10) /* bytes */
#define BLOCK_RECORDS_MAX 65536u
#define BLOCK_PATHS_MAX (4u << 20)     /* bytes of section 1 once decoded */
/* The same of entry blocks, several of which are decoded at a time. */
#define BLOCK_ENTRIES_MAX 4096u
#define BLOCK_ENTRY_PATHS_MAX (256u << 10)
#define BLOCK_ONE_RECORD_MAX (2u * PATH_BYTES_MAX + 256) /* bytes, of a block of one record */

#define BLOCK_HEADER_SIZE 32
#define BLOCK_HASH_SIZE 8
#define BLOCK_TAG 0x4b4c4254u   /* "TBLK" */
#define TRAILER_TAG 0x444e4554u /* "TEND" */

/* What a block header says. Lengths in bytes. */
struct block_header {
	uint32_t payload, records, dirs, paths, dirs_len, lines_len, lines;
};

/* Decode 32 bytes; NULL, or what is wrong with it (checked against all caps). */
const char *block_header_parse(struct block_header *h, const unsigned char bytes[BLOCK_HEADER_SIZE],
			       enum rec_kind kind) WARN_UNUSED;

/*
 * A block being read. The payload belongs to the caller and must outlive it. The three sections are
 * read independently, so a reader may interleave them or leave one out. Each call returns true
 * with a record, or false at the section's end or a fault: `fault` says what, NULL when all is
 * well. What a section says is checked here: well-formed paths, ranges of record.h, numbers that
 * exist.
 */
struct block {
	enum rec_kind kind;
	struct block_header head;
	const unsigned char *payload;
	const char *fault;

	/* directories */
	struct wire_in dirs_in;
	uint32_t dirs_read;
	size_t paths_read; /* decoded bytes so far, against head.paths */
	struct buf path;   /* the current directory, owned by the block, reused */

	/* lines and rows: `dir` is the number of the directory they belong to */
	struct wire_in lines_in, rows_in;
	uint32_t lines_read, rows_read;
	uint32_t dir, line_dir, row_dir;
	bool has_line, line_waits; /* block_next_dir_record */
	struct entry_columns line_columns, row_columns; /* kind entry */
	uint32_t names_read;
	const char *name;  /* row of kind entry, link row: the last component, in the payload */
	size_t name_len;
	struct entry entry; /* line (kind dir: only .own) or row of kind entry */
	struct usage_key key;
	struct usage usage;
	struct link_row link; /* line of kind usage */
	bool is_link;         /* block_next_usage_record */
	struct inode_line line_before; /* kind dir: what the next one is coded against */
};

/*
 * Start reading; keeps the allocation of b->path from block to block. Zero the struct once. Behind
 * the payload NUMBER_COLUMN_PADDING bytes must be readable: the hash, or the room for it.
 */
void block_open(struct block *b, enum rec_kind kind, const struct block_header *h,
		const unsigned char *payload);

bool block_next_dir(struct block *b);  /* b->path */
/* b->dir, b->entry (kind dir: only .own; kind usage: b->link and b->name instead) */
bool block_next_line(struct block *b);
bool block_next_row(struct block *b);  /* b->dir; b->name and b->entry, or b->key and b->usage */

/*
 * A row of kind entry in two parts, the second of which may be left out: b->dir and what
 * entry_columns_sums gives of b->entry, then b->name and the rest of it. Nothing of what is left
 * out is looked at: for that the hash of the block is the only proof.
 */
bool block_next_sums(struct block *b);
bool block_rest_of_row(struct block *b);

/*
 * The paths of a block by number, for kinds whose records refer to them in any order. Keeps its
 * allocations from block to block; zeroed is empty.
 */
struct block_paths {
	struct buf bytes;
	uint32_t *ends; /* where each path ends in `bytes`; it starts where the one before ends */
	size_t cap;
};

/* Read section 1 whole; false on a fault. */
bool block_paths_read(struct block_paths *p, struct block *b) WARN_UNUSED;

static inline const char *block_path(const struct block_paths *p, uint32_t dir, size_t *len)
{
	uint32_t start = dir ? p->ends[dir - 1] : 0;

	*len = p->ends[dir] - start;
	return (const char *)p->bytes.data + start;
}

void block_paths_release(struct block_paths *p);

/*
 * One record after the other, in reading order; not to be mixed with the calls for sections.
 * `paths` starts zeroed and can serve many blocks.
 */
bool block_next_entry_record(struct block *b, struct block_paths *paths); /* b->path, b->entry */
bool block_next_dir_record(struct block *b);   /* b->path, b->has_line, b->entry.own */
/* b->path; b->key and b->usage, or, if b->is_link, b->link and b->name */
bool block_next_usage_record(struct block *b);

void block_release(struct block *b);

#endif
