/* SPDX-License-Identifier: MIT */
#include "common/stream/attrs.h"

#include <inttypes.h>

#include "common/base/escape.h"

void attrs_add(struct buf *out, const char *key, const char *value)
{
	if (out->len)
		buf_add_char(out, '\t');
	buf_add_str(out, key);
	buf_add_char(out, '=');
	escape_add(out, value, strlen(value));
}

void attrs_add_u64(struct buf *out, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	attrs_add(out, key, text);
}

int attrs_next(char **cursor, char **key, char **value)
{
	char *field = *cursor, *equals, *end;
	size_t len;

	if (!*field)
		return 0;
	end = strchrnul(field, '\t');
	*cursor = *end ? end + 1 : end;
	*end = '\0';
	equals = strchr(field, '=');
	if (!equals || equals == field)
		return -1;
	*equals = '\0';
	len = escape_decode(equals + 1, (size_t)(end - equals - 1));
	if (len == SIZE_MAX)
		return -1;
	equals[1 + len] = '\0';
	*key = field;
	*value = equals + 1;
	return 1;
}
