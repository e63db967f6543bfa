/* SPDX-License-Identifier: MIT */
/*
 * log_detect - which parser reads a log: gpfs-parse, or list-parse for those of other scanners.
 */
#ifndef TREETALLY_LOG_DETECT_H
#define TREETALLY_LOG_DETECT_H

#include <stdbool.h>

/* Is this the value of a --format of list-parse? */
bool log_format_is_list(const char *format);

/*
 * Do the first lines show that list-parse reads it? Never for what cannot be looked at without taking
 * it from the parser, as a pipe, or not at all: what is wrong then is for the parser to say.
 */
bool log_is_list(const char *operand);

#endif
