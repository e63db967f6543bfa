/* SPDX-License-Identifier: MIT */
/*
 * record_key - dir and usage records as extsort wants them: path, tail, and how equal keys combine.
 *
 * dir tail:   has_line 1, inode 8, generation 8, uid 4, gid 4, mode 4, allocated 8, big-endian; no
 *             part is key. Of equal paths the larger tail wins, byte by byte: has_line first, then
 *             each field.
 * usage tail: uid 4, gid 4, age bucket 1, size bucket 1, big-endian: the key; then struct usage in
 *             host order, which adds up.
 * link row:   its key is behind the path, with an empty component between, which sorts behind the
 *             usage rows of the directory and before all that lies in it: uid 4, gid 4, age bucket
 *             1, size bucket 1, snapshot 8, inode 8, generation 8, nlink 4, allocated 8, apparent 8,
 *             big-endian, then the name. The tail is that of a usage row, with
 *             `lines` for its files and the length of the directory's path for its max_mtime.
 */
#ifndef TREETALLY_RECORD_KEY_H
#define TREETALLY_RECORD_KEY_H

#include "common/sort/extsort.h"
#include "common/stream/stream_out.h"

#define DIR_TAIL_SIZE 37
#define USAGE_KEY_SIZE 10
#define USAGE_TAIL_SIZE (USAGE_KEY_SIZE + sizeof(struct usage))

/* `line` NULL: a directory without a line, all zero. */
void dir_tail_write(unsigned char tail[DIR_TAIL_SIZE], const struct inode_line *line);
/* False when the directory has no line. */
bool dir_tail_read(const unsigned char tail[DIR_TAIL_SIZE], struct inode_line *line);
bool dir_tail_combine(unsigned char *into, const unsigned char *from);

void usage_tail_write(unsigned char tail[USAGE_TAIL_SIZE], const struct usage_key *key,
		      const struct usage *usage);
void usage_tail_read(const unsigned char tail[USAGE_TAIL_SIZE], struct usage_key *key,
		     struct usage *usage);
/* The path of a link row, in `path`, which is overwritten, and its tail. */
void link_key_write(struct buf *path, unsigned char tail[USAGE_TAIL_SIZE], const char *dir,
		    size_t dir_len, const struct link_row *row, const char *name, size_t name_len);

/* What a sorter gives back, a usage row or a link row. */
void usage_item_write(struct stream_out *out, const struct extsort_item *item);

bool usage_tail_combine(unsigned char *into, const unsigned char *from);

#endif
