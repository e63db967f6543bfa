/* SPDX-License-Identifier: MIT */
/*
 * log_zstd - the text of what zstd packed.
 *
 * A packed log is a row of frames, each by itself:
 *
 *     | frame | skippable frame | frame | frame |      zstd, also with -T: a single frame
 *                                                      pzstd, cat a.zst b.zst: several
 *
 * Frames that are small enough are unpacked by threads, several at a time, and given out in order.
 * Whatever is not such a frame is unpacked by the caller as it is read: a large one, one that is
 * damaged, and all of them when there is one thread or little memory. So all that is wrong is found
 * and told in one place, and the text is the same whoever unpacks it.
 *
 * Memory: 1 MiB, or what was allowed. A window, of which a frame says how large it is, comes on
 * top: 8 MiB at most unless the log was packed with --long or --ultra, and 2 GiB in any case.
 *
 * Dies (3) of damage, of what is no frame, and of a frame without its end, with the offset in the
 * packed log; (4) when reading fails or there is no memory.
 */
#ifndef TREETALLY_LOG_ZSTD_H
#define TREETALLY_LOG_ZSTD_H

#include "common/base/die.h"

struct log_zstd;

/*
 * Unpacks what comes from `fd`, which stays the caller's, after the `len` bytes of `begin`, by so
 * many threads within `memory` bytes. `name` is for messages and must outlive this.
 */
struct log_zstd *log_zstd_open(const char *name, int fd, const void *begin, size_t len,
			       unsigned threads, uint64_t memory);

/* Fill `data`; returns how many bytes there are, fewer than `len` only at the end. */
size_t log_zstd_read(struct log_zstd *z, void *data, size_t len);

void log_zstd_close(struct log_zstd *z);

/* What --version says of the library. */
void log_zstd_about(void);

#endif
