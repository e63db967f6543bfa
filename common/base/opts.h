/*
 * opts - values of options, parsed strictly: the whole word or nothing; and the options that mean
 * the same in every program. Walking argv stays in the tools. What is wrong dies with status 2.
 */
#ifndef TREETALLY_OPTS_H
#define TREETALLY_OPTS_H

#include <getopt.h>
#include <inttypes.h>

#include "common/stream/record.h"
#include "common/stream/stream_in.h"
#include "common/stream/stream_out.h"

#define MEMORY_FLOOR (4u << 20)     /* bytes; least -S. Keep man pages in step */
#define MEMORY_DEFAULT (256u << 20) /* bytes; -S when not given */
#define THREADS_MAX 64

/*
 * "4096", "64M", "1.5G" is an error; K M G T P and KiB.. are powers of 1024, KB MB.. of 1000.
 * False when the word is anything else or the value is 2^63 or more. The same for counts, where
 * K M G are powers of 1000.
 */
bool opts_parse_size(const char *text, uint64_t *bytes) WARN_UNUSED;
bool opts_parse_count(const char *text, uint64_t *count) WARN_UNUSED;

/* The mode of a file in octal, from 0 to 777, with leading zeros or without. */
bool opts_parse_mode(const char *text, mode_t *mode) WARN_UNUSED;

/* Long options without a letter; tools number theirs from OPT_TOOL. */
enum { OPT_PROGRESS = 256, OPT_UNVERIFIED, OPT_KIND, OPT_FORCE, OPT_TOOL };

struct opts {
	const char *usage; /* the text of --help */
	uint64_t memory;   /* bytes */
	const char *temp_dir; /* NULL: spill.h chooses */
	unsigned threads;
	bool quiet, verbose;
	bool progress;
	const char *progress_file; /* NULL: stderr */
	bool force;
	struct stream_in_options in;
	struct stream_out_options out;
};

/* For every program; OPTS_READ for those that read streams, OPTS_WRITE for those that write them. */
#define OPTS_SHORT "S:T:j:qvhV"
#define OPTS_SHORT_WRITE "o:t"
#define OPTS_LONG                                                                                   \
	{ "memory", required_argument, NULL, 'S' }, { "temp-dir", required_argument, NULL, 'T' },   \
	{ "threads", required_argument, NULL, 'j' }, { "quiet", no_argument, NULL, 'q' },           \
	{ "verbose", no_argument, NULL, 'v' }, { "help", no_argument, NULL, 'h' },                  \
	{ "version", no_argument, NULL, 'V' }, { "progress", optional_argument, NULL, OPT_PROGRESS }
#define OPTS_LONG_READ                                                                              \
	{ "unverified", no_argument, NULL, OPT_UNVERIFIED },                                        \
	{ "kind", required_argument, NULL, OPT_KIND }
#define OPTS_LONG_FORCE { "force", no_argument, NULL, OPT_FORCE }
#define OPTS_LONG_WRITE                                                                             \
	{ "output", required_argument, NULL, 'o' }, { "tsv", no_argument, NULL, 't' }

/* Defaults; `kind` is what the program reads. */
void opts_init(struct opts *o, const char *usage, enum rec_kind kind);

/*
 * Handle one result of getopt_long. -h and -V print and exit 0; what is not a shared option
 * exits 2 (getopt has printed its line), so call it from `default:` of the tool's switch.
 */
void opts_shared(struct opts *o, int letter, const char *value);

/* One line, then `try 'NAME --help'`; status 2. */
void opts_die(const char *fmt, ...) NORETURN PRINTF_LIKE(1, 2);

#endif
