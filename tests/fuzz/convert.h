/* SPDX-License-Identifier: MIT */
/*
 * convert - a stream through reader and writers, as rec-cat does it, and what must hold then.
 */
#ifndef TREETALLY_CONVERT_H
#define TREETALLY_CONVERT_H

#include "common/stream/stream_in.h"

/*
 * Read a stream and write it again: as text, as binary, each of them as the other. Aborts when what
 * was accepted once is not accepted in another form, or says something else there. For fuzz_try:
 * dies when the stream is not accepted.
 */
struct conversion {
	const void *data;
	size_t len, piece;
	struct stream_in_options options;
	/* Results. */
	enum rec_kind kind;
	struct buf text; /* what it is as text: valid until the next conversion, not to be freed */
};
void convert(void *conversion);

#endif
