/* SPDX-License-Identifier: MIT */
#include "common/parse/pct.h"

#include "common/log/word.h"

/* The byte that "%XX" at `at` stands for, or -1. */
static int encoded_byte(const char *at, const char *end)
{
	int high, low;

	if (end - at < 3 || (high = pct_hex_digit(at[1])) < 0 || (low = pct_hex_digit(at[2])) < 0)
		return -1;
	return high << 4 | low;
}

bool pct_is_slash(const char *at)
{
	return at[0] == '%' && at[1] == '2' && (at[2] | 0x20) == 'f';
}

enum reject_reason pct_decode_path(char *to, size_t *len, const char *at, const char *end)
{
	int slash_is_encoded = -1;
	char *start = to;

	for (; at < end; at++) {
		bool is_encoded = *at == '%';
		int byte = is_encoded ? encoded_byte(at, end) : (unsigned char)*at;

		if (byte < 0)
			return REJECT_ESCAPE;
		if (!byte)
			return REJECT_NUL;
		if (byte == '/' && slash_is_encoded < 0)
			slash_is_encoded = is_encoded;
		if (byte == '/' && is_encoded != slash_is_encoded)
			return REJECT_SLASH;
		if (is_encoded)
			at += 2;
		*to++ = (char)byte;
	}
	*len = (size_t)(to - start);
	return REJECT_NONE;
}

size_t pct_decode_show(char *to, const char *at, const char *end)
{
	char *start = to;

	for (; at < end; at++) {
		int byte = *at == '%' ? encoded_byte(at, end) : -1;

		if (byte > 0 && byte != '\n') {
			*to++ = (char)byte;
			at += 2;
		} else {
			*to++ = *at;
		}
	}
	return (size_t)(to - start);
}
