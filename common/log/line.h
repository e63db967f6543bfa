/* SPDX-License-Identifier: MIT */
/*
 * line - one line of a log, and the layouts that can read it.
 *
 * A layout is all that chunks, threads, rejects and the programs know of what a log looks like: one
 * call for a line, which says its kind and what it holds. A new one is a table like gpfs_layout.
 *
 * A line is what one record takes. It ends with LF in most layouts, with NUL in some, and in a few
 * the record itself tells where.
 */
#ifndef TREETALLY_LINE_H
#define TREETALLY_LINE_H

#include "common/stream/block_build.h"

/* Longest line in bytes, without its LF: a longer one is rejected. Keep gpfs-parse.1 in step. */
#define LINE_BYTES_MAX 69632

/* Readable bytes that must follow a line, the first of them LF: times are looked at 8 at once. */
#define LINE_PADDING 32

enum line_kind {
	LINE_ENTRY,
	LINE_REJECTED,
	LINE_BLANK,
	LINE_COMMENT,
	LINE_MESSAGE,      /* of the program that made the log, as "[I] ..." of mmapplypolicy */
	LINE_UNRECOGNISED,
};

struct line {
	enum reject_reason reason; /* of a rejected line */
	/*
	 * Of lines that are not entries: does a record begin here, good or bad? Of entries and
	 * rejected lines: the path as it stands in the line, NULL if it has none, or if LF would be
	 * encoded in it.
	 */
	bool begins;
	const char *text;
	struct entry entry;
	bool inline_data;          /* the file's data lies in its inode */
	unsigned bad_optional;     /* malformed values that were not needed, taken as absent */
	/*
	 * Where the entry is, valid until the parser's next call: its name, NULL for a directory, and
	 * the number of its directory in the block that is being built; or, if that is BLOCK_NO_DIR,
	 * its path in memory form (path.h).
	 */
	const char *name;
	size_t name_len;
	uint32_t dir;
	const char *path;
	size_t path_len;
};

/* How the lines of a source are written. */
struct line_format {
	const struct layout *layout;
	const void *how; /* what else the layout must know; its own type, which outlives the parsers */
	struct assumptions assumed; /* what stands for values that the layout does not have */
	const char *name; /* of the layout, for the header */
	bool pct_said; /* an option or line 1 says `pct`; else the layout may set it */
	bool pct;  /* values and path are percent-encoded */
	bool crlf; /* a CR before the LF belongs to the line's end */
	bool nul;  /* lines end with NUL, not with LF */
	bool whole_names; /* no line can be the rest of a name (cut_name.h), nor can one if `pct` */
};

/* The byte that ends a line. */
static inline char line_end(const struct line_format *format)
{
	return format->nul ? '\0' : '\n';
}

struct layout {
	/*
	 * A parser belongs to one thread: it owns the buffers that a parsed path points into. If
	 * entries go to a block, the parser finds their directories in it (line_set_path).
	 */
	void *(*new_parser)(struct block_build *block);
	void (*free_parser)(void *parser);

	/*
	 * Parse `len` bytes at `text`, without LF and, if the format has it, CR. `line` is valid for
	 * entries; of other lines, reason, begins and text are.
	 */
	enum line_kind (*parse)(void *parser, const struct line_format *format, const char *text,
				size_t len, struct line *line);

	/* What the log is if this line, which is not a record here, is one elsewhere; else NULL. */
	const char *(*foreign)(const char *text, size_t len);

	/*
	 * Bytes of the line at `text`, with its end, which is LF or NUL, or 0 if more than the
	 * `len` that are there are needed to tell. What begins no record ends with the next LF.
	 * `whole`: it is known that the text ends with a line; then never 0. Text behind the line,
	 * as much as there is, must not change the answer. NULL: the end of the format says it all.
	 */
	size_t (*measure)(const char *text, size_t len, bool whole);
};

/*
 * The same for any format. *content: without its end and, in the format that has it, the CR before
 * that; of text that is no whole line, all of it.
 */
size_t line_measure(const struct line_format *format, const char *text, size_t len, bool whole,
		    size_t *content);

/*
 * Set the path of `line`, whose mode is set, from the text of an absolute one. `buffer` has
 * PATH_BYTES_MAX bytes and stays as long as the path; `text` may lie in it. Of most entries of a
 * log `block` has seen the directory already (NULL: of none); then that and the name are all that
 * is set: nothing of the path needs to be checked or converted.
 */
enum reject_reason line_set_path(struct line *line, char *buffer, struct block_build *block,
				 const char *text, size_t len) WARN_UNUSED;

/*
 * Put the directory `root` before a path that is not absolute: the text of *path, *len bytes, is in
 * `buffer` then. Returns REJECT_TOO_LONG if it does not fit there.
 */
enum reject_reason line_root_path(const char *root, char *buffer, const char **path,
				  size_t *len) WARN_UNUSED;

/*
 * The kind of a line that begins no record. A message may begin at `at`, behind a tag; `end`: there
 * are no messages.
 */
enum line_kind line_skip_kind(const char *text, const char *at, const char *end);

#endif
