/* SPDX-License-Identifier: MIT */
#include "common/load/link_tree.h"

void link_tree_init(struct link_tree *t, const char *temp_dir)
{
	*t = (struct link_tree){ .nodes = xmalloc(LINK_TREE_NODES * sizeof(*t->nodes)) };
	spill_init(&t->spill, temp_dir, true);
}

static void spill_nodes(struct link_tree *t)
{
	spill_append(&t->spill, t->nodes, t->count * sizeof(*t->nodes));
	t->spilled += t->count * sizeof(*t->nodes);
	t->count = 0;
}

void link_tree_note(struct link_tree *t, const struct dir_totals *open, size_t depth)
{
	size_t same = 0;

	while (same < depth && same < t->depth && t->open[same] == open[same].dir_id)
		same++;
	GROW(t->open, t->cap, depth);
	for (t->depth = same; t->depth < depth; t->depth++) {
		if (t->count == LINK_TREE_NODES)
			spill_nodes(t);
		t->open[t->depth] = open[t->depth].dir_id;
		t->nodes[t->count++] = (struct link_node){ open[t->depth].dir_id,
							   (int64_t)t->depth };
	}
}

void link_tree_rewind(struct link_tree *t)
{
	/* All that does not stay in memory anyway is on the disk. */
	if (t->spilled && t->count && !t->at)
		spill_nodes(t);
	t->depth = t->next = 0;
	if (!t->spilled)
		return;
	t->at = 0;
	t->count = 0;
}

static bool next_node(struct link_tree *t)
{
	size_t len;

	if (t->next < t->count)
		return true;
	if (t->at == t->spilled)
		return false;
	len = LINK_TREE_NODES * sizeof(*t->nodes);
	if (len > t->spilled - t->at)
		len = (size_t)(t->spilled - t->at);
	spill_read(&t->spill, t->at, t->nodes, len);
	t->at += len;
	t->count = len / sizeof(*t->nodes);
	t->next = 0;
	return true;
}

size_t link_tree_enter(struct link_tree *t, int64_t dir_id)
{
	size_t kept = t->depth;

	while (next_node(t) && t->nodes[t->next].dir_id <= dir_id) {
		const struct link_node *node = &t->nodes[t->next++];

		if ((size_t)node->depth < kept)
			kept = (size_t)node->depth;
		t->depth = (size_t)node->depth;
		t->open[t->depth++] = node->dir_id;
	}
	return kept;
}

int64_t link_tree_common(const struct link_tree *t, int64_t dir_id)
{
	size_t low = 0, high = t->depth - 1;

	while (low < high) {
		size_t middle = low + (high - low + 1) / 2;

		if (t->open[middle] <= dir_id)
			low = middle;
		else
			high = middle - 1;
	}
	return t->open[low];
}

void link_tree_release(struct link_tree *t)
{
	free(t->open);
	free(t->nodes);
	spill_release(&t->spill);
	*t = (struct link_tree){ .depth = 0 };
}
