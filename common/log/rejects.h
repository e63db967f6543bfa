/* SPDX-License-Identifier: MIT */
/*
 * rejects - lines that are not records: how many there may be, and the file that keeps them.
 *
 * The file has source, line number, reason and line, separated by TAB, source and line escaped
 * (escape.h). It is for people and awk; no program reads it back.
 */
#ifndef TREETALLY_REJECTS_H
#define TREETALLY_REJECTS_H

#include "common/base/outfile.h"
#include "common/log/chunk.h"

/* The default limit: this many lines, or this many millionths of all lines, whichever is more. */
#define REJECTS_MAX 100
#define REJECTS_MAX_MILLIONTHS 100 /* 0.01 %; keep gpfs-parse.1 in step with both */

/* Zeroed: the default. */
struct reject_limit {
	enum { LIMIT_DEFAULT, LIMIT_COUNT, LIMIT_SHARE } kind;
	uint64_t value; /* lines, or millionths of the lines */
};

/* "5", "2K", "0.5%"; false for anything else. */
bool reject_limit_parse(struct reject_limit *limit, const char *text) WARN_UNUSED;

/* Most rejected and unrecognised lines among `lines`. */
uint64_t reject_limit(const struct reject_limit *limit, uint64_t lines);

/* The same while the number of lines is not known yet: UINT64_MAX if it depends on that. */
uint64_t reject_limit_early(const struct reject_limit *limit);

struct rejects {
	bool on;
	struct outfile file;
	struct buf text;
};

/* `name` NULL: keep nothing, the other calls do nothing. Dies (4), as they do. */
void rejects_open(struct rejects *r, const char *name);
/* What the mode of a new file is; 0640 less the umask when this is not called. */
void rejects_exact_mode(struct rejects *r, mode_t mode);

/* What a chunk has kept; its lines follow `lines_before` lines of the same source. */
void rejects_add(struct rejects *r, const char *source, uint64_t lines_before,
		 const struct chunk *c);

void rejects_commit(struct rejects *r);

#endif
