/* SPDX-License-Identifier: MIT */
/*
 * stream_format - the frame around the blocks of a binary stream, shared by stream_in and
 * stream_out and described in treetally-stream(5). All numbers little-endian.
 *
 *     header   magic 8, version u32, text length u32, text, XXH3-64 of all before
 *     blocks   header 32, payload, XXH3-64 of both with the block's ordinal (from 1) as seed
 *     trailer  tag u32, text length u32, records u64, chain u64, text, XXH3-64 of all this, seed: chain
 *
 * The chain starts as the header's hash; each block's hash is folded in, so that a trailer fits
 * one header and one sequence of blocks only.
 */
#ifndef TREETALLY_STREAM_FORMAT_H
#define TREETALLY_STREAM_FORMAT_H

#include <xxhash.h>

#include "common/base/wire.h"

#define STREAM_MAGIC "\211TTALLY\n" /* 8 bytes; 0x89 is in no text */
#define STREAM_MAGIC_SIZE 8
#define STREAM_HEADER_SIZE 16  /* before the text */
#define STREAM_TRAILER_SIZE 24 /* before the text */
#define STREAM_HASH_SIZE 8

static inline uint64_t stream_chain(uint64_t chain, uint64_t block_hash)
{
	unsigned char bytes[8];

	put_le64(bytes, block_hash);
	return XXH3_64bits_withSeed(bytes, sizeof(bytes), chain);
}

#endif
