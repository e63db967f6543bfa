/* SPDX-License-Identifier: MIT */
/*
 * tsv - streams as text: what stands in the lines, and how rows become blocks and back.
 *
 *     #treetally<TAB>version=1<TAB>kind=dir<TAB>order=tree...
 *     path<TAB>has_line<TAB>...
 *     /gpfs/a<TAB>1<TAB>...
 *     #end<TAB>records=1<TAB>lines=...
 *
 * NULL is an empty field. TAB, LF, CR and backslash in paths and header values are escaped.
 */
#ifndef TREETALLY_TSV_H
#define TREETALLY_TSV_H

#include "common/stream/block_build.h"
#include "common/stream/header.h"
#include "common/stream/ledger.h"

#define TSV_MAGIC "#treetally\t"
#define TSV_END "#end\t"
/* Longest line in bytes: a path with every byte escaped, and its numbers. */
#define TSV_LINE_MAX (2 * PATH_BYTES_MAX + 1024)
/* The same of the lines that hold the text of header or trailer. */
#define TSV_TEXT_LINE_MAX (HEAD_TEXT_MAX + 1024)

void tsv_add_head(struct buf *out, const struct header *h);
/* All records of a block; returns what is wrong with it or NULL. */
const char *tsv_add_block(struct buf *out, struct block *b);
void tsv_add_end(struct buf *out, uint64_t records, const struct ledger *l);

/* The column names as line 2 has them, without LF. */
const char *tsv_columns(enum rec_kind kind);

/* A row parsed by tsv_parse_row. */
struct tsv_row {
	char *path; /* memory form, in the line */
	size_t path_len;
	bool has_line;
	struct entry entry;
	struct usage_key key;
	struct usage usage;
	bool is_link;
	struct link_row link;
	char *name; /* of a link, in the line */
	size_t name_len;
};

/*
 * Parse a row without its LF; `line` is modified and kept by the row. NULL, or the column that is
 * wrong.
 */
const char *tsv_parse_row(struct tsv_row *row, enum rec_kind kind, char *line,
			  size_t len) WARN_UNUSED;

/* Add a row to a block; false when the block is full (block.h). */
bool tsv_row_add(struct block_build *b, const struct tsv_row *row) WARN_UNUSED;

/* Parse the rest of an #end line, in place: record count and ledger. False: not understood. */
bool tsv_parse_end(char *text, uint64_t *records, struct ledger *l) WARN_UNUSED;

#endif
