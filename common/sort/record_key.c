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
