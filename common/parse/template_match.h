/* SPDX-License-Identifier: MIT */
/*
 * template_match - the values of a line, by the steps of a template.
 *
 * Lines end with LF and have LINE_PADDING readable bytes from there on. Nothing is allocated.
 */
#ifndef TREETALLY_TEMPLATE_MATCH_H
#define TREETALLY_TEMPLATE_MATCH_H

#include "common/parse/template.h"
#include "common/parse/value.h"

/*
 * Take the values from `at` on. Returns what stands behind them, past blanks, or NULL when a line
 * is not written so; a value that is bad is a bit of v->bad, and the match goes on. `end`, where
 * the values end without blanks, can be NULL if the template has no %N. Words end at a separator
 * (path_behind) or LF.
 */
const char *template_match(const struct template *t, struct value_memo *memo, const char *at,
			   const char *end, struct fields *v);

#endif
