/* SPDX-License-Identifier: MIT */
#include "common/stream/tree_in.h"

void tree_in_open(struct tree_in *t, const char *name, const struct stream_in_options *opt)
{
	*t = (struct tree_in){ 0 };
	stream_in_open(&t->stream, name, opt);
	if (t->stream.head.order == ORDER_LEVEL)
		die(EXIT_INPUT,
		    "%s: is sorted by level; make it again without depth-sort --by-level",
		    t->stream.name);
	if (t->stream.head.order != ORDER_TREE)
		die(EXIT_INPUT, "%s: is not in tree order; send it through depth-sort first",
		    t->stream.name);
}

static NORETURN void die_unsorted(struct tree_in *t, const char *what)
{
	struct buf *path = &t->block.path;
	char *text = path_for_message((char *)path->data, path->len);

	stream_in_die(&t->stream, "%s: %s; send the stream through depth-sort", text, what);
}

/* The block's path is the next one, or once more the one before. */
static void take_path(struct tree_in *t)
{
	struct buf *path = &t->block.path;
	int order = t->records ? path_compare(t->path.data, t->path.len, path->data, path->len)
			       : -1;

	if (order > 0)
		die_unsorted(t, "is not in tree order");
	t->same_path = order == 0;
	t->path.len = 0;
	buf_add(&t->path, path->data, path->len);
}

static bool next_dir(struct tree_in *t)
{
	if (!block_next_dir_record(&t->block))
		return false;
	take_path(t);
	if (t->same_path)
		die_unsorted(t, "comes twice");
	t->line = t->block.has_line ? &t->block.entry.own : NULL;
	return true;
}

/* Of one directory: usage rows by their keys, then link rows by theirs. */
static bool in_order(const struct tree_in *t)
{
	const struct block *b = &t->block;

	if (t->is_link != b->is_link)
		return b->is_link;
	if (!b->is_link)
		return usage_key_compare(&t->key, &b->key) < 0;
	return link_row_compare(&t->link, (char *)t->name.data, t->name.len, &b->link, b->name,
				b->name_len) < 0;
}

static bool next_usage(struct tree_in *t)
{
	struct block *b = &t->block;
	uint32_t dirs_before = b->dirs_read;

	if (!block_next_usage_record(b))
		return false;
	t->same_path = true;
	if (b->dirs_read != dirs_before)
		take_path(t); /* may be the last one of the block before, going on */
	if (t->same_path && !in_order(t))
		die_unsorted(t, "has usage rows that are not in order");
	t->is_link = b->is_link;
	if (b->is_link) {
		t->link = b->link;
		t->name.len = 0;
		buf_add(&t->name, b->name, b->name_len);
	} else {
		t->key = b->key;
		t->usage = b->usage;
	}
	return true;
}

bool tree_in_next(struct tree_in *t)
{
	struct block *b = &t->block;
	bool dirs = t->stream.head.kind == KIND_DIR;

	for (;;) {
		if (t->in_block && (dirs ? next_dir(t) : next_usage(t))) {
			t->records++;
			return true;
		}
		if (t->in_block && b->fault)
			stream_in_die(&t->stream, "corrupt block: %s", b->fault);
		t->in_block = stream_in_next(&t->stream, b);
		if (!t->in_block)
			return false;
	}
}

void tree_in_close(struct tree_in *t)
{
	stream_in_close(&t->stream);
	block_release(&t->block);
	buf_release(&t->path);
	buf_release(&t->name);
	*t = (struct tree_in){ 0 };
}
