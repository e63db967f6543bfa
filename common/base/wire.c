/* SPDX-License-Identifier: MIT */
#include "common/base/wire.h"

uint64_t get_any_varint(struct wire_in *in)
{
	uint64_t v = 0;

	for (unsigned shift = 0; in->at < in->end && shift < 64; shift += 7) {
		uint64_t byte = *in->at++;

		if (shift == 63 && byte > 1)
			break;
		v |= (byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	in->bad = true;
	in->at = in->end;
	return 0;
}
