/* SPDX-License-Identifier: MIT */
#include "common/stream/record.h"

#include "common/base/path.h"
#include "common/stream/buckets.h"

const char *const rec_kind_names[] = { "any", "entry", "dir", "usage", NULL };
static const char *const order_names[] = { "none", "tree", "level" };
const char *const age_by_names[] = { "", "atime", "mtime", "newest", NULL };

/* Index of `name` in names[first..n), or -1. */
static int name_index(const char *name, const char *const *names, int first, int n)
{
	for (int i = first; i < n; i++) {
		if (strcmp(name, names[i]) == 0)
			return i;
	}
	return -1;
}

const char *rec_kind_name(enum rec_kind kind)
{
	return rec_kind_names[kind];
}

bool rec_kind_from_name(const char *name, enum rec_kind *kind)
{
	int i = name_index(name, rec_kind_names, KIND_ENTRY, KIND_USAGE + 1);

	*kind = i < 0 ? KIND_ANY : (enum rec_kind)i;
	return i >= 0;
}

const char *rec_order_name(enum rec_order order)
{
	return order_names[order];
}

bool rec_order_from_name(const char *name, enum rec_order *order)
{
	int i = name_index(name, order_names, ORDER_NONE, ORDER_LEVEL + 1);

	*order = i < 0 ? ORDER_NONE : (enum rec_order)i;
	return i >= 0;
}

const char *age_by_name(enum age_by by)
{
	return age_by_names[by];
}

bool age_by_from_name(const char *name, enum age_by *by)
{
	int i = name_index(name, age_by_names, AGE_ATIME, AGE_NEWEST + 1);

	*by = i < 0 ? AGE_UNSET : (enum age_by)i;
	return i >= 0;
}

static const struct {
	char letter;
	uint32_t format;
} mode_letters[] = {
	{ '-', S_IFREG }, { 'd', S_IFDIR }, { 'l', S_IFLNK }, { 'b', S_IFBLK },
	{ 'c', S_IFCHR }, { 'p', S_IFIFO }, { 's', S_IFSOCK }, { '?', 0 },
};

char mode_letter(uint32_t mode)
{
	for (size_t i = 0; i < sizeof(mode_letters) / sizeof(mode_letters[0]); i++) {
		if (mode_letters[i].format == (mode & S_IFMT))
			return mode_letters[i].letter;
	}
	return '?';
}

bool mode_from_letter(char letter, uint32_t *format)
{
	for (size_t i = 0; i < sizeof(mode_letters) / sizeof(mode_letters[0]); i++) {
		if (mode_letters[i].letter == letter) {
			*format = mode_letters[i].format;
			return true;
		}
	}
	return false;
}

int usage_key_compare(const struct usage_key *a, const struct usage_key *b)
{
	if (a->uid != b->uid)
		return a->uid < b->uid ? -1 : 1;
	if (a->gid != b->gid)
		return a->gid < b->gid ? -1 : 1;
	if (a->age_bucket != b->age_bucket)
		return a->age_bucket < b->age_bucket ? -1 : 1;
	return (a->size_bucket > b->size_bucket) - (a->size_bucket < b->size_bucket);
}

#define COMPARE(a, b) \
	do { \
		if ((a) != (b)) \
			return (a) < (b) ? -1 : 1; \
	} while (0)

int link_row_compare(const struct link_row *a, const char *name_a, size_t len_a,
		     const struct link_row *b, const char *name_b, size_t len_b)
{
	int order = usage_key_compare(&a->key, &b->key);

	if (order)
		return order;
	COMPARE(a->snapshot, b->snapshot);
	COMPARE(a->inode, b->inode);
	COMPARE(a->generation, b->generation);
	COMPARE(a->nlink, b->nlink);
	COMPARE(a->allocated, b->allocated);
	COMPARE(a->apparent, b->apparent);
	return path_compare(name_a, len_a, name_b, len_b);
}

bool link_row_valid(const struct link_row *row)
{
	return row->nlink != 1 && row->lines > 0 &&
	       row->key.size_bucket == bucket_of(size_buckets, row->allocated);
}

bool name_valid(const char *name, size_t len)
{
	return len && !memchr(name, '\0', len) && !memchr(name, '/', len) &&
	       !(name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')));
}

bool usage_add(struct usage *to, const struct usage *more)
{
	if (more->max_atime > to->max_atime)
		to->max_atime = more->max_atime;
	if (more->max_mtime > to->max_mtime)
		to->max_mtime = more->max_mtime;
	return sums_add(&to->sums, &more->sums);
}
