/* SPDX-License-Identifier: MIT */
/*
 * scan_list - which databases a directory has: one line for each, by name.
 *
 * Each is opened in a process of its own, since whatever is wrong with one of them ends only that:
 * its message stands on stderr, and the others are listed.
 */
#ifndef TREETALLY_SCAN_LIST_H
#define TREETALLY_SCAN_LIST_H

#include "common/query/render.h"

/*
 * All that are called NAME.db. Returns 0, or the status of the first one that cannot be listed.
 * Dies (4) when the directory cannot be read.
 */
int scan_list_show(const char *dir, const struct render_options *options);

#endif
