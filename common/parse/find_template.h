/* SPDX-License-Identifier: MIT */
/*
 * find_template - what `find -printf FORMAT` has printed, read back by the same FORMAT.
 *
 *     find /fs -xdev -printf '%i %n %y %m %U %G %s %b %A@ %T@ %C@ -- %p\0'
 *
 * Directives that say the same of a file everywhere can be read: %A@ but not %Ac, %U but not %u.
 * The path, %p or %P, may stand anywhere; what follows it is read from the end. Records end with
 * what FORMAT ends with: `\0`, or `\n`.
 */
#ifndef TREETALLY_FIND_TEMPLATE_H
#define TREETALLY_FIND_TEMPLATE_H

#include "common/parse/scanner.h"

/* What find_default reads, with either end. */
#define FIND_DEFAULT "%i %n %y %m %U %G %s %b %A@ %T@ %C@ -- %p"

struct find_step {
	char directive;  /* of find; 0: the text */
	char when;       /* '@' of the three times */
	bool padded;     /* a width was given: blanks may stand on both sides */
	const char *text; /* `len` bytes in the template's own memory */
	size_t len;
};

struct find_template {
	char *text;      /* owned: all literal text */
	struct find_step *steps;
	size_t count, path; /* steps, and which of them is the path */
	unsigned given;  /* bits of fields that all records have */
	bool nul;        /* records end with NUL */
	bool relative;   /* %P: names are below the starting point, which is "" itself */
};

/* NULL, and then *fault, which the caller frees, says what is wrong with the format. */
struct find_template *find_template_compile(const char *format, char **fault) WARN_UNUSED;
void find_template_free(struct find_template *t);

extern const struct scanner find_scanner;

#endif
