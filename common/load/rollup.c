#include "common/load/rollup.h"

#include "common/base/buf.h"

void rollup_open(struct rollup *r, int64_t dir_id)
{
	const struct usage_sums nothing = { .max_atime = TIME_NONE, .max_mtime = TIME_NONE };

	GROW(r->open, r->cap, r->depth + 1);
	r->open[r->depth++] = (struct dir_totals){ .dir_id = dir_id,
						   .own = nothing,
						   .whole = nothing,
						   .uid = OWNER_NONE,
						   .gid = OWNER_NONE };
}

static void add_sums(struct usage_sums *to, const struct usage_sums *more, int64_t dir_id)
{
	if (!usage_add(to, more))
		die(EXIT_INPUT,
		    "the files or bytes of the directory with dir_id %" PRId64 " exceed 2^63-1",
		    dir_id);
}

static int64_t owner_of_both(int64_t a, int64_t b)
{
	if (a == OWNER_NONE)
		return b;
	return b == OWNER_NONE || a == b ? a : OWNER_SEVERAL;
}

void rollup_add(struct rollup *r, const struct usage_key *key, const struct usage_sums *sums)
{
	struct dir_totals *d = &r->open[r->depth - 1];

	add_sums(&d->own, sums, d->dir_id);
	d->uid = owner_of_both(d->uid, key->uid);
	d->gid = owner_of_both(d->gid, key->gid);
}

const struct dir_totals *rollup_close(struct rollup *r, int64_t next_id)
{
	struct dir_totals *d = &r->open[--r->depth], *parent = d - 1;

	add_sums(&d->whole, &d->own, d->dir_id);
	d->whole_dirs = (uint64_t)(next_id - d->dir_id - 1);
	if (r->depth) {
		add_sums(&parent->whole, &d->whole, parent->dir_id);
		parent->own_dirs++;
		parent->uid = owner_of_both(parent->uid, d->uid);
		parent->gid = owner_of_both(parent->gid, d->gid);
	}
	return d;
}

void rollup_release(struct rollup *r)
{
	free(r->open);
	*r = (struct rollup){ 0 };
}
