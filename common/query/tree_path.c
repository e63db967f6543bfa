/* SPDX-License-Identifier: MIT */
#include "common/query/tree_path.h"

#include <string.h>

#define INDENT 2

/* Does `path` lie in the directory whose path is its first `end` bytes? */
static bool is_below(const char *path, size_t len, size_t end)
{
	return len > end && (path[end] == '/' || end == 1);
}

const struct buf *tree_path_next(struct tree_path *t, const char *path, size_t len)
{
	size_t same = 0, from = 0;

	while (same < len && same < t->before.len && path[same] == (char)t->before.data[same])
		same++;
	while (t->count && (t->ends[t->count - 1] > same ||
			    !is_below(path, len, t->ends[t->count - 1])))
		t->count--;
	if (t->count)
		from = t->ends[t->count - 1] + (t->ends[t->count - 1] > 1);
	t->text.len = 0;
	for (size_t i = 0; i < INDENT * t->count; i++)
		buf_add_char(&t->text, ' ');
	buf_add(&t->text, path + from, len - from);
	t->before.len = 0;
	buf_add(&t->before, path, len);
	GROW(t->ends, t->cap, t->count + 1);
	t->ends[t->count++] = len;
	return &t->text;
}

void tree_path_release(struct tree_path *t)
{
	buf_release(&t->before);
	buf_release(&t->text);
	free(t->ends);
	*t = (struct tree_path){ 0 };
}
