/*
 * fd - room in pipes, so that a program and its reader wait for each other less often.
 *
 * A pipe of Linux holds 64 KiB, less than most blocks of records: every block would put its writer
 * to sleep, and a program with two readers would work no faster than both after each other.
 */
#ifndef TREETALLY_FD_H
#define TREETALLY_FD_H

#include <fcntl.h>

/* As much as fs.pipe-max-size lets everybody have by default (bytes). */
#define PIPE_ROOM (1 << 20)

/*
 * Best effort: fails harmlessly when `fd` is no pipe, and when the user has many of them
 * (fs.pipe-user-pages-soft, 64 MiB by default). The memory is the kernel's and only what is used.
 */
static inline void fd_widen_pipe(int fd)
{
	(void)fcntl(fd, F_SETPIPE_SZ, PIPE_ROOM);
}

#endif
