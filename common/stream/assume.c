/* SPDX-License-Identifier: MIT */
#include "common/stream/assume.h"

#include <inttypes.h>

#include "common/base/human.h"
#include "common/stream/record.h"

static const struct {
	const char *word, *note;
	bool counted; /* ": COUNT" follows the note */
} words[ASSUMPTIONS] = {
	[ASSUME_AGE_IN_DAYS] = { "age-in-days", "times: the log gives whole days only", false },
	[ASSUME_ALLOCATED_FROM_PREPARE] = { "allocated-from-prepare", "allocated sizes: taken from SIZE "
					    "of the records in KiB, which is wrong if the rule had a "
					    "SIZE clause", false },
	[ASSUME_ALLOCATED_FROM_SIZE] = { "allocated-from-size", "allocated sizes: not in the log, "
					 "made of file lengths", false },
	[ASSUME_ATIME_FROM_BIRTH] = { "atime-from-birth", "access times: not in the log, times of "
				      "creation stand for them", false },
	[ASSUME_ATIME_FROM_MTIME] = { "atime-from-mtime", "access times: not in the log, times of "
				      "modification stand for them", false },
	[ASSUME_ATIME_UNKNOWN] = { "atime-unknown", "access times: the log has no times, so everything "
				   "counts as accessed on the day of the scan", false },
	[ASSUME_GROUP_UNKNOWN] = { "group-unknown", "groups: not in the log, 4294967295 stands for "
				   "the unknown group", false },
	[ASSUME_LINKS_ASSUMED] = { "links-assumed", "link counts: not in the log, files of equal "
				   "inodes are taken for links of one", false },
	[ASSUME_LINKS_UNKNOWN] = { "links-unknown", "link counts: not in the log, so each link to a "
				   "file counts", false },
	[ASSUME_MODE_UNKNOWN] = { "mode-unknown", "permissions: not in the log, 0 stands for them",
				  false },
	[ASSUME_OWNER_UNKNOWN] = { "owner-unknown", "owners: not in the log, 4294967295 stands for "
				   "the unknown owner", false },
	[ASSUME_SIZE_FROM_ALLOCATED] = { "size-from-allocated", "file lengths: not in the log, "
					 "allocated sizes stand for them", false },
	[ASSUME_SIZE_UNKNOWN] = { "size-unknown", "sizes: not in the log, all are 0", false },
	[ASSUME_SKIPPED] = { "skipped", "incomplete: files that the scan saw and could not look at",
			     true },
	[ASSUME_TYPE_UNKNOWN] = { "type-unknown", "types: not in the log, each line counts as a file",
				  false },
	[ASSUME_UNSEEN] = { "unseen", "incomplete: what lies below directories that the scan could "
				      "not read is missing; such directories", true },
	[ASSUME_UNVERIFIED] = { "unverified", "unverified: made from rows that were not checked",
				false },
};

bool assume(struct assumptions *a, enum assumption what, uint64_t count)
{
	if (words[what].counted)
		return add_checked(&a->count[what], count);
	a->count[what] |= count != 0;
	return true;
}

bool assume_add(struct assumptions *sum, const struct assumptions *more)
{
	bool fits = true;

	for (int i = 0; i < ASSUMPTIONS; i++)
		fits &= assume(sum, i, more->count[i]);
	return fits;
}

void assume_cover(struct assumptions *a, const struct assumptions *other)
{
	for (int i = 0; i < ASSUMPTIONS; i++) {
		if (a->count[i] < other->count[i])
			a->count[i] = other->count[i];
	}
}

void assume_text(struct buf *out, const struct assumptions *a)
{
	const char *blank = "";

	for (int i = 0; i < ASSUMPTIONS; i++) {
		if (!a->count[i])
			continue;
		buf_printf(out, "%s%s", blank, words[i].word);
		if (words[i].counted)
			buf_printf(out, "=%" PRIu64, a->count[i]);
		blank = " ";
	}
}

/* The word at `text`, up to a blank or the end, if it is `words[i]` with a right count. */
static bool parse_word(const char *text, size_t len, int i, uint64_t *count)
{
	size_t name = strlen(words[i].word);
	char digits[24] = "";

	if (len < name || memcmp(text, words[i].word, name))
		return false;
	*count = 1;
	if (!words[i].counted)
		return len == name;
	if (len <= name || text[name] != '=' || len - name > sizeof(digits))
		return false;
	memcpy(digits, text + name + 1, len - name - 1);
	return digits[0] != '0' && human_parse_u64(digits, INT64_MAX, count);
}

bool assume_parse(struct assumptions *a, const char *text)
{
	*a = (struct assumptions){ { 0 } };
	for (int i = 0; *text; i++) {
		size_t len = strcspn(text, " ");

		/* Words rise, so each can only be one of those that are left. */
		while (i < ASSUMPTIONS && !parse_word(text, len, i, &a->count[i]))
			a->count[i++] = 0;
		if (i == ASSUMPTIONS || (text[len] && !text[len + 1]))
			return false;
		text += len + (text[len] == ' ');
	}
	return true;
}

char *assume_note(enum assumption what, uint64_t count)
{
	if (!words[what].counted)
		return xstrdup(words[what].note);
	return xasprintf("%s: %" PRIu64, words[what].note, count);
}
