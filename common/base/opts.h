/* SPDX-License-Identifier: MIT */
/*
 * opts - the options of a program, each of them once: letter, name, argument, help and target are a
 * row of a table. Parsing, --help, completion and the test of the manual all read it.
 *
 *	struct opt rows[] = {
 *		OPT_HEADING("Which directories"),
 *		OPT_LIST('P', "path-prefix", "PATH", "PATH and all below it", &prefixes, &count),
 *		OPT_SIZE(0, "min-size", "SIZE", NULL, &min_size),
 *		OPT_SIZE(0, "max-size", "SIZE", "by allocated bytes", &max_size),
 *		OPT_WORD(0, "format", "FORMAT", "%s [table]", &format, format_names, 0),
 *		OPTS_RESOURCES(&shared),
 *		OPTS_COMMON(&shared),
 *		OPT_END,
 *	};
 *	const struct opts_program program = {
 *		.synopsis = "[options] DB...", .operand = "DB",
 *		.purpose = "List the directories of databases.", .rows = rows,
 *		.operands_min = 1, .operands_max = OPERANDS_ANY,
 *		.contradictions = (const char *const[]){ "min-size max-files", NULL },
 *	};
 *
 *	size_t count = opts_parse(&program, argc, argv); -- argv[1] to argv[count], then NULL
 *
 * Long names must be whole: an abbreviation would change its meaning with the next option. Options
 * and operands may be mixed, `--` ends the options. Of several values of one option the last
 * counts, unless the option is a list. Whatever is wrong dies with status 2. Values are borrowed
 * from argv.
 */
#ifndef TREETALLY_OPTS_H
#define TREETALLY_OPTS_H

#include <inttypes.h>
#include <sys/types.h>

#include "common/base/human.h"

#define MEMORY_FLOOR (4u << 20)     /* bytes; least -S. Keep man pages in step */
#define MEMORY_DEFAULT (256u << 20) /* bytes; -S when not given */
#define THREADS_MAX 64
#define OPERANDS_ANY SIZE_MAX
#define MODE_NONE ((mode_t)-1)      /* for OPT_MODE: not given */

enum opt_type {
	OPT_IS_END, OPT_IS_HEADING, OPT_IS_FLAG, OPT_IS_COUNT, OPT_IS_SIZE, OPT_IS_NUMBER,
	OPT_IS_TEXT, OPT_IS_LIST, OPT_IS_WORD, OPT_IS_AGE, OPT_IS_WHEN, OPT_IS_DATE, OPT_IS_MODE,
	OPT_IS_CALL, OPT_IS_HELP, OPT_IS_VERSION
};

struct opt;
/* `value` is NULL when an optional argument was left out. For what is wrong with it: opts_wrong. */
typedef void opt_call(void *to, const struct opt *row, const char *value);

struct opt {
	enum opt_type type;
	char letter;      /* 0: none */
	const char *name; /* without dashes; of a heading, its text */
	/*
	 * As --help shows it: "SIZE"; "[=FILE]" may be left out; NULL: the option takes no
	 * argument. Completion knows FILE, DIR, PATH, DB, USER, GROUP.
	 */
	const char *arg;
	/*
	 * NULL: shares a line of --help with the next row, if any before a heading. "%s": the
	 * words.
	 */
	const char *help;
	void *to;
	size_t *count;            /* lists */
	int64_t least, most;      /* of sizes and numbers; of words: the first that is one */
	const char *const *words; /* NULL ends them; also to complete the value of an OPT_CALL */
	opt_call *call;
	unsigned given;           /* how often; counted by opts_parse */
};

/* A target has the right type, of a number the right size, or the compiler objects. */
#define OPT_TO(type, to) ((type *){ (to) })
#define OPT_TO_NUMBER(to) ((to) + 0 * sizeof(char[sizeof(*(to)) == 8 ? 1 : -1]))

#define OPT_END { .type = OPT_IS_END }
#define OPT_HEADING(text) { .type = OPT_IS_HEADING, .name = (text) }
/* bool */
#define OPT_FLAG(l, n, h, p) { OPT_IS_FLAG, (l), (n), .help = (h), .to = OPT_TO(bool, p) }
/* unsigned: how often it was given */
#define OPT_COUNT(l, n, h, p) { OPT_IS_COUNT, (l), (n), .help = (h), .to = OPT_TO(unsigned, p) }
/* int64_t or uint64_t, bytes: human_parse_size */
#define OPT_SIZE(l, n, a, h, p) OPT_SIZE_FROM(l, n, a, h, p, 0)
#define OPT_SIZE_FROM(l, n, a, h, p, low) \
	{ OPT_IS_SIZE, (l), (n), (a), (h), .to = OPT_TO_NUMBER(p), .least = (low), .most = INT64_MAX }
/* int64_t or uint64_t: human_parse_count */
#define OPT_NUMBER(l, n, a, h, p) OPT_NUMBER_IN(l, n, a, h, p, 0, INT64_MAX)
#define OPT_NUMBER_IN(l, n, a, h, p, low, high) \
	{ OPT_IS_NUMBER, (l), (n), (a), (h), .to = OPT_TO_NUMBER(p), .least = (low), .most = (high) }
/* const char * */
#define OPT_TEXT(l, n, a, h, p) { OPT_IS_TEXT, (l), (n), (a), (h), .to = OPT_TO(const char *, p) }
/* const char **, allocated, and a size_t: values are appended, the caller frees the list */
#define OPT_LIST(l, n, a, h, p, c) \
	{ OPT_IS_LIST, (l), (n), (a), (h), .to = OPT_TO(const char **, p), .count = (c) }
/* an enum: the index of the word, from `first` on */
#define OPT_WORD(l, n, a, h, p, w, first) \
	{ OPT_IS_WORD, (l), (n), (a), (h), .to = OPT_TO(unsigned, p), .least = (first), .words = (w) }
/* int64_t, days: human_parse_age */
#define OPT_AGE(l, n, a, h, p) { OPT_IS_AGE, (l), (n), (a), (h), .to = OPT_TO(int64_t, p) }
/* struct human_when */
#define OPT_WHEN(l, n, a, h, p) \
	{ OPT_IS_WHEN, (l), (n), (a), (h), .to = OPT_TO(struct human_when, p) }
/* int64_t, days since 1970-01-01 */
#define OPT_DATE(l, n, a, h, p) { OPT_IS_DATE, (l), (n), (a), (h), .to = OPT_TO(int64_t, p) }
/* mode_t */
#define OPT_MODE(l, n, a, h, p) { OPT_IS_MODE, (l), (n), (a), (h), .to = OPT_TO(mode_t, p) }
/* call(p, row, value); a NULL: call(p, row, NULL) */
#define OPT_CALL(l, n, a, h, c, p) { OPT_IS_CALL, (l), (n), (a), (h), .to = (p), .call = (c) }
/* The same, with words for completion and for %s in the help. */
#define OPT_CALL_WORDS(l, n, a, h, c, p, w) \
	{ OPT_IS_CALL, (l), (n), (a), (h), .to = (p), .words = (w), .call = (c) }

/* What means the same in every program. */
struct opts {
	uint64_t memory;      /* bytes */
	const char *temp_dir; /* NULL: spill.h chooses */
	uint64_t threads;
	bool quiet;
	unsigned verbose;
	bool progress;
	const char *progress_file; /* NULL: stderr */
};

#define OPTS_RESOURCES(s)                                                                          \
	OPT_SIZE_FROM('S', "memory", "SIZE", "memory for everything [256M; at least 4M]",          \
		      &(s)->memory, MEMORY_FLOOR),                                                 \
	OPT_TEXT('T', "temp-dir", "DIR", "temporary files go here [$TMPDIR, else /var/tmp]",       \
		 &(s)->temp_dir),                                                                  \
	OPT_NUMBER_IN('j', "threads", "N", "threads that may help [cores, at most 4]",             \
		      &(s)->threads, 1, THREADS_MAX)
#define OPTS_PROGRESS(s)                                                                           \
	OPT_CALL(0, "progress", "[=FILE]", "report progress on stderr or in FILE",                 \
		 opts_set_progress, (s))
#define OPTS_COMMON(s)                                                                             \
	OPT_FLAG('q', "quiet", NULL, &(s)->quiet), OPT_COUNT('v', "verbose", NULL, &(s)->verbose), \
	{ OPT_IS_HELP, 'h', .name = "help" }, { OPT_IS_VERSION, 'V', "version", .help = "" }

struct opts_program {
	const char *synopsis; /* what follows the name: "[options] DB..." */
	const char *operand;  /* what the first operand is: "DB", "STREAM"; NULL: something else */
	const char *purpose;  /* a line or several, without the last LF */
	const char *footer;   /* the same, below the options; NULL: none */
	struct opt *rows;
	size_t operands_min, operands_max;
	size_t stdin_below;   /* with fewer operands stdin is read, and must not be a terminal */
	/*
	 * Lists of names, each a string, NULL at the end; NULL: none. "check output tsv": --check
	 * goes with neither --output nor --tsv. "by-atime cold": --by-atime is of use only with
	 * --cold; of several names, with one of them. --quiet and --verbose contradict each other
	 * everywhere.
	 */
	const char *const *contradictions, *const *needs;
	/* Lines that --version prints, each by one call; NULL ends them. */
	void (*about[4])(void);
};

/* Defaults. */
void opts_init(struct opts *o);

/* Returns how many operands there are: argv[1] to argv[count]; argv[count + 1] is NULL. */
size_t opts_parse(const struct opts_program *program, int argc, char **argv);

/* Was the option of this name given? After opts_parse. */
bool opts_given(const struct opt *rows, const char *name);

/* For OPTS_PROGRESS. */
opt_call opts_set_progress;

/* "--NAME: 'VALUE' is not WHAT" and a hint; status 2. */
void opts_wrong(const struct opt *row, const char *value, const char *what) NORETURN;

/* One line, then `try 'NAME --help'`; status 2. */
void opts_die(const char *fmt, ...) NORETURN PRINTF_LIKE(1, 2);

#endif
