/* SPDX-License-Identifier: MIT */
#include "common/load/sorted_trees.h"

#include "common/base/pool.h"
#include "common/load/usage_r.h"

enum { TURN_USAGE = DIR_STATS_TURNS, TURN_LINKS };

static void begin_tree(struct sorted_trees *t, struct db_tree *tree, const char *name)
{
	db_tree_begin(tree, t->pages, db_root_page(t->db, name), false, t->piece);
	tree->turn = TURN_USAGE;
}

static void write_by_size(struct sorted_trees *t)
{
	load_phase_begin(t->phase, "index", "keys", t->directories_count, &t->keys);
	dir_stats_write_by_size(t->sums, &t->phase->progress, &t->keys);
}

static void write_by_owner(struct sorted_trees *t)
{
	dir_stats_write_by_owner(t->sums);
}

static void write_by_group(struct sorted_trees *t)
{
	dir_stats_write_by_group(t->sums);
}

static void write_usage_r(struct sorted_trees *t)
{
	const struct usage_r_config config = {
		.usage_r = &t->usage_r, .usage_by = &t->usage_by, .group_owners = &t->group_owners,
		.root_id = t->root_id, .temp_dir = t->temp_dir,
	};

	load_sort_end_input(t->sorted);
	usage_r_write(t->sorted, &config, &t->usage_r_rows);
	db_pages_pass(t->pages, TURN_USAGE);
}

static void write_links(struct sorted_trees *t)
{
	const struct link_files files = { .db = t->db, .pages = t->pages, .piece = t->piece,
					  .turn = TURN_LINKS, .root_id = t->root_id };

	link_load_write(t->links, &files, t->directories);
}

/* In the order of their turns, after stats_by_size. */
struct job {
	void (*call)(struct sorted_trees *t);
	const char *phase; /* that it belongs to */
};
static const struct job jobs[] = {
	{ write_by_owner, "index" }, { write_by_group, "index" },
	{ write_usage_r, "usage" }, { write_links, "links" },
};
enum { JOBS = sizeof(jobs) / sizeof(*jobs), LINKS = JOBS - 1 };

static void work(void *arg, unsigned worker, void *item)
{
	const struct job *job = item;

	(void)worker;
	job->call(arg);
}

static void put(struct pool *pool, int job)
{
	pool_put(pool, (void *)(uintptr_t)&jobs[job]);
}

static void await(struct sorted_trees *t, struct pool *pool)
{
	const struct job *job;

	while ((job = pool_take(pool, true)))
		load_phase_go_on(t->phase, job->phase, "rows");
}

void sorted_trees_write(struct sorted_trees *t)
{
	bool at_a_time = dir_stats_sort(t->sums) && t->threads > 1;
	bool links_fit = t->links->bytes <= t->memory / 8;
	struct pool *pool = pool_start_helpers(t->threads - 1, JOBS, work, t);

	begin_tree(t, &t->usage_r, "usage_r");
	begin_tree(t, &t->usage_by, "usage_by");
	begin_tree(t, &t->group_owners, "group_owners");
	if (!at_a_time)
		write_by_size(t);
	for (int i = 0; i < LINKS; i++)
		put(pool, i);
	if (links_fit)
		put(pool, LINKS);
	if (at_a_time)
		write_by_size(t);
	await(t, pool);
	dir_stats_release(t->sums);
	if (!links_fit)
		put(pool, LINKS);
	await(t, pool);
	pool_stop(pool);
}

void sorted_trees_check(struct sorted_trees *t)
{
	db_check_count(t->db, "directory_stats", "stats_by_size", t->directories_count);
	db_check_count(t->db, "directory_stats", "stats_by_owner", t->directories_count);
	db_check_count(t->db, "directory_stats", "stats_by_group WHERE owner_uid IS NULL",
		       t->sums->of_several);
	db_check_count(t->db, "usage_r", NULL, t->usage_r.count);
	db_check_count(t->db, "usage_by", NULL, t->usage_by.count);
	db_check_count(t->db, "group_owners", NULL, t->group_owners.count);
}
