/* SPDX-License-Identifier: MIT */
#include "common/load/tree_out.h"

#include "common/db/db_record.h"
#include "common/load/usage_row.h"

#define USAGE_BLOCKS 4
#define USAGE_ROWS 1024
#define WINDOWS 2

struct out_usage {
	int64_t dir_id;
	struct usage_key key;
	struct sums sums;
};

/* Rows of one of the two tables. */
struct out_block {
	struct out_block *next; /* idle ones */
	bool is_window;
	size_t count;
	struct out_usage *usage;
	stats_row *stats;
};

/* ---- what the thread does ---- */

size_t tree_out_record(unsigned char *bytes, const int64_t *row)
{
	struct db_record r;

	db_record_begin(&r, bytes, DIRECTORY_STATS_COLUMNS, 0);
	db_record_null(&r); /* dir_id is the rowid */
	for (int i = 1; i < DIRECTORY_STATS_COLUMNS; i++)
		db_record_nullable(&r, row[i]);
	return db_record_end(&r);
}

static void write_block(void *arg, unsigned worker, void *item)
{
	struct tree_out *o = arg;
	struct out_block *b = item;
	unsigned char bytes[DB_RECORD_MAX];

	(void)worker;
	for (size_t i = 0; i < b->count; i++) {
		if (b->is_window)
			db_tree_add_row(&o->stats, b->stats[i][STATS_dir_id], bytes,
					tree_out_record(bytes, b->stats[i]));
		else
			usage_row_add(&o->usage_nr, b->usage[i].dir_id, &b->usage[i].key,
				      &b->usage[i].sums);
	}
	b->count = 0;
}

/* ---- blocks ---- */

static void add_idle(struct tree_out *o, struct out_block *b)
{
	b->next = o->idle[b->is_window];
	o->idle[b->is_window] = b;
}

static void make_blocks(struct tree_out *o, bool is_window, int count)
{
	for (int i = 0; i < count; i++) {
		struct out_block *b = xcalloc(1, sizeof(*b));

		b->is_window = is_window;
		if (is_window)
			b->stats = xmalloc(STATS_WINDOW * sizeof(*b->stats));
		else
			b->usage = xmalloc(USAGE_ROWS * sizeof(*b->usage));
		add_idle(o, b);
	}
}

static struct out_block *take_idle(struct tree_out *o, bool is_window)
{
	struct out_block *b;

	while (!o->idle[is_window])
		add_idle(o, pool_take(o->pool, true));
	b = o->idle[is_window];
	o->idle[is_window] = b->next;
	return b;
}

void tree_out_init(struct tree_out *o, struct db_pages *pages, uint32_t usage_nr, uint32_t stats,
		   size_t piece, bool threaded)
{
	*o = (struct tree_out){ .usage = NULL };
	db_tree_begin(&o->usage_nr, pages, usage_nr, false, piece);
	db_tree_begin(&o->stats, pages, stats, true, piece);
	o->pool = pool_start_helpers(threaded, USAGE_BLOCKS + WINDOWS, write_block, o);
	make_blocks(o, false, threaded ? USAGE_BLOCKS : 1);
	make_blocks(o, true, threaded ? WINDOWS : 1);
	o->usage = take_idle(o, false);
}

void tree_out_usage(struct tree_out *o, int64_t dir_id, const struct usage_key *key,
		    const struct sums *sums)
{
	struct out_block *b = o->usage;

	b->usage[b->count++] = (struct out_usage){ dir_id, *key, *sums };
	if (b->count == USAGE_ROWS) {
		pool_put(o->pool, b);
		o->usage = take_idle(o, false);
	}
}

stats_row *tree_out_window(struct tree_out *o)
{
	o->window = take_idle(o, true);
	return o->window->stats;
}

void tree_out_put_window(struct tree_out *o, size_t count)
{
	o->window->count = count;
	pool_put(o->pool, o->window);
	o->window = NULL;
}

static void free_blocks(struct out_block *b)
{
	while (b) {
		struct out_block *next = b->next;

		free(b->usage);
		free(b->stats);
		free(b);
		b = next;
	}
}

void tree_out_end(struct tree_out *o)
{
	struct out_block *b;

	pool_put(o->pool, o->usage);
	while ((b = pool_take(o->pool, true)))
		add_idle(o, b);
	pool_stop(o->pool);
	free_blocks(o->idle[false]);
	free_blocks(o->idle[true]);
	db_tree_end(&o->stats);
	db_tree_end(&o->usage_nr);
}
