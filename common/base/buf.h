/* SPDX-License-Identifier: MIT */
/*
 * buf - a growable run of bytes.
 *
 * Owns `data`; grows by doubling and dies when memory is refused, so no call can fail.
 * A zeroed struct is an empty buf. Not thread-safe.
 */
#ifndef TREETALLY_BUF_H
#define TREETALLY_BUF_H

#include "common/base/die.h"

struct buf {
	unsigned char *data;
	size_t len; /* bytes in use */
	size_t cap; /* bytes allocated */
};

/* Make room for `more` bytes beyond len; returns where they start. Does not change len. */
unsigned char *buf_grow(struct buf *b, size_t more);
static inline unsigned char *buf_reserve(struct buf *b, size_t more)
{
	/* Also for no bytes: nothing may be added to NULL. */
	return more < b->cap - b->len ? b->data + b->len : buf_grow(b, more);
}

void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_str(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * Make room for `need` elements in an array of `cap`, an lvalue each, as buf does for bytes:
 * elements that were there stay, new ones are not initialised. NULL and 0 are an empty array.
 */
#define GROW(array, cap, need)                                                                     \
	((need) <= (cap) ? (void)0 :                                                               \
			   (void)((array) = buf_grow_array((array), &(cap), (need), sizeof(*(array)))))
void *buf_grow_array(void *array, size_t *cap, size_t need, size_t size) WARN_UNUSED;

/*
 * The same for one more element, in an array without a capacity to which nothing adds in another
 * way: it grows whenever `count` is a power of 2.
 */
#define GROW_BY_ONE(array, count)                                                                  \
	((count) & ((count) - 1) ?                                                                 \
		 (void)0 :                                                                         \
		 (void)((array) = xrealloc_array((array), (count) ? 2 * (count) : 1, sizeof(*(array)))))

/* Frees the bytes; the buf is empty and usable again. */
void buf_release(struct buf *b);

#endif
