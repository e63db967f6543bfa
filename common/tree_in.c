#include "common/tree_in.h"

void tree_in_open(struct tree_in *t, const char *name, const struct stream_in_options *opt)
{
	*t = (struct tree_in){ 0 };
	stream_in_open(&t->stream, name, opt);
	if (t->stream.head.order == ORDER_LEVEL)
		die(EXIT_INPUT, "%s: is sorted by level; make it again without depth-sort --by-level",
		    t->stream.name);
	if (t->stream.head.order != ORDER_TREE)
		die(EXIT_INPUT, "%s: is not in tree order; send it through depth-sort first", t->stream.name);
}

static NORETURN void die_unsorted(struct tree_in *t, const char *what)
{
	struct buf *path = &t->block.path;
	char *text = path_for_message((char *)path->data, path->len);

	stream_in_die(&t->stream, "%s: %s; send the stream through depth-sort", text, what);
}

/* Decode the block's next directory, and note whether it is the one before once more. */
static bool next_path(struct tree_in *t)
{
	struct buf *path = &t->block.path;
	int order;

	if (!block_next_dir(&t->block))
		return false;
	order = t->records ? path_compare(t->path.data, t->path.len, path->data, path->len) : -1;
	if (order > 0)
		die_unsorted(t, "is not in tree order");
	t->same_path = order == 0;
	if (order) {
		t->path.len = 0;
		buf_add(&t->path, path->data, path->len);
	}
	return true;
}

static bool next_dir(struct tree_in *t)
{
	struct block *b = &t->block;

	if (!next_path(t))
		return false;
	if (t->same_path)
		die_unsorted(t, "comes twice");
	t->line = NULL;
	if (t->have_line && b->dir == b->dirs_read - 1) {
		t->own = b->entry.own;
		t->line = &t->own;
		t->have_line = block_next_line(b);
	}
	return true;
}

static bool key_before(const struct usage_key *a, const struct usage_key *b)
{
	if (a->uid != b->uid)
		return a->uid < b->uid;
	if (a->gid != b->gid)
		return a->gid < b->gid;
	if (a->age_bucket != b->age_bucket)
		return a->age_bucket < b->age_bucket;
	return a->size_bucket < b->size_bucket;
}

static bool fault(struct block *b, const char *what)
{
	b->fault = what;
	return false;
}

/* Each directory of a block has rows. It may be the last one of the block before, going on. */
static bool next_usage(struct tree_in *t)
{
	struct block *b = &t->block;

	if (!block_next_row(b)) {
		if (!b->fault && block_next_dir(b))
			return fault(b, "a directory without usage rows");
		return false;
	}
	t->same_path = true;
	if (b->dir == b->dirs_read && !next_path(t))
		return false;
	if (b->dir >= b->dirs_read)
		return fault(b, "a directory without usage rows");
	if (t->same_path && !key_before(&t->key, &b->key))
		die_unsorted(t, "has usage rows that are not in order");
	t->key = b->key;
	t->sums = b->sums;
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
		t->have_line = dirs && block_next_line(b);
	}
}

void tree_in_close(struct tree_in *t)
{
	stream_in_close(&t->stream);
	block_release(&t->block);
	buf_release(&t->path);
	*t = (struct tree_in){ 0 };
}
