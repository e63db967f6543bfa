/* SPDX-License-Identifier: MIT */
#include "common/parse/gufi_line.h"

#include "common/parse/take.h"
#include "common/log/word.h"

#define BAR '\x1e'
#define NOT_ONE SIZE_MAX /* length of what is no record */

enum { TYPE, INODE, MODE, NLINK, UID, GID, SIZE, BLKSIZE, BLOCKS, ATIME, MTIME, CTIME, PLAIN };

struct walk {
	const char *at, *end;
	bool whole;  /* there is no text behind the end */
	bool more;   /* it ended before the record did */
};

/* Four hexadecimal digits, or -1. */
static int take_length(const char *at)
{
	int len = 0;

	for (int i = 0; i < 4; i++) {
		char c = at[i] | 0x20;

		if (!is_digit(at[i]) && (c < 'a' || c > 'f'))
			return -1;
		len = len << 4 | (is_digit(at[i]) ? at[i] - '0' : c - 'a' + 10);
	}
	return len;
}

/* A text with its length before it, and the bar behind it. */
static bool take_counted(struct walk *w, struct column *column)
{
	int len;

	if (w->end - w->at < 4) {
		w->more = true;
		return false;
	}
	len = take_length(w->at);
	if (len < 0)
		return false;
	if (w->end - w->at < 4 + len + 1) {
		w->more = true;
		return false;
	}
	column->at = w->at + 4;
	column->end = column->at + len;
	w->at = column->end + 1;
	return *column->end == BAR;
}

/* All up to the next bar, which stands before the next LF if it has to. */
static bool take_column(struct walk *w, struct column *column, bool lines)
{
	const char *bar = memchr(w->at, BAR, (size_t)(w->end - w->at));
	const char *stop = bar ? bar : w->end;

	if (!lines && memchr(w->at, '\n', (size_t)(stop - w->at)))
		return false;
	w->more = !bar;
	column->at = w->at;
	column->end = stop;
	w->at = bar ? bar + 1 : stop;
	return bar != NULL;
}

/* What follows the xattrs, up to the LF. */
static bool take_end(struct walk *w)
{
	struct column c;

	for (int i = 0; i < 5; i++) {
		if (!take_column(w, &c, false))
			return false;
	}
	if (!take_counted(w, &c) || !take_counted(w, &c) || !take_column(w, &c, false))
		return false;
	w->more = w->at == w->end;
	return !w->more && *w->at == '\n';
}

/*
 * What follows the plain columns. The xattrs are counted if that leads to the end of a record, else
 * they go on to the next bar: which of them it is must not depend on what is behind the record.
 */
static bool take_rest(struct walk *w)
{
	struct walk counted;
	struct column c;

	if (!take_counted(w, &c))
		return false;
	counted = *w;
	if ((take_counted(&counted, &c) && take_end(&counted)) || (counted.more && !w->whole)) {
		*w = counted;
		return !counted.more;
	}
	return take_column(w, &c, true) && take_end(w);
}

/* An external database: all up to the LF is as it may be. */
static bool skip_external(struct walk *w)
{
	const char *lf = memchr(w->at, '\n', (size_t)(w->end - w->at));

	w->more = !lf;
	w->at = lf;
	return lf != NULL;
}

/* Length of the record at `text` with its LF; 0: it needs more than `len` bytes; NOT_ONE. */
static size_t walk(const char *text, size_t len, bool whole, struct column *name,
		   struct column plain[PLAIN])
{
	struct walk w = { text, text + len, whole, false };
	bool good = take_counted(&w, name) && take_column(&w, &plain[TYPE], false);

	if (good && plain[TYPE].end - plain[TYPE].at == 1 && *plain[TYPE].at == 'e') {
		good = skip_external(&w);
	} else {
		for (int i = INODE; good && i < PLAIN; i++)
			good = take_column(&w, &plain[i], false);
		good = good && take_rest(&w);
	}
	if (good)
		return (size_t)(w.at + 1 - text);
	return w.more ? 0 : NOT_ONE;
}

static size_t measure(const char *text, size_t len, bool whole)
{
	struct column name, plain[PLAIN];
	size_t record = walk(text, len, whole, &name, plain);
	const char *lf;

	if (record != NOT_ONE && (record || !whole))
		return record;
	lf = memchr(text, '\n', len);
	return lf ? (size_t)(lf + 1 - text) : whole ? len : 0;
}

static void take_plain(struct fields *f, const struct column c[PLAIN])
{
	uint64_t mode;

	take_type(f, c[TYPE].at, c[TYPE].end);
	take_units(f, FIELD_INODE, 1, c[INODE].at, c[INODE].end);
	take_mode(f, true, take_whole(c[MODE].at, c[MODE].end, &mode) ? mode : UINT64_MAX);
	take_units(f, FIELD_NLINK, 1, c[NLINK].at, c[NLINK].end);
	take_units(f, FIELD_UID, 1, c[UID].at, c[UID].end);
	take_units(f, FIELD_GID, 1, c[GID].at, c[GID].end);
	take_units(f, FIELD_SIZE, 1, c[SIZE].at, c[SIZE].end);
	take_units(f, FIELD_ALLOCATED, 512, c[BLOCKS].at, c[BLOCKS].end);
	take_epoch(f, FIELD_ATIME, c[ATIME].at, c[ATIME].end);
	take_epoch(f, FIELD_MTIME, c[MTIME].at, c[MTIME].end);
	take_epoch(f, FIELD_CTIME, c[CTIME].at, c[CTIME].end);
}

static enum reject_reason read_record(struct record *r, const struct scan_form *form,
				      const char *at, const char *end)
{
	struct column name, plain[PLAIN];
	size_t record = walk(at, (size_t)(end - at) + 1, true, &name, plain);

	(void)form;
	/* Nothing but a name with its length before it is so sure a sign. */
	r->begins = end - at > 4 && take_length(at) >= 0 && memchr(at, BAR, (size_t)(end - at));
	if (!r->begins)
		return REJECT_NONE;
	if (record != (size_t)(end - at) + 1)
		return REJECT_MISSING_FIELD;
	r->skipped = *plain[TYPE].at == 'e' && plain[TYPE].end - plain[TYPE].at == 1;
	if (r->skipped)
		return REJECT_NONE;
	take_plain(&r->fields, plain);
	r->fields.path = name.at;
	r->fields.path_len = (size_t)(name.end - name.at);
	return r->fields.path_len ? REJECT_NONE : REJECT_NO_PATH;
}

static const struct layout gufi_layout = {
	.new_parser = scanner_new_parser,
	.free_parser = scanner_free_parser,
	.parse = scanner_parse,
	.foreign = scanner_foreign,
	.measure = measure,
};

const struct scanner gufi_scanner = {
	.name = "gufi",
	.purpose = "traces of GUFI",
	.given = FIELD_BIT(FIELD_INODE) | FIELD_BIT(FIELD_SIZE) | FIELD_BIT(FIELD_ALLOCATED) |
		 FIELD_BIT(FIELD_UID) | FIELD_BIT(FIELD_GID) | FIELD_BIT(FIELD_TYPE) |
		 FIELD_BIT(FIELD_MODE) | FIELD_BIT(FIELD_ATIME) | FIELD_BIT(FIELD_NLINK) |
		 FIELD_BIT(FIELD_MTIME) | FIELD_BIT(FIELD_CTIME),
	.whole_names = true,
	.root = "",
	.layout = &gufi_layout,
	.read = read_record,
};
