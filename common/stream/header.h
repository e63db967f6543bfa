/* SPDX-License-Identifier: MIT */
/*
 * header - what a stream says of itself before its records: kind, order, file system, date, ...
 *
 * Holds no arguments, host or time of day, so that equal input gives equal bytes.
 */
#ifndef TREETALLY_HEADER_H
#define TREETALLY_HEADER_H

#include "common/base/buf.h"
#include "common/stream/record.h"

#define STREAM_VERSION 4
/* Longest header or trailer text in bytes: room for some ten thousand sources (4 MiB). */
#define HEAD_TEXT_MAX (4u << 20)

struct header {
	enum rec_kind kind;
	enum rec_order order;
	char *filesystem;   /* NULL: not known */
	int64_t scan_day;   /* days since 1970-01-01; DAY_NONE: not known */
	enum age_by age_by; /* usage streams */
	char **sources;     /* names, sorted; a name may stand twice */
	size_t source_count;
	char **programs;    /* "gpfs-parse/0.1.0", sorted, each once */
	size_t program_count;
	char **formats;     /* of the lines of the logs, sorted, each once: "ncar" */
	size_t format_count;
};

void header_add_source(struct header *h, const char *name);

/* Note that this program made the records; its version is ours. */
void header_add_program(struct header *h, const char *name);

/* Note that lines of a log were read as this: a name, or a template. */
void header_add_format(struct header *h, const char *name);

/* A deep copy; the caller releases it. */
void header_copy(struct header *to, const struct header *from);

/*
 * Add a further operand's head. Returns NULL, or a static text that says which property differs
 * ("file system", "scan date", ...). With `force`, differing file systems and scan dates are
 * accepted and the first is kept. Kinds and age-by must agree. Differing orders become ORDER_NONE.
 */
const char *header_merge(struct header *h, const struct header *more, bool force) WARN_UNUSED;

/* As attributes (attrs.h), and back: `text` is modified; false when it is not understood. */
void header_add_attrs(struct buf *out, const struct header *h);
bool header_parse(struct header *h, char *text) WARN_UNUSED;

/* Die (3) when the stream `name` is of a version that this program does not read. */
void header_require_version(const char *name, uint64_t version);

void header_release(struct header *h);

#endif
