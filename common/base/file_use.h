/* SPDX-License-Identifier: MIT */
/*
 * file_use - the files that this process reads and writes, so that it never writes what it reads.
 *
 * Whoever opens a file that the user has named says so here before, for input_open, outfile_open
 * and their like: two uses that cannot both be meant end the program (2) with both names, while
 * nothing has been written. Files are told apart by device and inode, through links of both kinds;
 * those that are not there yet, by directory and name. What can be read while it is written, a
 * pipe, a socket or a terminal, may have two uses, but not two that write it; /dev/null and its
 * like may have any.
 *
 * The list belongs to the process, as its descriptors do, and is for its main thread.
 */
#ifndef TREETALLY_FILE_USE_H
#define TREETALLY_FILE_USE_H

#include "common/base/die.h"

enum file_use {
	FILE_INPUT,    /* read; any number of times */
	FILE_OUTPUT,   /* written or replaced */
	FILE_DATABASE, /* written in place, or replaced by a new one */
};

/*
 * A file that need not be there. `name` is for messages; `path` is what it means when links have
 * been followed as far as they go, NULL for the same.
 */
void file_use_name(enum file_use use, const char *name, const char *path);
/* One that is open. */
void file_use_open(enum file_use use, const char *name, int fd);

#endif
