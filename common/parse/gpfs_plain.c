/* SPDX-License-Identifier: MIT */
/*
 * Each check that fails ends the walk, so what is looked at lies at most LINE_PADDING bytes behind
 * text that was as expected.
 */
#include "common/parse/gpfs_plain.h"

#define TAKE(at, text) (memcmp((at), (text), sizeof(text) - 1) == 0 && ((at) += sizeof(text) - 1))

const char *gpfs_plain_walk(struct value_memo *memo, const char *at, struct line *line)
{
	const uint64_t bytes = UINT64_C(1) << 63, kib = UINT64_C(1) << 53, id = UINT64_C(1) << 32;
	struct entry *e = &line->entry;
	uint64_t uid, gid, nlink;
	const char *stamp;
	int64_t birth;

	if (!take_decimal(&at, NUMBER_ANY, &e->own.inode) || *at++ != ' ' ||
	    !take_decimal(&at, NUMBER_ANY, &e->own.generation) || *at++ != ' ' ||
	    !take_small(&at, NUMBER_ANY, &e->snapshot) || *at++ != ' ')
		return NULL;
	at = skip_blanks(at);
	if (!TAKE(at, "s=") || !take_decimal(&at, bytes, &e->size) ||
	    !TAKE(at, " a=") || !take_decimal(&at, kib, &e->own.allocated) ||
	    !TAKE(at, " u=") || !take_decimal(&at, id, &uid) ||
	    !TAKE(at, " g=") || !take_decimal(&at, id, &gid))
		return NULL;
	if (TAKE(at, " m=")) {
		while ((unsigned char)*at > ' ')
			at++;
	}
	if (!TAKE(at, " p=") || !value_take_mode(memo, &at, &e->own.mode) ||
	    !TAKE(at, " ac=") || !value_take_stamp(NULL, 0, &at, &e->atime) || !TAKE(at, " mt="))
		return NULL;
	stamp = at;
	if (!value_take_stamp(NULL, 0, &at, &e->mtime) ||
	    !TAKE(at, " cr=") || !value_take_stamp(stamp, e->mtime, &at, &birth) ||
	    !TAKE(at, " nl=") || !take_small(&at, id, &nlink) || !TAKE(at, " -- ") || *at != '/')
		return NULL;
	e->own.uid = (uint32_t)uid;
	e->own.gid = (uint32_t)gid;
	e->own.allocated *= 1024;
	e->nlink = (uint32_t)nlink;
	line->bad_optional = 0;
	return at;
}
