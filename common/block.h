/*
 * block - a run of records that can be read by itself: built, encoded, and read again.
 *
 * All three kinds share one layout. Section 1 lists directories, front-coded against the one
 * before. Section 2 holds "lines", records of directories. Section 3 holds "rows": files (entry
 * streams) or usage sums (usage streams). Lines and rows name a directory by its number
 * in section 1, so that a reader looks each directory up once a block, not once a record:
 *
 *     kind    directories                     lines                 rows
 *     entry   each that is mentioned, once    directory entries     all other entries
 *     dir     one a record, in order          those with has_line   none
 *     usage   each that has rows, in order    none                  usage rows, in order
 *
 * Records of a block are read in that order: directories, lines, rows. The byte layout is in
 * treetally-stream(5); keep the two together. Caps hold for writers and are checked by readers.
 */
#ifndef TREETALLY_BLOCK_H
#define TREETALLY_BLOCK_H

#include "common/path.h"
#include "common/record.h"
#include "common/wire.h"

#define BLOCK_PAYLOAD_MAX (256u << 10) /* bytes, unless the block holds one record */
#define BLOCK_RECORDS_MAX 65536u
#define BLOCK_PATHS_MAX (4u << 20)     /* bytes of section 1 once decoded */
#define BLOCK_ONE_RECORD_MAX (2u * PATH_BYTES_MAX + 256) /* bytes: the longest single record */

#define BLOCK_HEADER_SIZE 32
#define BLOCK_HASH_SIZE 8
#define BLOCK_TAG 0x4b4c4254u   /* "TBLK" */
#define TRAILER_TAG 0x444e4554u /* "TEND" */

/* ---- writing ---- */

/* Collects the records of one block. Zeroed + block_build_init; owns its buffers. */
struct block_build {
	enum rec_kind kind;
	uint32_t records, dirs, lines;
	struct buf coded_dirs, coded_lines, coded_rows;
	struct buf paths;        /* decoded section 1, to find repeats (entry kind) */
	uint32_t *path_at;       /* where each directory starts in `paths`; [dirs] is the end */
	size_t path_at_cap;
	uint32_t *slots;         /* entry kind: hash table of directory number + 1 */
	uint32_t slot_count;     /* a power of two */
	uint32_t last_dir;       /* number of the last directory used */
	size_t last_at, last_len; /* previous directory in `paths`: what section 1 is coded against */
	uint32_t line_dir, row_dir; /* last numbers in sections 2 and 3: stored as differences */
	struct entry line_before, row_before;
};

void block_build_init(struct block_build *b, enum rec_kind kind);

/*
 * Add a record. Returns false, with nothing changed, when it does not fit beside what is there:
 * then encode, which empties the block, and add again (an empty block takes any record). `path`
 * is the entry's own path; a record of kind dir without a line has `line` NULL.
 */
bool block_add_entry(struct block_build *b, const char *path, size_t len, const struct entry *e) WARN_UNUSED;
bool block_add_dir(struct block_build *b, const char *path, size_t len, const struct inode_line *line) WARN_UNUSED;
bool block_add_usage(struct block_build *b, const char *path, size_t len, const struct usage_key *key,
		     const struct usage_sums *sums) WARN_UNUSED;

/* Append header and payload (not the hash) to `out` and empty the builder. Nothing if empty. */
void block_encode(struct block_build *b, struct buf *out);

void block_build_release(struct block_build *b);

/* ---- reading ---- */

/* What a block header says. Lengths in bytes. */
struct block_header {
	uint32_t payload, records, dirs, paths, dirs_len, lines_len, lines;
};

/* Decode 32 bytes; NULL, or what is wrong with it (checked against all caps). */
const char *block_header_parse(struct block_header *h, const unsigned char bytes[BLOCK_HEADER_SIZE],
			       enum rec_kind kind) WARN_UNUSED;

/*
 * A block being read. The payload belongs to the caller and must outlive it. Read all directories,
 * then all lines, then all rows (a part that is not needed may be left out); each call
 * returns true with a record, or false at the section's end or a fault: `fault` says what, NULL
 * when all is well.
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
	const char *name;  /* row of kind entry: the last component, in the payload */
	size_t name_len;
	struct entry entry, line_before, row_before; /* line: entry.own; row of kind entry: entry */
	struct usage_key key;
	struct usage_sums sums;
};

/* Start reading; keeps the allocation of b->path from block to block. Zero the struct once. */
void block_open(struct block *b, enum rec_kind kind, const struct block_header *h, const unsigned char *payload);

bool block_next_dir(struct block *b);  /* b->path */
bool block_next_line(struct block *b); /* b->dir, b->entry (kind dir: only .own) */
bool block_next_row(struct block *b);  /* b->dir; b->name and b->entry, or b->key and b->sums */

void block_release(struct block *b);

#endif
