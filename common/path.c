#include "common/path.h"

#include "common/escape.h"

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

bool path_within(const char *dir, size_t dir_len, const char *path, size_t len)
{
	if (len < dir_len || (dir_len && memcmp(dir, path, dir_len)))
		return false;
	return len == dir_len || path[dir_len] == '\0';
}

static bool is_dots(const char *name, size_t len)
{
	return (len == 1 && name[0] == '.') || (len == 2 && name[0] == '.' && name[1] == '.');
}

enum path_fault path_from_text(char *out, size_t *out_len, const char *text, size_t len)
{
	const char *end = text + len;
	char *to = out;

	if (!len || *text != '/')
		return PATH_NOT_ABSOLUTE;
	if (len > PATH_BYTES_MAX)
		return PATH_TOO_LONG;
	while (text < end) {
		const char *name = ++text;
		size_t n;

		text = memchr(name, '/', (size_t)(end - name));
		if (!text)
			text = end;
		n = (size_t)(text - name);
		if (!n)
			continue;
		if (is_dots(name, n))
			return PATH_HAS_DOTS;
		if (memchr(name, '\0', n))
			return PATH_HAS_NUL;
		*to++ = '\0';
		memmove(to, name, n);
		to += n;
	}
	*out_len = (size_t)(to - out);
	return PATH_OK;
}

bool path_valid(const char *path, size_t len)
{
	const char *end = path + len;

	if (len > PATH_BYTES_MAX || (len && (*path || memchr(path, '/', len))))
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
