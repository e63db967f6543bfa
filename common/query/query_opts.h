/* SPDX-License-Identifier: MIT */
/*
 * query_opts - the options that questions to databases have in common, as rows of a table (opts.h).
 */
#ifndef TREETALLY_QUERY_OPTS_H
#define TREETALLY_QUERY_OPTS_H

#include "common/base/opts.h"
#include "common/query/render.h"
#include "common/query/render_number.h"
#include "common/query/scope.h"

/* Which directories: struct scope_options. Both lists are the caller's to free. */
#define QUERY_OPTS_SCOPE(s)                                                                        \
	OPT_LIST('P', "path-prefix", "PATH", "PATH and all below it; repeatable [scan root]",      \
		 &(s)->prefixes, &(s)->prefix_count),                                              \
	OPT_LIST('E', "exclude", "PATH", "not PATH and all below it; repeatable", &(s)->excludes,  \
		 &(s)->exclude_count),                                                             \
	OPT_FLAG(0, "from-root", "start at / instead of the scan root", &(s)->from_root)
#define QUERY_OPTS_SCOPE_CONTRADICTION "from-root path-prefix"

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
