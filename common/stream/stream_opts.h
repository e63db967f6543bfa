/* SPDX-License-Identifier: MIT */
/*
 * stream_opts - the options of programs that read or write streams, as rows of a table (opts.h).
 */
#ifndef TREETALLY_STREAM_OPTS_H
#define TREETALLY_STREAM_OPTS_H

#include "common/base/opts.h"
#include "common/stream/stream_in.h"
#include "common/stream/stream_out.h"

/* in.kind is what the program reads; the program sets it. */
struct stream_opts {
	struct stream_in_options in;
	struct stream_out_options out;
	bool force;
};

/* For programs that read streams (struct stream_in_options). */
#define STREAM_OPTS_READ(s)                                                                        \
	OPT_FLAG(0, "unverified", "accept rows without a right #end line; marks the result",       \
		 &(s)->unverified),                                                              \
	OPT_WORD(0, "kind", "KIND", "rows without #treetally line: %s", &(s)->assume,   \
		 rec_kind_names, KIND_ENTRY)
/* That read several as one (struct stream_opts). */
#define STREAM_OPTS_FORCE(s)                                                                       \
	OPT_FLAG(0, "force", "accept a source twice, differing file systems or dates", &(s)->force)
/* That write one (struct stream_out_options). */
#define STREAM_OPTS_WRITE(s)                                                                       \
	OPT_CALL('o', "output", "FILE", "write here instead of to stdout; repeatable", \
		 stream_opts_add_output, (s)),                                                \
	OPT_FLAG('t', "tsv", "write text", &(s)->tsv)

opt_call stream_opts_add_output;

/* A line of --version. */
void stream_opts_about(void);

#endif
