/* SPDX-License-Identifier: MIT */
/*
 * parse_opts - the options that all parsers of logs have, as rows of a table (opts.h).
 *
 *	struct parse_opts parse;
 *	struct opt rows[] = { ..., PARSE_OPTS(&parse), OPT_END };
 *
 *	parse_opts_init(&parse);
 *	parse_opts_finish(&parse, opts_parse(&program, argc, argv), argv);
 */
#ifndef TREETALLY_PARSE_OPTS_H
#define TREETALLY_PARSE_OPTS_H

#include "common/log/claims.h"
#include "common/parse/fields.h"
#include "common/log/rejects.h"
#include "common/log/scan_log.h"
#include "common/stream/stream_opts.h"

struct parse_opts {
	struct opts shared;
	struct stream_out_options out;
	struct scan_claim claim; /* what options say; logs cannot contradict it */
	const char *filesystem;
	const char *source;
	bool crlf, allow_cut_end, force;
	const char *rejects;
	mode_t mode; /* of the file of rejects; MODE_NONE: 0640 less the umask */
	struct reject_limit limit;
	uint64_t block_size; /* bytes; 0: not known */
	unsigned required;   /* bits of fields */
	const char *scan_log; /* output of mmapplypolicy; NULL: not given */
	const char **logs; /* "-": standard input; never empty */
	size_t log_count;
};

#define PARSE_OPTS(o)                                                                              \
	OPT_TEXT('f', "filesystem", "NAME",                                                        \
		 "file system [as the name or line 1 of LOG says]", &(o)->filesystem),             \
	OPT_DATE(0, "scan-date", "DATE", "day of the scan, YYYY-MM-DD [as for -f]",                 \
		 &(o)->claim.scan_day),                                                            \
	OPT_TEXT(0, "source", "NAME", "name to record [base name of LOG less .gz etc., or -]",     \
		 &(o)->source),                                                                    \
	OPT_WORD(0, "escape", "HOW", "of names: %s [as line 1 says, else none]",                   \
		 &(o)->claim.escape, claims_escape_names, ESCAPE_NONE),                            \
	OPT_FLAG(0, "crlf", "lines end with CR LF [a CR belongs to the name]", &(o)->crlf),        \
	OPT_FLAG(0, "allow-cut-end", "accept input that ends inside a line [exit 3]",              \
		 &(o)->allow_cut_end),                                                             \
	OPT_TEXT(0, "rejects", "FILE", "keep rejected lines there", &(o)->rejects),                \
	OPT_MODE(0, "mode", "MODE", "mode of a new rejects FILE [0640 less the umask]",            \
		 &(o)->mode),                                                                      \
	OPT_CALL(0, "max-rejects", "N",                                                            \
		 "fail if more lines, or N% of lines, are not records [100 or 0.01%]",   \
		 parse_opts_set_limit, &(o)->limit),                                               \
	OPT_SIZE(0, "block-size", "SIZE", "round lengths up to it if nothing is allocated",        \
		 &(o)->block_size),                                                                \
	OPT_CALL_WORDS(0, "require", "FIELD,...", "fail if the log has no size, uid, mtime ...",   \
		       parse_opts_require, &(o)->required, field_names),                           \
	OPT_TEXT(0, "scan-log", "FILE", "output of mmapplypolicy, to check that nothing is missing", \
		 &(o)->scan_log),                                                                  \
	OPT_FLAG(0, "force", "accept one log twice, and logs of different scans", &(o)->force),    \
	STREAM_OPTS_WRITE(&(o)->out),                                                              \
	OPTS_RESOURCES(&(o)->shared),                                                              \
	OPTS_PROGRESS(&(o)->shared),                                                               \
	OPTS_COMMON(&(o)->shared)

opt_call parse_opts_set_limit;
opt_call parse_opts_require;

/* Defaults; before opts_parse. */
void parse_opts_init(struct parse_opts *o);

/* The value of --root, NULL if it was not given: dies (2) if it is not absolute. */
void parse_opts_check_root(const char *root);

/* Take argv[1] to argv[count] as logs and check all values against each other; dies (2). */
void parse_opts_finish(struct parse_opts *o, size_t count, char **argv);

/*
 * What the first line of source `name` adds to its claim, and how that and options say the lines
 * are written. Dies (3) when the line is one of ours and wrong.
 */
void parse_opts_hear(const struct parse_opts *o, struct scan_claim *claim, const char *name,
		     const struct chunk *first, struct line_format *format);

/*
 * field_plan_init, with what options say. Dies (3) when a required field is not there, and (2) when
 * the day of the scan is needed and not known: for ages, or for lack of any time. `source` and
 * `format` are for the message.
 */
void parse_opts_plan(const struct parse_opts *o, struct field_plan *plan, unsigned given,
		     bool whole_days, bool ages, int64_t scan_day, const char *source,
		     const char *format);

void parse_opts_release(struct parse_opts *o);

#endif
