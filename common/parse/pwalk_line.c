/* SPDX-License-Identifier: MIT */
#include "common/parse/list_lines.h"
#include "common/parse/take.h"
#include "common/log/word.h"
#include "common/base/path.h"

#define HEADER "inode,parent-inode,"

/* Columns without the two quoted ones: these are taken first. */
enum { INODE, PARENT, DEPTH, COLUMNS_BEFORE };
enum { UID, GID, SIZE, DEVICE, BLOCKS, NLINK, MODE, ATIME, MTIME, CTIME, ENTRIES, BYTES,
       COLUMNS_BEHIND };

/* Behind the text in quotes at *at, in which quotes are doubled, and its comma; false: none. */
static bool skip_quoted(const char **at, const char *end)
{
	const char *p = *at;

	if (!p || p == end || *p++ != '"')
		return false;
	for (; p < end; p++) {
		if (*p != '"')
			continue;
		if (p + 1 < end && p[1] == '"')
			p++;
		else
			break;
	}
	if (end - p < 2 || p[1] != ',')
		return false;
	*at = p + 2;
	return true;
}

static enum reject_reason take_name(struct record *r, const char **at, const char *end)
{
	const char *p = *at + 1, *close;
	char *to = r->buffer;

	if (!skip_quoted(at, end))
		return REJECT_NO_PATH;
	close = *at - 2;
	if (close - p > PATH_BYTES_MAX)
		return REJECT_TOO_LONG;
	for (; p < close; p++) {
		*to++ = *p;
		p += *p == '"';
	}
	r->fields.path = r->buffer;
	r->fields.path_len = (size_t)(to - r->buffer);
	return REJECT_NONE;
}

/* From the uid on; the last two count what is in a directory. */
static enum reject_reason take_columns(struct record *r, const char *at, const char *end)
{
	struct fields *f = &r->fields;
	struct column c[COLUMNS_BEHIND];

	for (int i = 0; i < COLUMNS_BEHIND; i++) {
		if (!scanner_column(&c[i], &at, end, ','))
			return REJECT_MISSING_FIELD;
	}
	if (at)
		return REJECT_MISSING_FIELD;
	take_units(f, FIELD_UID, 1, c[UID].at, c[UID].end);
	take_units(f, FIELD_GID, 1, c[GID].at, c[GID].end);
	take_units(f, FIELD_SIZE, 1, c[SIZE].at, c[SIZE].end);
	take_units(f, FIELD_ALLOCATED, 512, c[BLOCKS].at, c[BLOCKS].end);
	take_units(f, FIELD_NLINK, 1, c[NLINK].at, c[NLINK].end);
	if (c[MODE].end - c[MODE].at > 2 && *c[MODE].at == '"' && c[MODE].end[-1] == '"')
		take_octal(f, true, c[MODE].at + 1, c[MODE].end - 1);
	else
		take_mode(f, true, UINT64_MAX);
	take_epoch(f, FIELD_ATIME, c[ATIME].at, c[ATIME].end);
	take_epoch(f, FIELD_MTIME, c[MTIME].at, c[MTIME].end);
	take_epoch(f, FIELD_CTIME, c[CTIME].at, c[CTIME].end);
	return take_whole(c[DEVICE].at, c[DEVICE].end, &r->generation) ? REJECT_NONE :
									   REJECT_GENERATION;
}

static enum reject_reason read_record(struct record *r, const struct scan_form *form,
				      const char *at, const char *end)
{
	struct column c[COLUMNS_BEFORE];
	enum reject_reason reason;

	(void)form;
	if ((size_t)(end - at) > strlen(HEADER) && !memcmp(at, HEADER, strlen(HEADER)))
		r->begins = r->skipped = true;
	if (at == end || !is_digit(*at))
		return REJECT_NONE;
	for (int i = 0; i < COLUMNS_BEFORE; i++) {
		if (!scanner_column(&c[i], &at, end, ',') || !at)
			return REJECT_MISSING_FIELD;
	}
	r->begins = at < end && *at == '"';
	if (!r->begins)
		return REJECT_NONE;
	take_units(&r->fields, FIELD_INODE, 1, c[INODE].at, c[INODE].end);
	reason = take_name(r, &at, end);
	if (reason != REJECT_NONE)
		return reason;
	return skip_quoted(&at, end) ? take_columns(r, at, end) : REJECT_MISSING_FIELD;
}

const struct scanner pwalk_scanner = {
	.name = "pwalk",
	.purpose = "pwalk: comma-separated",
	.given = FIELD_BIT(FIELD_INODE) | FIELD_BIT(FIELD_SIZE) | FIELD_BIT(FIELD_ALLOCATED) |
		 FIELD_BIT(FIELD_UID) | FIELD_BIT(FIELD_GID) | FIELD_BIT(FIELD_TYPE) |
		 FIELD_BIT(FIELD_MODE) | FIELD_BIT(FIELD_ATIME) | FIELD_BIT(FIELD_NLINK) |
		 FIELD_BIT(FIELD_MTIME) | FIELD_BIT(FIELD_CTIME),
	.whole_names = true,
	.layout = &scanner_layout,
	.read = read_record,
};
