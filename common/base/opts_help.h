/* SPDX-License-Identifier: MIT */
/*
 * opts_help - what a table of options (opts.h) says to people and to the completion of the shell.
 */
#ifndef TREETALLY_OPTS_HELP_H
#define TREETALLY_OPTS_HELP_H

#include "common/base/buf.h"
#include "common/base/opts.h"

/* Append the words that the option takes, with `between` in between. */
void opts_add_words(struct buf *out, const struct opt *row, const char *between);

/* These print to standard output and exit with status 0, or 4 when they cannot. */
void opts_print_help(const struct opts_program *program) NORETURN;
void opts_print_version(const struct opts_program *program) NORETURN;
/*
 * --completion, which no manual names: a line with the operand, then for each option letter, name,
 * argument and words, separated by |. For pipelines/lib/completion.bash and the tests.
 */
void opts_print_completion(const struct opts_program *program) NORETURN;

/* There is no --NAME, but perhaps one like it: "; did you mean --memory?", or "". Allocated. */
char *opts_advice(const struct opt *rows, const char *name, size_t len);

#endif
