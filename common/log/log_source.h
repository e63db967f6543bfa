/* SPDX-License-Identifier: MIT */
/*
 * log_source - the text of one log: a file or standard input, plain or compressed.
 *
 * What it is shows in its first bytes, not in its name. What zstd packed is unpacked here
 * (log_zstd.h), other compressed input by the usual program, as a child at the other end of a pipe,
 * with an environment of its own. Input that cannot be read again from its beginning, a pipe, has a
 * second child that hands it on.
 *
 * Dies (4) when reading fails or the program is not there, and (3) when the program fails,
 * complains, or ends before its input does: all that is checked before the end of the text is
 * reported, so that text which was reported as whole is. What nothing can show is that members
 * are missing at the end, when the last one that is there is whole.
 */
#ifndef TREETALLY_LOG_SOURCE_H
#define TREETALLY_LOG_SOURCE_H

#include "common/base/process.h"
#include "common/log/log_zstd.h"

#define LOG_SOURCE_PEEK 10 /* bytes that tell compressed from plain */

struct log_source {
	const char *name; /* for messages: the operand, or "standard input" */
	int fd;           /* gives the text */
	int file; /* the operand: position and size of a regular file; -1: it is something else */
	unsigned char peeked[LOG_SOURCE_PEEK]; /* taken off a plain pipe, not yet given out */
	size_t peeked_len;
	struct log_zstd *zstd; /* unpacks the operand */
	struct process decompressor, feeder;
	int packed;       /* input of the decompressor, which it shares with us */
	int complaints;   /* a file in memory: standard error of the children */
	uint64_t text;    /* bytes given out */
	bool ended;
};

/* Can this operand be read? Dies (4) if not; opens nothing, so that a FIFO does not block. */
void log_source_check(const char *operand);

/* Bytes of a regular file, compressed or not; 0 for anything else. */
uint64_t log_source_size(const char *operand);

/*
 * `operand` "-" is standard input; the text must outlive the source. Where several threads can
 * unpack it, as many as `threads` do, within `memory` bytes.
 */
void log_source_open(struct log_source *s, const char *operand, unsigned threads, uint64_t memory);

/* Fill `data`; returns how many bytes there are, fewer than `len` only at the end. */
size_t log_source_read(struct log_source *s, void *data, size_t len);

/*
 * Text that lies as it is in a regular file can be read by several threads: log_source_offset says
 * where the next byte to be read is, or -1 if this is no such text. Then any thread reads from
 * where it likes, and log_source_read goes on from wherever log_source_skip_to says.
 */
int64_t log_source_offset(const struct log_source *s);
size_t log_source_read_at(const struct log_source *s, void *data, size_t len, int64_t offset);
void log_source_skip_to(struct log_source *s, int64_t offset);

/* Bytes read of a regular file, compressed or not; of anything else, bytes of text. */
uint64_t log_source_position(const struct log_source *s);

void log_source_close(struct log_source *s);

#endif
