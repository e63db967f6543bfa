/* SPDX-License-Identifier: MIT */
/*
 * fd - whole buffers in and out of descriptors, and room in pipes.
 *
 * A signal does not interrupt these calls, and a descriptor that a parent has made non-blocking is
 * waited for. Those that can fail return -1 or false with errno set.
 */
#ifndef TREETALLY_FD_H
#define TREETALLY_FD_H

#include <sys/types.h>

#include "common/base/die.h"

/* What there is, at most `len` bytes; 0 is the end. */
ssize_t fd_read(int fd, void *data, size_t len) WARN_UNUSED;
/* `len` bytes, or fewer if the end comes first. */
ssize_t fd_read_full(int fd, void *data, size_t len) WARN_UNUSED;
/* The same from a place in a file, which does not move. */
ssize_t fd_read_at(int fd, void *data, size_t len, uint64_t offset) WARN_UNUSED;

bool fd_write(int fd, const void *data, size_t len) WARN_UNUSED;
bool fd_write_at(int fd, const void *data, size_t len, uint64_t offset) WARN_UNUSED;

/*
 * More room in a pipe, so that a program and its reader wait for each other less often. Linux gives
 * 64 KiB, less than most blocks of records: every block would put its writer to sleep, and a
 * program with two readers would work no faster than both after each other. Best effort: changes
 * nothing when `fd` is not a pipe, or when the user has many of them (fs.pipe-user-pages-soft, 64
 * MiB by default). The memory is the kernel's and only what is used.
 */
void fd_widen_pipe(int fd);

/* A pipe with much room that no other program inherits: read from ends[0]. Dies (4). */
void fd_pipe(int ends[2]);

#endif
