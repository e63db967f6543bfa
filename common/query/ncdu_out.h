/* SPDX-License-Identifier: MIT */
/*
 * ncdu_out - a tree in the export format of ncdu, which `ncdu -f` reads (JSON; format 1.2).
 *
 * Nothing is kept but what waits to be written (64 KiB), however large or deep the tree is. Bytes of
 * names that are not UTF-8 stand for themselves, as in ncdu's own exports. ncdu adds up what is in
 * a directory, so directories carry no sizes here.
 *
 * Every failure dies (4); a file takes its name when it is complete (outfile.h).
 */
#ifndef TREETALLY_NCDU_OUT_H
#define TREETALLY_NCDU_OUT_H

#include "common/base/buf.h"
#include "common/base/outfile.h"

struct ncdu_out {
	struct outfile file;
	struct buf out;
	size_t depth;      /* directories that are open */
	uint64_t entries;  /* written so far */
};

/* NULL: standard output. `timestamp` is of the scan, in seconds. */
void ncdu_out_open(struct ncdu_out *n, const char *output, int64_t timestamp);
/* What follows is in this directory, until its _end. The name of the first one is its path. */
void ncdu_out_begin(struct ncdu_out *n, const void *name, size_t len);
void ncdu_out_file(struct ncdu_out *n, const char *name, int64_t apparent_size, int64_t total_size);
/*
 * A path of a file with several links: ncdu counts those with the same `ino` once in each directory.
 * links: the link count; 0: not known.
 */
struct ncdu_link {
	const void *name;
	size_t len;
	int64_t apparent_size, total_size, ino, links;
};
void ncdu_out_link(struct ncdu_out *n, const struct ncdu_link *link);
void ncdu_out_end(struct ncdu_out *n);
void ncdu_out_close(struct ncdu_out *n);

#endif
