/* SPDX-License-Identifier: MIT */
#include "common/base/screen.h"

#include <locale.h>
#include <wchar.h>

#include "common/base/utf8.h"

bool screen_utf8(void)
{
	static const char *const variables[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < 3; i++) {
		const char *value = getenv(variables[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

/* wcwidth answers for the locale of the thread, here one that knows all of Unicode. */
static int columns_of(uint32_t c)
{
	static locale_t unicode;
	locale_t old;
	int width;

	if (c < 0x7f)
		return c < 0x20 ? -1 : 1;
	if (!unicode)
		unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!unicode)
		return 1;
	old = uselocale(unicode);
	width = wcwidth((wchar_t)c);
	uselocale(old);
	return width;
}

/* What is harmless but takes no column of its own is a mark on the character before it. */
static bool is_visible(uint32_t c, int width)
{
	return width >= 0 && utf8_is_harmless(c);
}

size_t screen_add(struct buf *out, const char *text, size_t len, bool ascii_only)
{
	size_t columns = 0;

	for (size_t at = 0; at < len;) {
		uint32_t c;
		size_t size = utf8_next(text + at, len - at, &c);
		int width = size ? columns_of(c) : -1;

		if (size && is_visible(c, width) && c != '\\' && (c < 0x80 || !ascii_only)) {
			buf_add(out, text + at, size);
			columns += (size_t)width;
			at += size;
			continue;
		}
		for (size_t end = at + (size ? size : 1); at < end; at++) {
			if (text[at] == '\\')
				buf_add_str(out, "\\\\");
			else
				buf_printf(out, "\\%03o", (unsigned char)text[at]);
			columns += text[at] == '\\' ? 2 : 4;
		}
	}
	return columns;
}

size_t screen_width(const char *text, size_t len)
{
	size_t columns = 0, size;
	uint32_t c;

	for (; (size = utf8_next(text, len, &c)); text += size, len -= size)
		columns += (size_t)columns_of(c);
	return columns;
}

/* How many bytes of the text, from its start, take at most `columns`. */
static size_t fit(const char *text, size_t len, size_t columns)
{
	size_t at = 0, size;
	uint32_t c;

	while ((size = utf8_next(text + at, len - at, &c)) && (size_t)columns_of(c) <= columns) {
		columns -= (size_t)columns_of(c);
		at += size;
	}
	return at;
}

/* Where its last `columns` columns begin; fewer, where a character is wide. */
static size_t fit_end(const char *text, size_t len, size_t columns)
{
	size_t all = screen_width(text, len), at, size;
	uint32_t c;

	if (all <= columns)
		return 0;
	at = fit(text, len, all - columns);
	if (screen_width(text, at) < all - columns)
		at += utf8_next(text + at, len - at, &c);
	/* A mark that belongs to the character before it would stand alone. */
	while ((size = utf8_next(text + at, len - at, &c)) && columns_of(c) == 0)
		at += size;
	return at;
}

size_t screen_add_shortened(struct buf *out, const char *text, size_t len, size_t columns,
			  bool is_path, const char *gap)
{
	size_t start = out->len, gap_columns = screen_width(gap, strlen(gap));
	size_t room = columns > gap_columns ? columns - gap_columns : 0;
	size_t head = fit(text, len, is_path ? room / 3 : room), tail = len;
	const char *slash;

	/* Whole names at both sides of the gap, if that costs little. */
	if (is_path) {
		slash = memrchr(text, '/', head);
		if (slash && slash > text)
			head = (size_t)(slash - text) + 1;
		tail = fit_end(text, len, room - screen_width(text, head));
		slash = memchr(text + tail, '/', len - tail);
		if (slash && (size_t)(slash - text) - tail <= (len - tail) / 3)
			tail = (size_t)(slash - text);
	}
	buf_add(out, text, head);
	buf_add_str(out, gap);
	buf_add(out, text + tail, len - tail);
	return screen_width((char *)out->data + start, out->len - start);
}
