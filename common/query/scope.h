/* SPDX-License-Identifier: MIT */
/*
 * scope - which directories a question is about: prefixes and what is left out, as ranges of dir_id.
 *
 * A directory and all below it are the ids from its own to its own + dir_count_r, so any number of
 * prefixes and excludes is a short list of ranges, found by a few look-ups by name.
 */
#ifndef TREETALLY_SCOPE_H
#define TREETALLY_SCOPE_H

#include "common/db/db_reader.h"
#include "common/base/buf.h"

struct scope_range {
	int64_t first, last; /* dir_id, both included */
};

struct scope_prefix {
	int64_t dir_id, last; /* the subtree is dir_id..last */
	int64_t depth;
	size_t prefix;        /* which option, from 0; 0 when there was none */
	bool nested;          /* it lies in the one before it in this list, or in an earlier one */
};

/* What was asked for; texts as the user gave them. */
struct scope_options {
	const char **prefixes;
	size_t prefix_count;
	const char **excludes;
	size_t exclude_count;
	bool from_root;       /* no prefix means `/`, not scan_root */
};

/* The part of one database; all lists ascending. */
struct scope {
	struct scope_prefix *prefixes; /* each directory once */
	size_t prefix_count;
	struct scope_range *excludes;  /* disjoint, each in some prefix and not equal to ranges */
	size_t exclude_count;
	struct scope_range *ranges;    /* disjoint: prefixes without excludes */
	size_t range_count;
	int64_t directories;           /* in ranges */
};

/*
 * One scope for each database of the set. Paths are those that users know, or those of the scan
 * (path_maps.h). A prefix or exclude that is in none of them ends the
 * program (1) and names the nearest directory above that is there; one that is not an absolute
 * path is wrong usage (2).
 */
struct scope *scope_resolve(struct db_reader_set *set, const struct scope_options *options);

/*
 * What the scope has below these directories only: disjoint, ascending, each in a range of it. The list
 * is the scope's from then on.
 */
void scope_narrow(struct scope *scope, struct scope_prefix *prefixes, size_t count);
void scope_free(struct scope *scopes, size_t count);

/* The first of disjoint, ascending ranges that ends at dir_id or behind it; `count` if there is none. */
size_t scope_range_from(const struct scope_range *ranges, size_t count, int64_t dir_id);

/* Is the directory in the ranges? */
bool scope_contains(const struct scope *scope, int64_t dir_id);

/* Append the path of a directory in the scan as text: its bytes as they are, '/' for the root. */
void scope_path(struct db_reader_db *db, int64_t dir_id, struct buf *out);
/* The path that users see (path_maps.h); `out` was empty. */
void scope_shown_path(struct db_reader_db *db, int64_t dir_id, struct buf *out);

#endif
