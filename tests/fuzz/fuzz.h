/* SPDX-License-Identifier: MIT */
/*
 * fuzz - what the fuzzing targets share: parts of common/ that would end the process or touch
 * files, in a form that a target survives.
 *
 * die and opts_die come back from fuzz_try. What the code under test had allocated by then is given
 * back; what is left when it returns in good order is a leak, and aborts, as does everything else
 * that must not be: a target has no other way to report a finding than to crash.
 */
#ifndef TREETALLY_FUZZ_H
#define TREETALLY_FUZZ_H

#include "common/base/buf.h"

/* The status that the last fuzz_try died with, and its last message, without program and LF. */
extern int fuzz_status;
extern char fuzz_message[4096];

/* Call run(arg); false when it died. */
bool fuzz_try(void (*run)(void *arg), void *arg);

/* From here to the end of fuzz_try dying is a finding. */
void fuzz_accepted(void);

/* What every input_open (input.h) reads from now on, by read(2)s of at most `piece` bytes. */
void fuzz_file(const void *data, size_t len, size_t piece);

/* What was written to the outfile (outfile.h) that was opened last; it stays until the next one. */
extern struct buf fuzz_written;

/* Abort with a message unless `good`. */
void fuzz_check(bool good, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The entry point of a target; what it gets is not to be changed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif
