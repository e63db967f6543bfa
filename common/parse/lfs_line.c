/* SPDX-License-Identifier: MIT */
#include "common/parse/lfs_line.h"

#include "common/parse/take.h"
#include "common/log/word.h"

/* More than a FID and the blank behind it can take. */
#define FID_MAX 64

/* Behind the FID that begins a record, or NULL if none does. */
static const char *behind_fid(const char *at, const char *end)
{
	bool bracket = at < end && *at == '[';
	size_t len = take_fid_len(at + bracket, end);
	const char *p = at + len + 2 * bracket;

	return len && p < end && *p == ' ' && (!bracket || p[-1] == ']') ? p : NULL;
}

/* Does a record begin here, and not only a FID in a name? */
static bool begins(const char *at, const char *end)
{
	const char *p = behind_fid(at, end);

	return p && end - p > 3 && p[1] >= 'a' && p[1] <= 'z' && memchr(p, '=', (size_t)(end - p));
}

/* Up to the LF, or to the next record if this one was cut. */
static size_t measure(const char *text, size_t len, bool whole)
{
	const char *lf = memchr(text, '\n', len);
	size_t all = lf ? (size_t)(lf + 1 - text) : len;

	if (lf && all < LFS_BUFFER)
		return all;
	for (size_t cut = LFS_BUFFER - 1; cut <= LFS_BUFFER && cut < all; cut++) {
		if (!lf && !whole && len < cut + FID_MAX)
			return 0;
		if (begins(text + cut, text + all))
			return cut;
	}
	return lf || whole ? all : 0;
}

/* The value of one "key=value". */
static void take_word(struct fields *f, const char *at, const char *end)
{
	const char *mark = at < end ? memchr(at, '=', (size_t)(end - at)) : NULL, *value;
	size_t len;

	if (!mark)
		return;
	value = mark + 1;
	len = (size_t)(mark - at);
	if (len == 4 && !memcmp(at, "type", 4))
		take_type(f, value, end);
	else if (len == 4 && !memcmp(at, "perm", 4))
		take_octal(f, false, value, end);
	if (len != 1)
		return;
	switch (*at) {
	case 's':
		take_units(f, FIELD_SIZE, 1, value, end);
		break;
	case 'b':
		take_units(f, FIELD_ALLOCATED, 512, value, end);
		break;
	case 'u':
		take_units(f, FIELD_UID, 1, value, end);
		break;
	case 'g':
		take_units(f, FIELD_GID, 1, value, end);
		break;
	case 'a':
		take_epoch(f, FIELD_ATIME, value, end);
		break;
	case 'm':
		take_epoch(f, FIELD_MTIME, value, end);
		break;
	case 'c':
		take_epoch(f, FIELD_CTIME, value, end);
		break;
	}
}

/* All words up to the separator. */
static enum reject_reason take_words(struct record *r, const char *at, const char *end)
{
	struct column word;

	while (at && at < end) {
		if (end - at > 3 && !memcmp(at, "-- /", 4)) {
			r->fields.path = at + 3;
			r->fields.path_len = (size_t)(end - r->fields.path);
			r->raw = true;
			return REJECT_NONE;
		}
		scanner_column(&word, &at, end, ' ');
		if (take_fid_len(word.at, word.end) && behind_fid(word.at, end))
			return REJECT_INTERLEAVED;
		take_word(&r->fields, word.at, word.end);
	}
	return REJECT_NO_PATH;
}

/* The first word, if it looks like a FID, right or wrong. */
static bool take_first(struct column *fid, const char **at, const char *end)
{
	const char *p = *at + (*at < end && **at == '['), *mark;

	if (end - p < 2 || p[0] != '0' || p[1] != 'x')
		return false;
	scanner_column(fid, at, end, ' ');
	mark = memchr(p, ':', (size_t)(fid->end - p));
	return *at && mark && memchr(mark + 1, ':', (size_t)(fid->end - mark - 1));
}

static enum reject_reason read_record(struct record *r, const struct scan_form *form,
				      const char *at, const char *end)
{
	struct column fid;

	(void)form;
	r->begins = take_first(&fid, &at, end);
	if (!r->begins)
		return REJECT_NONE;
	/* Cut: the next record stands where the line should end. */
	if (*end == '0' || *end == '[')
		return REJECT_TOO_LONG;
	take_fid(&r->fields, &r->generation, fid.at, fid.end);
	return take_words(r, at, end);
}

static const struct layout lfs_layout = {
	.new_parser = scanner_new_parser,
	.free_parser = scanner_free_parser,
	.parse = scanner_parse,
	.foreign = scanner_foreign,
	.measure = measure,
};

const struct scanner lfs_scanner = {
	.name = "lfs",
	.purpose = "Lustre: lfs find --printf \"%LF s=%s b=%b ... -- %p\\n\"",
	.given = FIELD_BIT(FIELD_INODE) | FIELD_BIT(FIELD_SIZE) | FIELD_BIT(FIELD_ALLOCATED) |
		 FIELD_BIT(FIELD_UID) | FIELD_BIT(FIELD_GID) | FIELD_BIT(FIELD_TYPE) |
		 FIELD_BIT(FIELD_MODE) | FIELD_BIT(FIELD_ATIME) | FIELD_BIT(FIELD_MTIME) |
		 FIELD_BIT(FIELD_CTIME),
	.layout = &lfs_layout,
	.read = read_record,
};
