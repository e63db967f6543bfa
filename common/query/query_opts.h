/* SPDX-License-Identifier: MIT */
/*
 * query_opts - the options that questions to databases have in common, as rows of a table (opts.h).
 */
#ifndef TREETALLY_QUERY_OPTS_H
#define TREETALLY_QUERY_OPTS_H

#include "common/base/opts.h"
#include "common/query/dir_select.h"
#include "common/query/render.h"
#include "common/query/render_number.h"

/* Which directories: struct scope_options. Both lists are the caller's to free. */
#define QUERY_OPTS_SCOPE(s)                                                                        \
	OPT_LIST('P', "path-prefix", "PATH", "PATH and all below it; repeatable [scan root]",      \
		 &(s)->prefixes, &(s)->prefix_count),                                              \
	OPT_LIST('E', "exclude", "PATH", "not PATH and all below it; repeatable", &(s)->excludes,  \
		 &(s)->exclude_count),                                                             \
	OPT_FLAG(0, "from-root", "start at / instead of the scan root", &(s)->from_root)
#define QUERY_OPTS_SCOPE_CONTRADICTION "from-root path-prefix"

/* How files with several links count: a flag for each path, and one for the three numbers. */
#define QUERY_OPTS_LINKS(count_links, links)                                                       \
	OPT_FLAG('l', "count-links", "count each link to a file, as du -l", (count_links)),        \
	OPT_FLAG(0, "links", "each link (seen), once, and what removal frees",       \
		 (links))
#define QUERY_OPTS_LINKS_CONTRADICTION "count-links links"

/* What directories are like: struct dir_question, struct dir_filter. */
#define QUERY_OPTS_TREE(q)                                                                         \
	OPT_NUMBER('L', "levels", "N", "N levels below each PATH", &(q)->levels),                  \
	OPT_FLAG(0, "leaves-only", "directories that contain no directories",                      \
		 &(q)->filter.leaves_only)
#define QUERY_OPTS_SINGLE_OWNER(f)                                                                 \
	OPT_FLAG('s', "single-owner", "all files have one owner", &(f)->single_owner)
#define QUERY_OPTS_NAMES(f)                                                                        \
	OPT_LIST('N', "name-pattern", "GLOB", "the name matches; repeatable: one of them",         \
		 &(f)->patterns, &(f)->pattern_count),                                             \
	OPT_FLAG('i', "ignore-case", "ASCII letters match in upper and lower case",                \
		 &(f)->ignore_case)
#define QUERY_OPTS_COLD(f)                                                                         \
	OPT_AGE(0, "cold", "AGE",                                                                  \
		"the largest without access or change since AGE, each subtree once",               \
		&(f)->cold.days),                                                                  \
	OPT_FLAG(0, "by-atime", "of --cold: access alone counts", &(f)->cold_by_atime)
#define QUERY_OPTS_COLD_NEEDS "by-atime cold"

/*
 * DIR_LIMITS of the filter that `f` points to where the rows stand. QUERY_OPTS_LIMITS_APART is for
 * programs in which --min-size is about something else.
 */
#define QUERY_LIMIT_NUMBER(id, name, arg)                                                          \
	OPT_NUMBER(DIR_##id == DIR_MIN_DEPTH ? 'd' : 0, name, arg, NULL, &f->number[DIR_##id])
#define QUERY_LIMIT_SIZE(id, name, arg) OPT_SIZE(0, name, arg, NULL, &f->number[DIR_##id])
#define QUERY_LIMIT_WHEN(id, name, arg) OPT_WHEN(0, name, arg, NULL, &f->when[DIR_##id])
#define QUERY_LIMIT_TOTAL QUERY_LIMIT_SIZE
#define QUERY_LIMIT(id, type, name, arg, sql) QUERY_LIMIT_##type(id, name, arg),
#define QUERY_OPTS_LIMITS DIR_LIMITS(QUERY_LIMIT)

#define QUERY_APART_NUMBER QUERY_LIMIT_NUMBER
#define QUERY_APART_SIZE QUERY_LIMIT_SIZE
#define QUERY_APART_WHEN QUERY_LIMIT_WHEN
#define QUERY_APART_TOTAL(id, name, arg) QUERY_LIMIT_SIZE(id, "dir-" name, arg)
#define QUERY_APART(id, type, name, arg, sql) QUERY_APART_##type(id, name, arg),
#define QUERY_OPTS_LIMITS_APART DIR_LIMITS(QUERY_APART)

/* How the answer looks: struct render_options. */
#define QUERY_OPTS_RENDER(r)                                                                       \
	OPT_WORD(0, "format", "FORMAT", "%s [table, in pipes tsv]", &(r)->format,                  \
		 render_format_names, RENDER_TABLE),                                               \
	OPT_TEXT('o', "output", "FILE", "write to FILE; x.csv, .tsv, .json is the format, too",    \
		 &(r)->output),                                                                    \
	OPT_TEXT(0, "columns", "NAME,...", "only these columns, in this order", &(r)->columns),    \
	OPT_FLAG(0, "bytes", NULL, &(r)->bytes),                                                   \
	OPT_WORD(0, "unit", "UNIT", NULL, &(r)->unit, render_unit_names, 1),                       \
	OPT_FLAG(0, "si", "tables: exact bytes, in K, M, G, T or P, in powers of 1000",            \
		 &(r)->si),                                                                        \
	OPT_FLAG(0, "iso", "times as 2026-01-11T10:00:00Z, in every format", &(r)->iso),           \
	OPT_FLAG(0, "wide", "tables wider than the terminal", &(r)->wide)
#define QUERY_OPTS_RENDER_CONTRADICTIONS "bytes unit si"

#endif
