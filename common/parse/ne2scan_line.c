/* SPDX-License-Identifier: MIT */
#include "common/parse/list_lines.h"
#include "common/parse/take.h"
#include "common/log/word.h"

enum { ATIME, CTIME, MTIME, UID, GID, MODE, SIZE, INODE, OBJECTS, COLUMNS };

/* A FID or nothing, if there is one more column before the path; where the path begins. */
static const char *take_identity(struct record *r, const struct column *inode, const char *at,
				 const char *end)
{
	struct column fid;

	if (at && at < end && *at != '/') {
		scanner_column(&fid, &at, end, '|');
		if (fid.at < fid.end)
			take_fid(&r->fields, &r->generation, fid.at, fid.end);
	}
	take_units(&r->fields, FIELD_INODE, 1, inode->at, inode->end);
	return at;
}

static enum reject_reason read_record(struct record *r, const struct scan_form *form,
				      const char *at, const char *end)
{
	struct fields *f = &r->fields;
	struct column c[COLUMNS];

	(void)form;
	if (at == end || (!is_digit(*at) && *at != '-'))
		return REJECT_NONE;
	for (int i = 0; i < COLUMNS; i++) {
		if (!scanner_column(&c[i], &at, end, '|'))
			return REJECT_MISSING_FIELD;
		r->begins |= i == UID;
	}
	at = take_identity(r, &c[INODE], at, end);
	take_epoch(f, FIELD_ATIME, c[ATIME].at, c[ATIME].end);
	take_epoch(f, FIELD_CTIME, c[CTIME].at, c[CTIME].end);
	take_epoch(f, FIELD_MTIME, c[MTIME].at, c[MTIME].end);
	take_units(f, FIELD_UID, 1, c[UID].at, c[UID].end);
	take_units(f, FIELD_GID, 1, c[GID].at, c[GID].end);
	take_octal(f, true, c[MODE].at, c[MODE].end);
	take_units(f, FIELD_SIZE, 1, c[SIZE].at, c[SIZE].end);
	if (!at || at == end || *at != '/')
		return REJECT_NO_PATH;
	f->path = at;
	f->path_len = (size_t)(end - at);
	r->raw = true;
	return REJECT_NONE;
}

const struct scanner ne2scan_scanner = {
	.name = "ne2scan",
	.purpose = "Lustre's MDT: ne2scan, lester",
	.given = FIELD_BIT(FIELD_INODE) | FIELD_BIT(FIELD_SIZE) | FIELD_BIT(FIELD_UID) |
		 FIELD_BIT(FIELD_GID) | FIELD_BIT(FIELD_TYPE) | FIELD_BIT(FIELD_MODE) |
		 FIELD_BIT(FIELD_ATIME) | FIELD_BIT(FIELD_MTIME) |
		 FIELD_BIT(FIELD_CTIME),
	.layout = &scanner_layout,
	.read = read_record,
};
