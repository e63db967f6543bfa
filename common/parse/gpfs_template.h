/* SPDX-License-Identifier: MIT */
/*
 * gpfs_template - the SHOW text of a line of a GPFS list, read by a template.
 *
 *     INODE GENERATION SNAPSHOT  SHOW -- /PATH
 *
 * SHOW ends at a separator, and values and names may hold separators too: it is the first at which
 * the template matches, and where the path behind is that which SHOW holds, if it holds one. In an
 * encoded list what was encoded cannot be a separator.
 */
#ifndef TREETALLY_GPFS_TEMPLATE_H
#define TREETALLY_GPFS_TEMPLATE_H

#include "common/parse/fields.h"
#include "common/parse/template.h"
#include "common/parse/value.h"

/* What line_format.how points to, for gpfs_layout. */
struct gpfs_format {
	struct template template;
	struct field_plan plan;
	const char *root; /* of paths that are not absolute; NULL: none are (gpfs_prepare.h) */
};

/* What a parser lends. */
struct gpfs_scratch {
	char *path; /* PATH_BYTES_MAX bytes */
	char *show; /* LINE_BYTES_MAX + LINE_PADDING bytes */
	struct value_memo *memo;
	struct block_build *block; /* of line_set_path; NULL: none */
};

void gpfs_scratch_init(struct gpfs_scratch *s, struct block_build *block);
void gpfs_scratch_release(struct gpfs_scratch *s);

struct gpfs_match {
	struct fields fields;
	bool matched;
	const char *path; /* as it stands in the line; NULL: there is no separator */
};

/*
 * Read the first `len` bytes of scratch->show, decoded and with LINE_PADDING of LF behind them. Is
 * all of it as the template says, and the path in it, if any, that in scratch->path?
 */
bool gpfs_template_text(const struct gpfs_format *format, struct gpfs_scratch *scratch, size_t len,
			size_t path_len, struct fields *v) WARN_UNUSED;

/* Read the text between `at` and `end`, where an LF stands. */
void gpfs_template_walk(struct gpfs_match *m, const struct gpfs_format *format,
			struct gpfs_scratch *scratch, bool pct, const char *at, const char *end);

#endif
