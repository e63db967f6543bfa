/* SPDX-License-Identifier: MIT */
/*
 * gpfs_choose - which preset or template a GPFS list is written in.
 *
 * `auto` counts how many of the first record lines of a source each preset reads whole, and takes
 * the one that reads most; of two that read as many neither can be believed. When no preset reads
 * any, the default layout says what is wrong with the lines.
 */
#ifndef TREETALLY_GPFS_CHOOSE_H
#define TREETALLY_GPFS_CHOOSE_H

#include "common/parse/gpfs_template.h"
#include "common/parse/parse_opts.h"
#include "common/parse/presets.h"

/* Zeroed, with `parse`, before the options are parsed. */
struct gpfs_choose {
	const struct parse_opts *parse;
	const char *root;        /* of paths that are not absolute; NULL: not given */
	struct preset wanted;    /* .name NULL: auto */
	const struct preset *chosen; /* of the sources so far; NULL: no source yet */
	struct gpfs_format **formats; /* owned, one for each source: threads may still read them */
	size_t format_count;
};

/* How many lines a preset reads. */
struct gpfs_probe {
	unsigned matched[32]; /* by preset */
	unsigned lines;       /* record lines looked at */
	const struct preset *best; /* NULL: none reads any line, or two as many as each other */
	const struct preset *rival; /* reads as many as `best` would; NULL: none */
};

/* The value of --format: a name, a template, `auto`. Dies (2). */
opt_call gpfs_choose_set;

/* Compile; dies (2) naming the byte that is wrong. */
void gpfs_choose_compile(struct template *t, const struct preset *p);

/*
 * Whether the records of a source stand in a list or are those of -I prepare: sets format->layout.
 * Dies (2) if paths are not absolute and it is not known what they are relative to.
 */
void gpfs_choose_frame(const struct gpfs_choose *c, const char *source, const struct chunk *first,
		       struct line_format *format);

/*
 * Try all presets on the beginning of a source. `format` is what options and line 1 say, with the
 * layout. Unless `all` counts are wanted, those of presets that others beat may be too small.
 */
void gpfs_choose_probe(struct gpfs_probe *probe, const struct chunk *first,
		       const struct line_format *format, bool all);

/* For parse_run; `to` is a struct gpfs_choose. */
void gpfs_choose(void *to, const char *source, const struct chunk *first, int64_t scan_day,
		 struct line_format *format);

/*
 * That gpfs-parse reads a source, and in which format, as words of a message; NULL: its first
 * records are not those of a policy. `format`: what options and line 1 say. The caller frees it.
 */
char *gpfs_choose_advice(const struct chunk *first, const struct line_format *format) WARN_UNUSED;

void gpfs_choose_release(struct gpfs_choose *c);

#endif
