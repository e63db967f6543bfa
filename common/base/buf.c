/* SPDX-License-Identifier: MIT */
#include "common/base/buf.h"

#define FIRST_BYTES 256 /* of an array that was empty */

void *buf_grow_array(void *array, size_t *cap, size_t need, size_t size)
{
	size_t to = *cap ? *cap : size < FIRST_BYTES ? FIRST_BYTES / size : 1;

	while (to < need)
		to = to > SIZE_MAX / 2 ? need : 2 * to;
	array = xrealloc_array(array, to, size);
	*cap = to;
	return array;
}

unsigned char *buf_grow(struct buf *b, size_t more)
{
	if (more > SIZE_MAX - b->len)
		die(EXIT_SYSTEM, "out of memory: a buffer of %zu bytes", b->len);
	GROW(b->data, b->cap, b->len + more + !b->data);
	return b->data + b->len;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	unsigned char *at = buf_reserve(b, len);

	if (len)
		memcpy(at, data, len);
	b->len += len;
}

void buf_add_str(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_add_char(struct buf *b, char c)
{
	*buf_reserve(b, 1) = (unsigned char)c;
	b->len++;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	buf_reserve(b, (size_t)n + 1);
	va_start(args, fmt);
	vsnprintf((char *)b->data + b->len, (size_t)n + 1, fmt, args);
	va_end(args);
	b->len += (size_t)n;
}

void buf_release(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}
