/* SPDX-License-Identifier: MIT */
#include "common/load/usage_in.h"

#define BLOCKS 4
#define BLOCK_ROWS 1024
#define BLOCK_BYTES (64u << 10)

/* Behind each row, in `bytes`: its path, if it is another one; if it is a link, that and its name. */
struct usage_in_block {
	size_t count;
	bool last;
	struct usage_in_row rows[BLOCK_ROWS];
	struct buf bytes;
};

static void add_bytes(struct buf *to, const void *bytes, size_t len)
{
	buf_add(to, &len, sizeof(len));
	buf_add(to, bytes, len);
}

static const void *take_bytes(struct usage_in *u, size_t *len)
{
	const unsigned char *from = u->block->bytes.data + u->at;

	memcpy(len, from, sizeof(*len));
	u->at += sizeof(*len) + *len;
	return from + sizeof(*len);
}

static void add_row(struct usage_in_block *b, const struct tree_in *in)
{
	b->rows[b->count++] = (struct usage_in_row){ .key = in->key, .same_path = in->same_path,
						     .is_link = in->is_link, .usage = in->usage };
	if (!in->same_path)
		add_bytes(&b->bytes, in->path.data, in->path.len);
	if (in->is_link) {
		add_bytes(&b->bytes, &in->link, sizeof(in->link));
		add_bytes(&b->bytes, in->name.data, in->name.len);
	}
}

static void read_block(void *arg, unsigned worker, void *item)
{
	struct usage_in *u = arg;
	struct usage_in_block *b = item;

	(void)worker;
	b->count = b->bytes.len = 0;
	while (!u->ended && b->count < BLOCK_ROWS && b->bytes.len < BLOCK_BYTES) {
		u->ended = !tree_in_next(u->stream);
		if (!u->ended)
			add_row(b, u->stream);
	}
	b->last = u->ended;
}

/* What belongs to the row. */
static void read_bytes(struct usage_in *u)
{
	size_t len;

	if (!u->row->same_path)
		u->path = take_bytes(u, &u->path_len);
	if (u->row->is_link) {
		memcpy(&u->link, take_bytes(u, &len), sizeof(u->link));
		u->name = take_bytes(u, &u->name_len);
	}
}

static void read_row(struct usage_in *u)
{
	while (u->next == u->block->count && !u->block->last) {
		pool_put(u->ahead, u->block);
		u->block = pool_take(u->ahead, true);
		u->next = u->at = 0;
	}
	u->row = u->next < u->block->count ? &u->block->rows[u->next++] : NULL;
	if (u->row)
		read_bytes(u);
}

void usage_in_open(struct usage_in *u, struct tree_in *stream, bool threaded)
{
	*u = (struct usage_in){ .stream = stream };
	u->ahead = pool_start_helpers(threaded, BLOCKS, read_block, u);
	for (int i = 0; i < (threaded ? BLOCKS : 1); i++)
		pool_put(u->ahead, xcalloc(1, sizeof(struct usage_in_block)));
	u->block = pool_take(u->ahead, true);
	read_row(u);
}

void usage_in_next(struct usage_in *u)
{
	read_row(u);
}

void usage_in_close(struct usage_in *u)
{
	struct usage_in_block *b = u->block;

	for (; b; b = pool_take(u->ahead, true)) {
		buf_release(&b->bytes);
		free(b);
	}
	pool_stop(u->ahead);
	*u = (struct usage_in){ 0 };
}
