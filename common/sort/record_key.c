/* SPDX-License-Identifier: MIT */
#include "common/sort/record_key.h"

#include "common/base/wire.h"

void dir_tail_write(unsigned char tail[DIR_TAIL_SIZE], const struct inode_line *line)
{
	if (!line) {
		memset(tail, 0, DIR_TAIL_SIZE);
		return;
	}
	tail[0] = 1;
	put_be64(tail + 1, line->inode);
	put_be64(tail + 9, line->generation);
	put_be32(tail + 17, line->uid);
	put_be32(tail + 21, line->gid);
	put_be32(tail + 25, line->mode);
	put_be64(tail + 29, line->allocated);
}

bool dir_tail_read(const unsigned char tail[DIR_TAIL_SIZE], struct inode_line *line)
{
	line->inode = get_be64(tail + 1);
	line->generation = get_be64(tail + 9);
	line->uid = get_be32(tail + 17);
	line->gid = get_be32(tail + 21);
	line->mode = get_be32(tail + 25);
	line->allocated = get_be64(tail + 29);
	return tail[0];
}

bool dir_tail_combine(unsigned char *into, const unsigned char *from)
{
	if (memcmp(from, into, DIR_TAIL_SIZE) > 0)
		memcpy(into, from, DIR_TAIL_SIZE);
	return true;
}

void usage_tail_write(unsigned char tail[USAGE_TAIL_SIZE], const struct usage_key *key,
		      const struct usage *usage)
{
	put_be32(tail, key->uid);
	put_be32(tail + 4, key->gid);
	tail[8] = key->age_bucket;
	tail[9] = key->size_bucket;
	memcpy(tail + USAGE_KEY_SIZE, usage, sizeof(*usage));
}

void usage_tail_read(const unsigned char tail[USAGE_TAIL_SIZE], struct usage_key *key,
		     struct usage *usage)
{
	key->uid = get_be32(tail);
	key->gid = get_be32(tail + 4);
	key->age_bucket = tail[8];
	key->size_bucket = tail[9];
	memcpy(usage, tail + USAGE_KEY_SIZE, sizeof(*usage));
}

/* Between a directory and the key of a link row in it: no path holds two NUL in a row. */
#define LINK_MARK "\0"
#define LINK_MARK_SIZE 2
#define LINK_KEY_SIZE 54

void link_key_write(struct buf *path, unsigned char tail[USAGE_TAIL_SIZE], const char *dir,
		    size_t dir_len, const struct link_row *row, const char *name, size_t name_len)
{
	/* Files have been accessed at some time: what never was is a link row. */
	const struct usage lines = { { row->lines, 0, 0 }, TIME_NONE, (int64_t)dir_len };
	unsigned char *to;

	usage_tail_write(tail, &(struct usage_key){ 0 }, &lines);
	path->len = 0;
	buf_add(path, dir, dir_len);
	buf_add(path, LINK_MARK, LINK_MARK_SIZE);
	to = buf_reserve(path, LINK_KEY_SIZE);
	put_be32(to, row->key.uid);
	put_be32(to + 4, row->key.gid);
	to[8] = row->key.age_bucket;
	to[9] = row->key.size_bucket;
	put_be64(to + 10, row->snapshot);
	put_be64(to + 18, row->inode);
	put_be64(to + 26, row->generation);
	put_be32(to + 34, row->nlink);
	put_be64(to + 38, (uint64_t)row->allocated);
	put_be64(to + 46, (uint64_t)row->apparent);
	path->len += LINK_KEY_SIZE;
	buf_add(path, name, name_len);
}

static void write_link(struct stream_out *out, const struct extsort_item *item, size_t dir_len,
		       int64_t lines)
{
	const unsigned char *key = (const unsigned char *)item->path + dir_len + LINK_MARK_SIZE;
	const struct link_row row = {
		.key = { get_be32(key), get_be32(key + 4), key[8], key[9] },
		.snapshot = get_be64(key + 10), .inode = get_be64(key + 18),
		.generation = get_be64(key + 26), .nlink = get_be32(key + 34),
		.allocated = (int64_t)get_be64(key + 38),
		.apparent = (int64_t)get_be64(key + 46), .lines = lines,
	};

	stream_out_add_link(out, item->path, dir_len, &row, (const char *)key + LINK_KEY_SIZE,
			    item->len - dir_len - LINK_MARK_SIZE - LINK_KEY_SIZE);
}

void usage_item_write(struct stream_out *out, const struct extsort_item *item)
{
	struct usage_key key;
	struct usage usage;

	usage_tail_read(item->tail, &key, &usage);
	if (usage.max_atime == TIME_NONE)
		write_link(out, item, (size_t)usage.max_mtime, usage.sums.files);
	else
		stream_out_add_usage(out, item->path, item->len, &key, &usage);
}

bool usage_tail_combine(unsigned char *into, const unsigned char *from)
{
	struct usage sum, more;

	memcpy(&sum, into + USAGE_KEY_SIZE, sizeof(sum));
	memcpy(&more, from + USAGE_KEY_SIZE, sizeof(more));
	if (!usage_add(&sum, &more))
		return false;
	memcpy(into + USAGE_KEY_SIZE, &sum, sizeof(sum));
	return true;
}
