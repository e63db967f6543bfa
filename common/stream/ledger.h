/* SPDX-License-Identifier: MIT */
/*
 * ledger - the accounts of a scan, opened by gpfs-parse and carried by every later stream.
 *
 * All counts add up, so the ledger of merged parts is the sum of theirs. The digest is the sum
 * modulo 2^128 of the XXH3-128 of every entry, as it was understood: it does not depend on order,
 * nor on how a line was written, and two streams with equal ledgers came from the same entries. A
 * ledger knows its sources, one digest each, so that a part given twice is noticed.
 */
#ifndef TREETALLY_LEDGER_H
#define TREETALLY_LEDGER_H

#include "common/stream/assume.h"
#include "common/stream/record.h"

/*
 * Everything that is counted, in one table: X(name in the enum, name in streams, column of
 * scan_metadata). The schema, what loads it, and what the audit compares are made of it, so a new
 * count is a row here, the line that counts it, and, to be seen, a title in scan_summary. The
 * skipped lines, kind by kind, stand apart because lines = entries + rejected + skipped.
 */
#define LEDGER_SKIPPED(X)                                                                          \
	X(SKIPPED_BLANK, "skipped_blank", "skipped_blank")                                         \
	X(SKIPPED_COMMENT, "skipped_comment", "skipped_comment")                                   \
	X(SKIPPED_MESSAGE, "skipped_message", "skipped_message")                                   \
	X(SKIPPED_UNRECOGNISED, "skipped_unrecognised", "skipped_unrecognised")                    \
	/* the rest of a name that holds line feeds */                                             \
	X(SKIPPED_CONTINUED, "skipped_continued", "skipped_continued")

#define LEDGER_TABLE(X)                                                                            \
	X(LINES, "lines", "lines")                                                                 \
	LEDGER_SKIPPED(X)                                                                          \
	X(REJECTED, "rejected", "rejected")                                                        \
	/* lines that became records: directory lines + files */                                   \
	X(ENTRIES, "entries", "entries")                                                           \
	X(DIRECTORY_LINES, "directory_lines", "directory_lines")                                   \
	/* every entry that is not a directory */                                                  \
	X(FILES, "files", "total_files")                                                           \
	/* allocated bytes of files; then their lengths, which saturate at 2^63-1 */               \
	X(ALLOCATED, "allocated", "total_size")                                                    \
	X(APPARENT, "apparent", "apparent_size")                                                   \
	/* allocated bytes of directory lines */                                                   \
	X(DIRECTORY_BYTES, "directory_bytes", "directory_bytes")                                   \
	/* data in the inode */                                                                    \
	X(INLINE_FILES, "inline_files", "inline_files")                                            \
	X(INLINE_BYTES, "inline_bytes", "inline_bytes")                                            \
	/* files with nlink above 1; their allocated bytes bound what is counted twice */          \
	X(MULTILINK_FILES, "multilink_files", "multilink_files")                                   \
	X(MULTILINK_BYTES, "multilink_bytes", "multilink_bytes")                                   \
	/* entries with a snapshot id */                                                           \
	X(SNAPSHOT_ENTRIES, "snapshot_entries", "snapshot_entries")                                \
	/* malformed mt, cr or nl values, taken as absent */                                       \
	X(BAD_OPTIONAL, "bad_optional", "bad_optional")                                            \
	/* sources of which neither an end line nor the output of the scan tells that they are whole */ \
	X(UNPROVED_SOURCES, "unproved_sources", "unproved_sources")

#define LEDGER_ENUM(id, name, column) COUNT_##id,
enum ledger_count { LEDGER_TABLE(LEDGER_ENUM) LEDGER_COUNTS };
#undef LEDGER_ENUM
extern const char *const ledger_count_names[LEDGER_COUNTS];
extern const char *const ledger_count_columns[LEDGER_COUNTS];

enum reject_reason {
	REJECT_NONE = -1,
	REJECT_NUL,
	REJECT_TOO_LONG,
	REJECT_NO_PATH,
	REJECT_MISSING_FIELD,
	REJECT_INODE,
	REJECT_GENERATION,
	REJECT_SNAPSHOT,
	REJECT_SIZE,
	REJECT_ALLOCATED,
	REJECT_UID,
	REJECT_GID,
	REJECT_MODE,
	REJECT_TIME,
	REJECT_INTERLEAVED,
	REJECT_ESCAPE,
	REJECT_SLASH,
	REJECT_DOTS,
	REJECT_ROOT,
	REJECT_CUT,
	REJECT_REASONS
};
/* "nul", "too long", "bad uid", ... */
extern const char *const reject_names[REJECT_REASONS];

struct digest {
	uint64_t high, low;
};
void digest_add(struct digest *sum, struct digest more);
/*
 * Add that of an entry: of its fields, its directory and its name, as treetally-stream(5) lays them
 * out. The directory is digested by itself, once for all entries in it.
 */
struct digest digest_of_dir(const char *path, size_t len);
void digest_add_entry(struct digest *sum, const struct digest *dir, const char *name, size_t len,
		      const struct entry *e);

/* The numbers alone: plain data, so that threads can each fill one. Zeroed is empty. */
struct tally {
	uint64_t count[LEDGER_COUNTS];
	struct digest digest;
	uint64_t rejects[REJECT_REASONS];    /* lines by reason */
	uint64_t reject_line[REJECT_REASONS]; /* number of the first such line, from 1; 0: none */
	struct assumptions assumed;
};

/*
 * Add `more`, whose line numbers follow the `lines_before` lines of the same source. Returns false
 * when a count passes 2^63-1 (apparent size saturates instead).
 */
bool tally_add(struct tally *sum, const struct tally *more, uint64_t lines_before) WARN_UNUSED;

/*
 * Count one accepted entry; `inline_data`: its data lies in the inode. Not lines, not the digest.
 */
bool tally_entry(struct tally *t, const struct entry *e, bool inline_data) WARN_UNUSED;

struct ledger_source {
	char *name;
	struct digest digest;
	uint64_t lines;
};

struct ledger {
	struct tally sum;                   /* its reject_line numbers belong to ... */
	char *reject_source[REJECT_REASONS]; /* ... the source named here; NULL: none */
	struct ledger_source *sources;      /* in the order of their names, then digests */
	size_t source_count;
};

/* Add the tally of one finished source. Dies (3) on overflow. */
void ledger_add_source(struct ledger *l, const char *name, const struct tally *t);

/* Add all of `more`. Dies (3) on overflow. */
void ledger_merge(struct ledger *l, const struct ledger *more);

/*
 * A source that stands in the ledger twice (equal digest and lines, with at least one entry), or
 * NULL. Call when all parts are in.
 */
const struct ledger_source *ledger_repeated_source(const struct ledger *l);

/* Same lines? Compares counts, rejects, digest and assumptions; names of sources do not matter. */
bool ledger_equal(const struct ledger *a, const struct ledger *b);

/* False when rows went through programs that cannot vouch for them: then nothing need add up. */
bool ledger_verified(const struct ledger *l);

/* lines = entries + skipped + rejected, and the like; NULL or what does not add up. */
const char *ledger_fault(const struct ledger *l);

/*
 * As attributes (attrs.h), appended to `out`; and back into an empty ledger, with `text` modified:
 * false when a field is malformed or unknown.
 */
void ledger_add_attrs(struct buf *out, const struct ledger *l);
bool ledger_parse(struct ledger *l, char *text) WARN_UNUSED;

#define DIGEST_TEXT_SIZE 33
const char *digest_text(char text[DIGEST_TEXT_SIZE], struct digest d);

void ledger_release(struct ledger *l);

#endif
