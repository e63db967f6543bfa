/* SPDX-License-Identifier: MIT */
#include "common/log/line.h"

#include "common/base/path.h"
#include "common/log/word.h"

size_t line_measure(const struct line_format *format, const char *text, size_t len, bool whole,
		    size_t *content)
{
	const char *end;
	size_t n;

	if (format->layout->measure) {
		n = format->layout->measure(text, len, whole);
		*content = n ? n : len;
		if (n && (text[n - 1] == '\n' || !text[n - 1]))
			--*content;
	} else {
		end = memchr(text, line_end(format), len);
		n = end ? (size_t)(end + 1 - text) : whole ? len : 0;
		*content = end ? n - 1 : len;
	}
	if (format->crlf && *content && text[*content - 1] == '\r')
		--*content;
	return n;
}

enum line_kind line_skip_kind(const char *text, const char *at, const char *end)
{
	const char *letter;

	if (text < end && *text == '#')
		return LINE_COMMENT;
	if (at < end && *at == '[') {
		for (letter = ++at; at < end && (*at | 0x20) >= 'a' && (*at | 0x20) <= 'z';)
			at++;
		if (at > letter && at < end && *at == ']')
			return LINE_MESSAGE;
	}
	while (text < end && is_blank(*text))
		text++;
	return text >= end ? LINE_BLANK : LINE_UNRECOGNISED;
}

/* Has `block` seen the directory of this absolute path, and is its name one? */
static bool find_place(struct line *line, struct block_build *block, const char *text, size_t len)
{
	size_t dir_len = len;

	if (!S_ISDIR(line->entry.own.mode)) {
		line->name = (const char *)memrchr(text, '/', len) + 1;
		dir_len = (size_t)(line->name - 1 - text);
		line->name_len = len - dir_len - 1;
		if (!path_is_name(line->name, line->name_len))
			return false;
	}
	line->dir = block_find_dir(block, text, dir_len);
	return line->dir != BLOCK_NO_DIR;
}

enum reject_reason line_set_path(struct line *line, char *buffer, struct block_build *block,
				 const char *text, size_t len)
{
	line->name = NULL;
	line->name_len = 0;
	if (len > PATH_BYTES_MAX)
		return REJECT_TOO_LONG;
	if (block && len && *text == '/' && find_place(line, block, text, len))
		return REJECT_NONE;
	line->dir = BLOCK_NO_DIR;
	switch (path_from_text(buffer, &line->path_len, text, len)) {
	case PATH_OK:
		break;
	case PATH_NOT_ABSOLUTE:
		return REJECT_NO_PATH;
	case PATH_TOO_LONG:
		return REJECT_TOO_LONG;
	case PATH_HAS_NUL:
		return REJECT_NUL;
	case PATH_HAS_DOTS:
		return REJECT_DOTS;
	}
	line->path = buffer;
	if (S_ISDIR(line->entry.own.mode))
		return REJECT_NONE;
	if (!line->path_len)
		return REJECT_ROOT;
	len = path_parent(buffer, line->path_len) + 1;
	line->name = buffer + len;
	line->name_len = line->path_len - len;
	return REJECT_NONE;
}

enum reject_reason line_root_path(const char *root, char *buffer, const char **path, size_t *len)
{
	const char *text = *path;
	size_t root_len = root ? strlen(root) : 0;
	bool slash;

	if (!root || (*len && *text == '/'))
		return REJECT_NONE;
	if (*len && *text == '.' && (*len == 1 || text[1] == '/')) {
		text++;
		--*len;
	}
	while (root_len && root[root_len - 1] == '/')
		root_len--;
	slash = *len || !root_len;
	if (root_len + slash + *len > PATH_BYTES_MAX)
		return REJECT_TOO_LONG;
	memmove(buffer + root_len + slash, text, *len);
	memcpy(buffer, root, root_len);
	if (slash)
		buffer[root_len] = '/';
	*path = buffer;
	*len += root_len + slash;
	return REJECT_NONE;
}
