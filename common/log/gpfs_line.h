/*
 * gpfs_line - one line of a GPFS policy list in the default layout: its kind and its entry.
 *
 *     [<n> ]INODE GENERATION SNAPSHOT  SHOW -- /PATH
 *     SHOW: s=BYTES a=KIB u=UID g=GID p=MODE ac=STAMP [m=... mt=STAMP cr=STAMP nl=LINKS ...]
 *
 * The keys of SHOW come in any order, unknown ones are skipped, the first occurrence counts. A line
 * that starts like a record but is none is rejected with one reason: the first fault in the order
 * line, path, numbers before SHOW, interleaved, missing field, values, path components. Any other
 * line is skipped by kind.
 *
 * One parser for each thread: it owns the buffers that a parsed path points into.
 */
#ifndef TREETALLY_GPFS_LINE_H
#define TREETALLY_GPFS_LINE_H

#include "common/stream/ledger.h"
#include "common/stream/record.h"

/* Longest line in bytes, without its LF: a longer one is rejected. Keep gpfs-parse.1 in step. */
#define GPFS_LINE_MAX 69632

/* Readable bytes that must follow a line, the first of them LF: times are looked at 8 at once. */
#define GPFS_LINE_PADDING 32

/* Files up to this length without a block have their data in the inode. */
#define GPFS_INLINE_MAX 4096

enum gpfs_line_kind {
	GPFS_LINE_ENTRY,
	GPFS_LINE_REJECTED,
	GPFS_LINE_BLANK,
	GPFS_LINE_COMMENT,
	GPFS_LINE_MESSAGE,      /* "[I] ...", a message of mmapplypolicy */
	GPFS_LINE_UNRECOGNISED,
};

struct gpfs_line {
	enum reject_reason reason; /* of a rejected line */
	/*
	 * Of lines that are no entries: does a record begin here, good or bad? It has three numbers
	 * or a separator. Of entries and rejected lines: the path as it stands in the line, NULL if
	 * there is none or LF is encoded in it.
	 */
	bool begins;
	const char *text;
	struct entry entry;
	bool inline_data;          /* the file's data lies in its inode */
	bool snapshot;             /* belongs to a snapshot, not to the live file system */
	unsigned bad_optional;     /* malformed mt, cr and nl, taken as absent */
	const char *path;          /* memory form (path.h), valid until the next call */
	size_t path_len;
};

struct show_memo;

struct gpfs_parser {
	char *path; /* PATH_BYTES_MAX bytes */
	char *show; /* decoded SHOW text; NULL until a line needs it */
	struct show_memo *memo;
};

/* How the lines of a source are written. */
struct gpfs_format {
	bool pct;  /* SHOW and path are percent-encoded */
	bool crlf; /* a CR before the LF belongs to the line's end */
};

void gpfs_parser_init(struct gpfs_parser *p);

/*
 * Parse `len` bytes at `text`, without LF and, if the format has it, CR. `maybe_nul` false promises
 * that there is no NUL byte in it. `line` is valid for entries; of other lines, reason, begins
 * and text are.
 */
enum gpfs_line_kind gpfs_line_parse(struct gpfs_parser *p, const struct gpfs_format *format,
				    const char *text, size_t len, bool maybe_nul,
				    struct gpfs_line *line);

/* Is this a record as `mmapplypolicy -I prepare` leaves them, between its phases? */
bool gpfs_line_is_prepared(const char *text, size_t len);

void gpfs_parser_release(struct gpfs_parser *p);

#endif
