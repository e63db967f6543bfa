/* SPDX-License-Identifier: MIT */
#include "common/base/path.h"

#include "common/base/escape.h"

int path_compare(const void *a, size_t a_len, const void *b, size_t b_len)
{
	size_t len = a_len < b_len ? a_len : b_len;
	int order = len ? memcmp(a, b, len) : 0;

	if (order)
		return order;
	return (a_len > b_len) - (a_len < b_len);
}

size_t path_common(const void *a, size_t a_len, const void *b, size_t b_len)
{
	const unsigned char *pa = a, *pb = b;
	size_t len = a_len < b_len ? a_len : b_len, n = 0;

	while (n + 8 <= len && memcmp(pa + n, pb + n, 8) == 0)
		n += 8;
	while (n < len && pa[n] == pb[n])
		n++;
	return n;
}

size_t path_parent(const char *path, size_t len)
{
	return (size_t)((const char *)memrchr(path, '\0', len) - path);
}

size_t path_depth(const char *path, size_t len)
{
	size_t depth = 0;

	for (size_t i = 0; i < len; i++)
		depth += path[i] == '\0';
	return depth;
}

static bool is_dots(const char *name, size_t len)
{
	return (len == 1 && name[0] == '.') || (len == 2 && name[0] == '.' && name[1] == '.');
}

bool path_is_name(const char *name, size_t len)
{
	return len && !is_dots(name, len) && !memchr(name, '\0', len);
}

/* Drop empty components from a path in memory form, in place; "." and ".." are faults. */
static enum path_fault squeeze(char *path, size_t *len)
{
	const char *from = path, *end = path + *len;
	char *to = path;

	while (from < end) {
		const char *name = ++from;
		size_t n;

		from = memchr(name, '\0', (size_t)(end - name));
		if (!from)
			from = end;
		n = (size_t)(from - name);
		if (is_dots(name, n))
			return PATH_HAS_DOTS;
		if (!n)
			continue;
		*to++ = '\0';
		memmove(to, name, n);
		to += n;
	}
	*len = (size_t)(to - path);
	return PATH_OK;
}

/* Sixteen bytes, in whatever registers the machine has for that. */
typedef unsigned char bytes16 __attribute__((vector_size(16)));

static bool any_set(bytes16 v)
{
	uint64_t half[2];

	memcpy(half, &v, sizeof(half));
	return half[0] | half[1];
}

/*
 * What needs a closer look: a NUL in the text, or a slash before another, before a dot or at the
 * end.
 */
struct oddities {
	bytes16 nul, slash;
};

/* The memory form of sixteen bytes; `next` is the sixteen from the second of them on. */
static bytes16 convert(bytes16 bytes, bytes16 next, struct oddities *odd)
{
	bytes16 slash = (bytes16)(bytes == '/');

	odd->nul |= (bytes16)(bytes == 0);
	/* '.' and '/' differ in the lowest bit only. */
	odd->slash |= slash & (bytes16)((next | 1) == '/');
	return bytes & ~slash;
}

static bytes16 load(const char *text)
{
	bytes16 bytes;

	memcpy(&bytes, text, 16);
	return bytes;
}

static void store(char *out, bytes16 bytes)
{
	memcpy(out, &bytes, 16);
}

/*
 * Every line of a scan passes here, so sixteen bytes go at a time: slashes become NUL, and oddities
 * are only noted. The last sixteen before the last one may have been there already; they are loaded
 * first, because `out` may be `text`.
 */
enum path_fault path_from_text(char *out, size_t *out_len, const char *text, size_t len)
{
	struct oddities odd = { { 0 }, { 0 } };
	bool nul = false, slash = false;
	size_t i = 0;

	if (!len || *text != '/')
		return PATH_NOT_ABSOLUTE;
	if (len > PATH_BYTES_MAX)
		return PATH_TOO_LONG;
	if (len > 16) {
		bytes16 last = load(text + len - 17), next = load(text + len - 16);

		for (; i + 17 <= len; i += 16)
			store(out + i, convert(load(text + i), load(text + i + 1), &odd));
		store(out + len - 17, convert(last, next, &odd));
		i = len - 1;
	}
	for (; i < len; i++) {
		char c = text[i];

		nul |= c == '\0';
		slash |= c == '/' && (i + 1 == len || text[i + 1] == '/' || text[i + 1] == '.');
		out[i] = c == '/' ? '\0' : c;
	}
	if (nul || any_set(odd.nul))
		return PATH_HAS_NUL;
	*out_len = len;
	return slash || any_set(odd.slash) ? squeeze(out, out_len) : PATH_OK;
}

/* Component by component. */
static bool components_valid(const char *path, size_t len)
{
	const char *end = path + len;

	if (memchr(path, '/', len))
		return false;
	while (path < end) {
		const char *name = ++path;

		path = memchr(name, '\0', (size_t)(end - name));
		if (!path)
			path = end;
		if (path == name || is_dots(name, (size_t)(path - name)))
			return false;
	}
	return true;
}

/* A slash, or a NUL before another or before a dot: what needs a closer look in a memory form. */
static bytes16 look_closer(const char *path)
{
	bytes16 bytes = load(path), next = load(path + 1);

	return (bytes16)(bytes == '/') |
	       ((bytes16)(bytes == 0) & ((bytes16)(next == 0) | (bytes16)(next == '.')));
}

/* Sixteen bytes at a time, as path_from_text; the byte behind the last sixteen is the last one. */
bool path_valid(const char *path, size_t len)
{
	bytes16 odd = { 0 };

	if (!len)
		return true;
	if (len > PATH_BYTES_MAX || *path || !path[len - 1] || path[len - 1] == '/')
		return false;
	if (len <= 16)
		return components_valid(path, len);
	for (size_t i = 0; i + 17 <= len; i += 16)
		odd |= look_closer(path + i);
	odd |= look_closer(path + len - 17);
	return !any_set(odd) || components_valid(path, len);
}

void path_add_escaped(struct buf *out, const char *path, size_t len)
{
	size_t from;

	if (!len) {
		buf_add_char(out, '/');
		return;
	}
	from = out->len;
	escape_add(out, path, len);
	for (size_t i = from; i < out->len; i++) {
		if (!out->data[i])
			out->data[i] = '/';
	}
}

char *path_for_message(const char *path, size_t len)
{
	struct buf text = { 0 };

	path_add_escaped(&text, path, len < 200 ? len : 200);
	if (len > 200)
		buf_add_str(&text, "...");
	buf_add_char(&text, '\0');
	return (char *)text.data;
}
