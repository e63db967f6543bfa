#include "common/base/buf.h"

unsigned char *buf_reserve(struct buf *b, size_t more)
{
	/* Also for no bytes: nothing may be added to NULL. */
	if (b->cap - b->len < more || !b->data) {
		size_t cap = b->cap ? b->cap : 256;

		while (cap - b->len < more) {
			if (cap > SIZE_MAX / 2)
				die(EXIT_SYSTEM, "out of memory: a buffer of %zu bytes", cap);
			cap *= 2;
		}
		b->data = xrealloc_array(b->data, cap, 1);
		b->cap = cap;
	}
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
