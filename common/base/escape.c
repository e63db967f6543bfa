/* SPDX-License-Identifier: MIT */
#include "common/base/escape.h"

static char escape_letter(unsigned char c)
{
	switch (c) {
	case '\t': return 't';
	case '\n': return 'n';
	case '\r': return 'r';
	case '\\': return '\\';
	default: return '\0';
	}
}

void escape_add(struct buf *out, const void *data, size_t len)
{
	const unsigned char *from = data;
	unsigned char *to = buf_reserve(out, 2 * len), *start = to;

	for (size_t i = 0; i < len; i++) {
		char letter = from[i] == '\\' || from[i] < 0x20 ? escape_letter(from[i]) : '\0';

		if (letter) {
			*to++ = '\\';
			*to++ = (unsigned char)letter;
		} else {
			*to++ = from[i];
		}
	}
	out->len += (size_t)(to - start);
}

size_t escape_decode(char *text, size_t len)
{
	char *to = memchr(text, '\\', len), *end = text + len;

	if (!to)
		return len;
	for (char *from = to; from < end; from++) {
		if (*from != '\\') {
			*to++ = *from;
			continue;
		}
		if (++from == end)
			return SIZE_MAX;
		switch (*from) {
		case 't': *to++ = '\t'; break;
		case 'n': *to++ = '\n'; break;
		case 'r': *to++ = '\r'; break;
		case '\\': *to++ = '\\'; break;
		default: return SIZE_MAX;
		}
	}
	return (size_t)(to - text);
}
