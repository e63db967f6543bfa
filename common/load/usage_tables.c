#include "common/load/usage_tables.h"

#include "common/db/db_schema.h"
#include "common/load/histograms.h"
#include "common/load/usage_by.h"
#include "common/load/usage_fold.h"

void usage_tables_init(struct usage_tables *t, struct db *db, struct load_sort *sorted,
		       bool threaded)
{
	*t = (struct usage_tables){ .db = db, .sorted = sorted };
	usage_stage_init(&t->stage, db, threaded);
}

static void fill_usage(int64_t *row, int64_t dir_id, const struct usage_key *key,
		       const struct usage_sums *sums)
{
	row[0] = dir_id;
	row[1] = key->uid;
	row[2] = key->gid;
	row[3] = key->age_bucket;
	row[4] = key->size_bucket;
	row[5] = (int64_t)sums->file_count;
	row[6] = (int64_t)sums->total_size;
	row[7] = (int64_t)sums->apparent_size;
}

static void note_group(struct usage_tables *t, uint32_t gid)
{
	/* The last one first: it mostly is that. */
	for (size_t i = t->group_count; i-- > 0;) {
		if (t->groups[i] == gid)
			return;
	}
	if (t->group_count < GROUPS_KEPT)
		t->groups[t->group_count] = gid;
	t->group_count++;
}

/* Each group of the directory whose rows are in has one directory more. */
static void count_groups(struct usage_tables *t)
{
	sqlite3_stmt *select;

	if (t->group_count <= GROUPS_KEPT) {
		for (size_t i = 0; i < t->group_count; i++)
			load_sort_add_owner(t->sorted, PART_GIDS, t->groups[i], 1, 0);
		return;
	}
	usage_stage_wait(&t->stage);
	select = db_prepare(t->db, "SELECT DISTINCT gid FROM staged_nr WHERE dir_id = ?");
	db_bind(t->db, select, 1, t->usage_dir);
	while (db_step(t->db, select))
		load_sort_add_owner(t->sorted, PART_GIDS,
				     (uint32_t)sqlite3_column_int64(select, 0), 1, 0);
	sqlite3_finalize(select);
}

void usage_tables_put_usage(struct usage_tables *t, int64_t dir_id, const struct usage_key *key,
			    const struct usage_sums *sums)
{
	bool next_dir = dir_id != t->usage_dir;

	if (next_dir) {
		count_groups(t);
		t->usage_dir = dir_id;
		t->group_count = 0;
	}
	if (next_dir || key->uid != t->last_uid)
		load_sort_add_owner(t->sorted, PART_UIDS, key->uid, 1, 0);
	t->last_uid = key->uid;
	if (t->group_count <= GROUPS_KEPT)
		note_group(t, key->gid);
	fill_usage(usage_stage_add(&t->stage), dir_id, key, sums);
	t->usage_nr_rows++;
}

void usage_tables_end_usage(struct usage_tables *t)
{
	count_groups(t);
	usage_stage_end(&t->stage);
}

void usage_tables_move(struct usage_tables *t)
{
	db_exec(t->db, db_schema_unstage_nr);
}

/* What is derived from the rows of usage_r on their way. */
struct derived {
	struct usage_by by;
	struct histograms histograms;
	int64_t root_id;
};

static void derive(struct derived *d, int64_t dir_id, const struct usage_key *key,
		   const struct usage_sums *sums)
{
	usage_by_add(&d->by, dir_id, key, sums);
	if (dir_id == d->root_id)
		histograms_add(&d->histograms, key, sums);
}

void usage_tables_write_usage_r(struct usage_tables *t, int64_t root_id,
				struct stats_item *next)
{
	struct derived derived = { .root_id = root_id };
	struct db_batch rows;

	db_exec(t->db, db_schema_stage_r);
	db_batch_init(&rows, t->db, "staged_r", USAGE_COLUMNS, DB_BATCH_NO_NAME, DB_BATCH_ROWS);
	usage_by_init(&derived.by, t->db, &rows);
	histograms_init(&derived.histograms, t->db);
	for (load_sort_next(t->sorted, next); next->part == PART_USAGE_R;
	     load_sort_next(t->sorted, next)) {
		if (next->dir_id == USAGE_WHOLE)
			next->dir_id = root_id;
		fill_usage(db_batch_add(&rows), next->dir_id, &next->key, &next->sums);
		derive(&derived, next->dir_id, &next->key, &next->sums);
		t->usage_r_rows++;
	}
	db_batch_flush(&rows);
	usage_by_finish(&derived.by);
	histograms_finish(&derived.histograms);
	db_batch_release(&rows);
	db_exec(t->db, db_schema_unstage_r);
}

/*
 * Everybody with a file has a count of directories, so the counts say which rows there are; the sums
 * are those of the scan root, which usage_by has. `part` and `kind` are both owners, or both groups.
 */
static void write_summary(struct usage_tables *t, const char *table, enum stats_part part,
			  enum usage_kind kind, int64_t root_id, struct stats_item *next)
{
	sqlite3_stmt *usage = db_prepare(t->db, "SELECT id, file_count, total_size, apparent_size"
						" FROM usage_by WHERE dir_id = ? AND kind = ?"
						" ORDER BY id");
	struct db_batch rows;
	bool more;

	db_batch_init(&rows, t->db, table, SUMMARY_COLUMNS, DB_BATCH_NO_NAME, DB_BATCH_ROWS);
	db_bind(t->db, usage, 1, root_id);
	db_bind(t->db, usage, 2, kind);
	more = db_step(t->db, usage);
	for (; next->part == part; load_sort_next(t->sorted, next)) {
		bool has_files = more && sqlite3_column_int64(usage, 0) == next->id;
		int64_t *row = db_batch_add(&rows);

		row[0] = next->id;
		row[1] = has_files ? sqlite3_column_int64(usage, 2) : 0;
		row[2] = has_files ? sqlite3_column_int64(usage, 3) : 0;
		row[3] = has_files ? sqlite3_column_int64(usage, 1) : 0;
		row[4] = (int64_t)next->directories;
		row[5] = (int64_t)next->owned;
		if (has_files)
			more = db_step(t->db, usage);
	}
	if (more)
		bug("an owner has files but no directory");
	sqlite3_finalize(usage);
	db_batch_release(&rows);
}

void usage_tables_write_summaries(struct usage_tables *t, int64_t root_id, struct stats_item *next)
{
	write_summary(t, "owner_summary", PART_UIDS, USAGE_BY_OWNER, root_id, next);
	write_summary(t, "group_summary", PART_GIDS, USAGE_BY_GROUP, root_id, next);
}
