/* SPDX-License-Identifier: MIT */
#include "common/base/utf8.h"

#include <string.h>

size_t utf8_next(const char *text, size_t len, uint32_t *character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *at = (const unsigned char *)text;
	size_t size;
	uint32_t c;

	if (!len)
		return 0;
	if (at[0] < 0x80) {
		*character = at[0];
		return 1;
	}
	size = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	if (at[0] < 0xc2 || at[0] > 0xf4 || len < size)
		return 0;
	c = at[0] & (0x7fu >> size);
	for (size_t i = 1; i < size; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (at[i] & 0x3fu);
	}
	if (c < least[size] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*character = c;
	return size;
}

bool utf8_valid(const char *text, size_t len)
{
	size_t size;
	uint32_t c;

	for (; (size = utf8_next(text, len, &c)); len -= size)
		text += size;
	return !len;
}

bool utf8_is_harmless(uint32_t c)
{
	bool is_control = c < 0x20 || (c >= 0x7f && c < 0xa0);
	/*
	 * Marks of direction, joiners, tags and the like: nobody would see them, only what they do.
	 */
	bool is_format = c == 0xad || (c >= 0x200b && c <= 0x200f) ||
			 (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
			 c == 0xfeff || c == 0x61c || c == 0x180e || (c >= 0xfff0 && c <= 0xfffb) ||
			 c >= 0xe0000;

	return !is_control && !is_format;
}

static bool is_passed(const char *text, size_t len, const char *passed)
{
	if (len > 1 && text[0] == '\r' && text[1] == '\n')
		text++;
	return *text && strchr(passed, *text);
}

size_t utf8_escape(char *out, const char *text, size_t len, const char *passed)
{
	char *to = out;

	while (len) {
		uint32_t c;
		size_t size = utf8_next(text, len, &c);
		bool passes = size && (utf8_is_harmless(c) || is_passed(text, len, passed));

		size += !size;
		for (size_t i = 0; i < size; i++) {
			unsigned char byte = (unsigned char)text[i];

			if (!passes) {
				*to++ = '\\';
				*to++ = (char)('0' + (byte >> 6));
				*to++ = (char)('0' + (byte >> 3 & 7));
				byte = '0' + (byte & 7);
			}
			*to++ = (char)byte;
		}
		text += size;
		len -= size;
	}
	return (size_t)(to - out);
}
