/* SPDX-License-Identifier: MIT */
#include "common/load/summaries.h"

#include "common/db/db_schema.h"
#include "common/load/usage_by.h"

#define SLOTS 4096

void summaries_init(struct summaries *s, struct load_sort *sorted, struct usage_nr *usage_nr)
{
	*s = (struct summaries){ .sorted = sorted, .usage_nr = usage_nr,
				 .counts = xcalloc(SLOTS, sizeof(*s->counts)) };
}

static void count(struct summaries *s, enum load_part part, uint32_t id, uint64_t directories,
		  uint64_t owned)
{
	struct load_item *slot = &s->counts[(id * 2 + (part == PART_GIDS)) % SLOTS];

	if (slot->part && (slot->part != part || slot->id != id)) {
		load_sort_add(s->sorted, slot);
		slot->part = 0;
	}
	if (!slot->part)
		*slot = (struct load_item){ .part = part, .id = id };
	slot->directories += directories;
	slot->owned += owned;
}

void summaries_owned(struct summaries *s, uint32_t uid, uint32_t gid)
{
	count(s, PART_UIDS, uid, 0, 1);
	count(s, PART_GIDS, gid, 0, 1);
}

static void note_group(struct summaries *s, uint32_t gid)
{
	/* The last one first: it mostly is that. */
	for (size_t i = s->group_count; i-- > 0;) {
		if (s->groups[i] == gid)
			return;
	}
	if (s->group_count < GROUPS_KEPT)
		s->groups[s->group_count] = gid;
	s->group_count++;
}

static void count_group(void *arg, uint32_t gid)
{
	count(arg, PART_GIDS, gid, 1, 0);
}

/* Each group of the directory whose rows are in has one directory more. */
static void count_groups(struct summaries *s)
{
	if (s->group_count > GROUPS_KEPT) {
		usage_nr_each_group(s->usage_nr, s->usage_dir, count_group, s);
		return;
	}
	for (size_t i = 0; i < s->group_count; i++)
		count_group(s, s->groups[i]);
}

void summaries_file(struct summaries *s, int64_t dir_id, const struct usage_key *key)
{
	bool next_dir = dir_id != s->usage_dir;

	if (next_dir) {
		count_groups(s);
		s->usage_dir = dir_id;
		s->group_count = 0;
	}
	if (next_dir || key->uid != s->last_uid)
		count(s, PART_UIDS, key->uid, 1, 0);
	s->last_uid = key->uid;
	if (s->group_count <= GROUPS_KEPT)
		note_group(s, key->gid);
}

void summaries_end(struct summaries *s)
{
	count_groups(s);
	for (size_t i = 0; i < SLOTS; i++) {
		if (s->counts[i].part)
			load_sort_add(s->sorted, &s->counts[i]);
	}
	free(s->counts);
	s->counts = NULL;
}

/*
 * Everybody with a file has a count of directories, so the counts say which rows there are; the
 * sums are those of the scan root, which usage_by has. `part` and `kind` are both owners, or both
 * groups.
 */
static void write_summary(struct load_sort *sorted, struct db *db, const char *table,
			  enum load_part part, enum usage_kind kind, int64_t root_id)
{
	sqlite3_stmt *usage = db_prepare(db, "SELECT id, file_count, total_size, apparent_size"
						" FROM usage_by WHERE dir_id = ? AND kind = ?"
						" ORDER BY id");
	struct db_batch rows;
	struct load_item next;
	bool more;

	db_batch_init(&rows, db, table, SUMMARY_COLUMNS, DB_BATCH_NO_NAME, DB_BATCH_ROWS);
	db_bind(db, usage, 1, root_id);
	db_bind(db, usage, 2, kind);
	more = db_step(db, usage);
	while (load_sort_next(sorted, part, &next)) {
		bool has_files = more && sqlite3_column_int64(usage, 0) == next.id;
		int64_t *row = db_batch_add(&rows);

		row[SUMMARY_owner] = next.id;
		row[SUMMARY_total_size] = has_files ? sqlite3_column_int64(usage, 2) : 0;
		row[SUMMARY_apparent_size] = has_files ? sqlite3_column_int64(usage, 3) : 0;
		row[SUMMARY_total_files] = has_files ? sqlite3_column_int64(usage, 1) : 0;
		row[SUMMARY_directory_count] = (int64_t)next.directories;
		row[SUMMARY_directories_owned] = (int64_t)next.owned;
		if (has_files)
			more = db_step(db, usage);
	}
	if (more)
		bug("an owner of files has no directory");
	sqlite3_finalize(usage);
	db_batch_release(&rows);
}

void summaries_write(struct load_sort *sorted, struct db *db, int64_t root_id)
{
	write_summary(sorted, db, "owner_summary", PART_UIDS, USAGE_BY_OWNER, root_id);
	write_summary(sorted, db, "group_summary", PART_GIDS, USAGE_BY_GROUP, root_id);
}
