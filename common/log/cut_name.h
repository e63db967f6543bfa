/* SPDX-License-Identifier: MIT */
/*
 * cut_name - a name with line feeds, in a list that does not encode them.
 *
 *     <0> 12 1 0  s=... -- /home/eve/a        the record: its path ends at the first LF
 *     b                                       and these two lines are the rest of the
 *     c                                       file's name, "a\nb\nc"
 *
 * Anybody can make such names, so the lines behind must not count as damage of the list. They are
 * told from damage by what a path can be: no component is longer than NAME_BYTES_MAX, the whole
 * not longer than PATH_BYTES_MAX. Text that is not a list has few slashes and soon breaks the first
 * rule.
 */
#ifndef TREETALLY_CUT_NAME_H
#define TREETALLY_CUT_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define NAME_BYTES_MAX 255 /* of a component; keep gpfs-parse.1 in step */

/* Zeroed: there is no name that a line could continue. */
struct cut_name {
	bool open;
	bool counted; /* for whoever counts names that are cut */
	size_t path;  /* bytes so far, with line feeds */
	size_t component; /* of them, those behind the last slash */
};

/* A name as it stands in a record, whose line ends behind it. */
void cut_name_begin(struct cut_name *n, const char *path, size_t len);

/* Can this line be more of the name? If it cannot, no later line can. */
bool cut_name_add(struct cut_name *n, const char *line, size_t len);

#endif
