/* SPDX-License-Identifier: MIT */
/*
 * stream_out - one output stream, written to one or several places.
 *
 * Binary, or TSV of the same records in the same order. Every failed write ends the program (4)
 * before a trailer is written, so that what it leaves is recognised as cut.
 *
 * Records go through add_entry, add_dir, add_usage, add_link; blocks that were built elsewhere (threads)
 * go through add_encoded. Life: open -> add* -> finish.
 */
#ifndef TREETALLY_STREAM_OUT_H
#define TREETALLY_STREAM_OUT_H

#include "common/stream/block_build.h"
#include "common/stream/header.h"
#include "common/stream/ledger.h"
#include "common/base/outfile.h"

struct stream_out {
	enum rec_kind kind;
	bool tsv;
	struct outfile *files;
	size_t file_count;
	struct block_build build;
	struct block view;      /* to print blocks as TSV */
	struct buf out;
	uint64_t records, blocks;
	uint64_t chain;         /* hash over header hash and block hashes so far */
};

#define OUTPUTS_MAX 16

struct stream_out_options {
	bool tsv;
	const char *paths[OUTPUTS_MAX]; /* empty: stdout */
	size_t path_count;
};

/* Refuses (2) to write binary to a terminal. */
void stream_out_open(struct stream_out *s, const struct header *head,
		     const struct stream_out_options *opt);

void stream_out_add_entry(struct stream_out *s, const char *path, size_t len,
			  const struct entry *e);
void stream_out_add_dir(struct stream_out *s, const char *path, size_t len,
			const struct inode_line *line);
void stream_out_add_usage(struct stream_out *s, const char *path, size_t len,
			  const struct usage_key *key, const struct usage *usage);

void stream_out_add_link(struct stream_out *s, const char *path, size_t len,
			 const struct link_row *row, const char *name, size_t name_len);

/* One or more whole blocks as block_encode made them, one after the other; puts the hashes in. */
void stream_out_add_encoded(struct stream_out *s, unsigned char *blocks, size_t len);

/* Trailer, flush, names; the promise that all that was written is there. */
void stream_out_finish(struct stream_out *s, const struct ledger *ledger);

#endif
