/* SPDX-License-Identifier: MIT */
#include "common/base/escape.h"

#include "common/base/utf8.h"

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

static void add_json_ascii(struct buf *out, char c)
{
	if (c == '"' || c == '\\')
		buf_printf(out, "\\%c", c);
	else if ((unsigned char)c < 0x20 || c == 0x7f)
		buf_printf(out, "\\u%04x", (unsigned char)c);
	else
		buf_add_char(out, c);
}

void escape_add_json(struct buf *out, const char *text, size_t len, bool keep_bytes)
{
	buf_add_char(out, '"');
	for (size_t at = 0; at < len;) {
		uint32_t c;
		size_t size = utf8_next(text + at, len - at, &c);

		if (size > 1 && c < 0xa0 && !keep_bytes)
			buf_printf(out, "\\u%04x", (unsigned)c); /* a control character */
		else if (size > 1)
			buf_add(out, text + at, size);
		else if (size)
			add_json_ascii(out, text[at]);
		else if (keep_bytes)
			buf_add_char(out, text[at]);
		else
			buf_add_str(out, "\xef\xbf\xbd");
		at += size ? size : 1;
	}
	buf_add_char(out, '"');
}
