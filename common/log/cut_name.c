/* SPDX-License-Identifier: MIT */
#include "common/log/cut_name.h"

#include <string.h>

#include "common/base/path.h"

/* Go on with `len` bytes; the name stays open if no component becomes too long. */
static void add(struct cut_name *n, const char *text, size_t len)
{
	const char *end = text + len, *slash;

	n->path += len;
	n->open = n->path <= PATH_BYTES_MAX;
	while (n->open && (slash = memchr(text, '/', (size_t)(end - text)))) {
		n->open = n->component + (size_t)(slash - text) <= NAME_BYTES_MAX;
		n->component = 0;
		text = slash + 1;
	}
	n->component += (size_t)(end - text);
	n->open = n->open && n->component <= NAME_BYTES_MAX;
}

void cut_name_begin(struct cut_name *n, const char *path, size_t len)
{
	*n = (struct cut_name){ 0 };
	add(n, path, len);
}

bool cut_name_add(struct cut_name *n, const char *line, size_t len)
{
	if (!n->open)
		return false;
	n->path++;
	n->component++;
	add(n, line, len);
	return n->open;
}
