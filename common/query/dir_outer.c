/* SPDX-License-Identifier: MIT */
#include "common/query/dir_outer.h"

void dir_outer_add(struct dir_outer *o, const struct match_dir *dir)
{
	if (o->count && o->held[o->count - 1].tree < dir->tree)
		o->known = o->count;
	/* What it contains came before it. */
	while (o->count > o->known && o->held[o->count - 1].dir_id > dir->dir_id)
		o->count--;
	if (dir->covered)
		return;
	GROW(o->held, o->cap, o->count + 1);
	o->held[o->count++] = *dir;
}

void dir_outer_end(struct dir_outer *o)
{
	o->known = o->count;
}

bool dir_outer_next(struct dir_outer *o, struct match_dir *dir)
{
	if (o->given < o->known) {
		*dir = o->held[o->given++];
		return true;
	}
	if (o->given)
		memmove(o->held, o->held + o->given, (o->count - o->given) * sizeof(*o->held));
	o->count -= o->given;
	o->known = o->given = 0;
	return false;
}

void dir_outer_release(struct dir_outer *o)
{
	free(o->held);
	*o = (struct dir_outer){ 0 };
}
