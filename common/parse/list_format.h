/* SPDX-License-Identifier: MIT */
/*
 * list_format - which scanner made a list, as an option says or as its first lines show.
 */
#ifndef TREETALLY_LIST_FORMAT_H
#define TREETALLY_LIST_FORMAT_H

#include "common/parse/find_template.h"

#define LIST_FORMAT_LINES 100 /* that are looked at; keep list-parse.1 in step */

/* `find` with lines that end with LF. */
#define LIST_FORMAT_FIND_LINES "find:" FIND_DEFAULT "\\n"

/* All scanners; NULL ends them. */
extern const struct scanner *const list_scanners[];

struct list_format {
	const struct scanner *scanner; /* NULL: as the first lines show */
	struct find_template *template; /* of `find` */
	char *name; /* as list_format_parse takes it; owned */
};

/* "auto", the name of a scanner, or "find:FORMAT". NULL, or what is wrong with it. */
char *list_format_parse(struct list_format *f, const char *text) WARN_UNUSED;

/*
 * What the first `len` bytes of a list show: the scanner most of whose records stand among the
 * first lines, with a template if that is what it needs. False if nothing is a record of any of
 * them, which is so for lists of GPFS.
 */
bool list_format_detect(struct list_format *f, const char *text, size_t len) WARN_UNUSED;

/* How many of the first lines, at most LIST_FORMAT_LINES, are records of this format? */
unsigned list_format_count(const struct list_format *f, const char *text, size_t len);

/*
 * That another program than gpfs-parse reads a list with these first bytes, and with which format,
 * as words of a message; NULL: they are no records of a scanner. The caller frees it.
 */
char *list_format_advice(const char *text, size_t len) WARN_UNUSED;

void list_format_release(struct list_format *f);

#endif
