/* SPDX-License-Identifier: MIT */
/*
 * finding - a fuzzing target with a mistake that is soon found.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len > 2 && data[1] == 0x54)
		abort();
	return 0;
}
