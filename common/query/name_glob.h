/* SPDX-License-Identifier: MIT */
/*
 * name_glob - shell patterns for names, over bytes.
 *
 * `*` is any bytes, `?` one byte, [abc], [a-z], [!a-z] or [^a-z] one of a set; a `]` right behind
 * the bracket is of the set, and a bracket that nothing closes stands for itself. There is no escape:
 * [*] is an asterisk. Nothing is decoded, so names that differ in any byte differ here.
 */
#ifndef TREETALLY_NAME_GLOB_H
#define TREETALLY_NAME_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Does the whole name match? `ignore_case`: letters of ASCII match in upper and lower case. Takes at most
 * the product of both lengths, however many asterisks there are.
 */
bool name_glob_match(const char *pattern, const char *name, size_t len, bool ignore_case);

#endif
