/* SPDX-License-Identifier: MIT */
#include "common/log/line.h"

#include "common/base/path.h"

enum reject_reason line_set_path(struct line *line, char *buffer, const char *text, size_t len)
{
	if (len > PATH_BYTES_MAX)
		return REJECT_TOO_LONG;
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
	if (!line->path_len && !S_ISDIR(line->entry.own.mode))
		return REJECT_ROOT;
	line->path = buffer;
	return REJECT_NONE;
}
