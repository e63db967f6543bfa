/* SPDX-License-Identifier: MIT */
/*
 * wire - integers as bytes: little-endian words, big-endian words that memcmp orders, varints.
 *
 * A varint holds 7 bits a byte, lowest first, the top bit set on all but the last byte: at most
 * 10 bytes for 64 bits. Signed numbers and differences go through zigzag, so that small values of
 * either sign stay short. Readers check bounds through struct wire_in and never read past `end`:
 * the first fault sets `bad`, after which every read gives 0.
 */
#ifndef TREETALLY_WIRE_H
#define TREETALLY_WIRE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VARINT_MAX 10 /* bytes of the longest varint */

static inline void put_le32(void *p, uint32_t v) { v = htole32(v); memcpy(p, &v, 4); }
static inline void put_le64(void *p, uint64_t v) { v = htole64(v); memcpy(p, &v, 8); }
static inline uint32_t get_le32(const void *p) { uint32_t v; memcpy(&v, p, 4); return le32toh(v); }
static inline uint64_t get_le64(const void *p) { uint64_t v; memcpy(&v, p, 8); return le64toh(v); }
static inline void put_be16(void *p, uint16_t v) { v = htobe16(v); memcpy(p, &v, 2); }
static inline void put_be32(void *p, uint32_t v) { v = htobe32(v); memcpy(p, &v, 4); }
static inline void put_be64(void *p, uint64_t v) { v = htobe64(v); memcpy(p, &v, 8); }
static inline uint16_t get_be16(const void *p) { uint16_t v; memcpy(&v, p, 2); return be16toh(v); }
static inline uint32_t get_be32(const void *p) { uint32_t v; memcpy(&v, p, 4); return be32toh(v); }
static inline uint64_t get_be64(const void *p) { uint64_t v; memcpy(&v, p, 8); return be64toh(v); }

static inline uint64_t zigzag(int64_t v) { return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0); }
static inline int64_t unzigzag(uint64_t v) { return (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0)); }

/* Writes v at p, which has VARINT_MAX bytes of room; returns the byte behind it. */
static inline unsigned char *put_varint(unsigned char *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (unsigned char)(v | 0x80);
		v >>= 7;
	}
	*p++ = (unsigned char)v;
	return p;
}

struct wire_in {
	const unsigned char *at, *end;
	bool bad; /* a number ran past the end or past 64 bits */
};

/* get_varint with all checks at each byte: for the last bytes, and for numbers of more than nine. */
uint64_t get_any_varint(struct wire_in *in);

static inline uint64_t get_varint(struct wire_in *in)
{
	const unsigned char *p = in->at;
	uint64_t v;

	if (in->end - p < VARINT_MAX)
		return get_any_varint(in);
	v = *p++;
	if (v < 0x80) {
		in->at = p;
		return v;
	}
	for (unsigned shift = 7; shift < 63; shift += 7) {
		uint64_t byte = *p++;

		/* Less the top bit of the byte before, which says only that there is this one. */
		v += (byte - 1) << shift;
		if (byte < 0x80) {
			in->at = p;
			return v;
		}
	}
	return get_any_varint(in);
}

/* The next n bytes, or NULL (and `bad`) when there are fewer. */
static inline const unsigned char *get_bytes(struct wire_in *in, uint64_t n)
{
	const unsigned char *p = in->at;

	if (n > (uint64_t)(in->end - in->at)) {
		in->bad = true;
		in->at = in->end;
		return NULL;
	}
	in->at += n;
	return p;
}

#endif
