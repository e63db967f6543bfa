/* SPDX-License-Identifier: MIT */
#include "common/load/tree_join.h"

#include <inttypes.h>

#include "common/base/progress.h"

/* Directories between two reports. */
#define PROGRESS_STEP 1024

static void give_usage(void *arg, int64_t dir_id, const struct usage_key *key,
		       const struct sums *part)
{
	const struct load_item item = {
		.part = PART_USAGE_R, .dir_id = dir_id, .key = *key, .sums = *part,
	};

	load_sort_add(arg, &item);
}

/* Close open directories until `depth` are left; the next one has the id `next_id`. */
static void close_directories(struct tree_join *j, size_t depth, int64_t next_id)
{
	while (j->sums.depth > depth) {
		if (j->root_id && j->sums.open[j->sums.depth - 1].dir_id == j->root_id)
			usage_fold_close_root(&j->fold);
		else if (!j->root_id || j->sums.open[j->sums.depth - 1].dir_id > j->root_id)
			usage_fold_close(&j->fold);
		j->total = *dir_stats_close(&j->sums, next_id);
	}
}

static void load_link(struct tree_join *j)
{
	link_load_add(j->links, j->in->stream.name, j->sums.open, j->sums.depth, &j->usage.link,
		      j->usage.name, j->usage.name_len);
}

/* All usage rows of the current directory; the first one is there. */
static void load_usage(struct tree_join *j)
{
	const struct usage_in_row *row = j->usage.row;

	do {
		if (row->is_link) {
			load_link(j);
		} else {
			dir_stats_add(&j->sums, &row->key, &row->usage);
			usage_fold_add(&j->fold, &row->key, &row->usage.sums);
			tree_out_usage(&j->out, j->dirs.row.dir_id, &row->key, &row->usage.sums);
			summaries_file(&j->summaries, j->dirs.row.dir_id, &row->key);
		}
		usage_in_next(&j->usage);
		row = j->usage.row;
	} while (row && row->same_path);
}

static NORETURN void die_no_directory(struct tree_join *j)
{
	char *path = path_for_message(j->usage.path, j->usage.path_len);

	die(EXIT_INPUT, "%s: %s has files but is not in %s: not the same scan", j->in->stream.name,
	    path, j->old->name);
}

/* Do the next usage rows belong to the current directory? */
static bool has_usage(struct tree_join *j)
{
	int order;

	if (!j->usage.row)
		return false;
	order = path_compare(j->usage.path, j->usage.path_len, j->dirs.path.data, j->dirs.path.len);
	if (order < 0)
		die_no_directory(j);
	return order == 0;
}

/* An entry can make nothing but itself the scan root; a sibling lifts the scan root above both. */
static void find_scan_root(struct tree_join *j, bool is_entry)
{
	int64_t depth = j->dirs.row.depth;

	if (j->sums.depth > (size_t)depth && j->root_depth >= depth)
		j->root_depth = depth - 1;
	if (is_entry && j->root_depth > depth)
		j->root_depth = depth;
}

static void load_directory(struct tree_join *j)
{
	const struct tree_row *row = &j->dirs.row;
	size_t depth = (size_t)row->depth;
	bool with_files = has_usage(j);

	find_scan_root(j, with_files || row->has_line);
	close_directories(j, depth, row->dir_id);
	if (depth && j->sums.open[depth - 1].dir_id != row->parent_id)
		die(EXIT_INPUT, "%s: table directories is damaged at dir_id %" PRId64, j->old->name,
		    row->dir_id);
	dir_stats_open(&j->sums, row->dir_id);
	usage_fold_open(&j->fold, row->dir_id, j->dirs.has_child);
	if (row->has_line)
		summaries_owned(&j->summaries, row->uid, row->gid);
	if (with_files)
		load_usage(j);
}

/* All directories of the last path are open, the scan root among them. */
static void finish_directories(struct tree_join *j)
{
	int64_t last_depth = j->dirs.row.depth;
	size_t root_len = j->dirs.path.len;

	if (j->root_depth > last_depth)
		j->root_depth = last_depth;
	for (int64_t depth = last_depth; depth > j->root_depth; depth--)
		root_len = path_parent((char *)j->dirs.path.data, root_len);
	buf_add(&j->root_path, j->dirs.path.data, root_len);
	j->root_id = j->sums.open[j->root_depth].dir_id;
	close_directories(j, 0, j->dirs.row.dir_id + 1);
}

void tree_join_init(struct tree_join *j, const struct dir_stats_config *stats, uint64_t memory,
		    const char *temp_dir, unsigned threads)
{
	struct dir_stats_config config = *stats;

	j->root_depth = INT64_MAX;
	config.out = &j->out;
	tree_out_init(&j->out, stats->pages, db_root_page(stats->db, "usage_nr"),
		      db_root_page(stats->db, "directory_stats"), stats->piece, threads > 2);
	dir_stats_init(&j->sums, &config);
	summaries_init(&j->summaries, j->sorted);
	usage_fold_init(&j->fold, memory, temp_dir, give_usage, j->sorted);
	tree_rows_open(&j->dirs, j->old, threads > 1);
	usage_in_open(&j->usage, j->in, threads > 3);
}

void tree_join_run(struct tree_join *j, uint64_t directories)
{
	while (tree_rows_next(&j->dirs)) {
		load_directory(j);
		if (++j->directories % PROGRESS_STEP == 0)
			progress_update(j->progress, j->directories, 0);
	}
	if (j->directories != directories || !directories)
		die(EXIT_INPUT, "%s: table directories has lost rows", j->old->name);
	if (j->usage.row)
		die_no_directory(j);
	usage_in_close(&j->usage);
	finish_directories(j);
	tree_rows_close(&j->dirs);
	summaries_end(&j->summaries);
	dir_stats_end(&j->sums);
	tree_out_end(&j->out);
	dir_stats_replace(&j->sums);
}

void tree_join_release(struct tree_join *j)
{
	buf_release(&j->root_path);
}
