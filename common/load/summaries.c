/* SPDX-License-Identifier: MIT */
#include "common/load/summaries.h"

#include <assert.h>
#include <inttypes.h>

#include "common/db/db_batch.h"
#include "common/db/db_schema.h"

#define SLOTS 4096

void summaries_init(struct summaries *s, struct load_sort *sorted)
{
	*s = (struct summaries){ .sorted = sorted, .counts = xcalloc(SLOTS, sizeof(*s->counts)) };
}

static void count(struct summaries *s, enum load_part part, uint32_t id, uint64_t directories,
		  uint64_t owned)
{
	struct load_item *slot = &s->counts[(id * 2 + (part == PART_GIDS)) % SLOTS];

	if (slot->part && (slot->part != part || slot->id != id)) {
		load_sort_add(s->sorted, slot);
		slot->part = 0;
	}
	if (!slot->part) {
		*slot = (struct load_item){ .part = part, .id = id };
		if (s->seen)
			s->seen(s->seen_arg, part == PART_GIDS, id);
	}
	slot->directories += directories;
	slot->owned += owned;
}

void summaries_owned(struct summaries *s, uint32_t uid, uint32_t gid)
{
	count(s, PART_UIDS, uid, 0, 1);
	count(s, PART_GIDS, gid, 0, 1);
}

/* The sorter makes those of one group and directory one. */
static void sort_group(struct summaries *s, uint32_t gid)
{
	const struct load_item item = { .part = PART_GIDS, .id = gid, .dir_id = s->usage_dir };

	load_sort_add(s->sorted, &item);
}

static void note_group(struct summaries *s, uint32_t gid)
{
	if (s->many_groups) {
		sort_group(s, gid);
		return;
	}
	/* The last one first: it mostly is that. */
	for (size_t i = s->group_count; i-- > 0;) {
		if (s->groups[i] == gid)
			return;
	}
	if (s->group_count < GROUPS_KEPT) {
		s->groups[s->group_count++] = gid;
		return;
	}
	s->many_groups = true;
	for (size_t i = 0; i < s->group_count; i++)
		sort_group(s, s->groups[i]);
	sort_group(s, gid);
}

/* Each group of the directory whose rows are in has one directory more. */
static void count_groups(struct summaries *s)
{
	for (size_t i = 0; i < s->group_count && !s->many_groups; i++)
		count(s, PART_GIDS, s->groups[i], 1, 0);
}

void summaries_file(struct summaries *s, int64_t dir_id, const struct usage_key *key)
{
	bool next_dir = dir_id != s->usage_dir;

	if (next_dir) {
		count_groups(s);
		s->usage_dir = dir_id;
		s->group_count = 0;
		s->many_groups = false;
	}
	if (next_dir || key->uid != s->last_uid)
		count(s, PART_UIDS, key->uid, 1, 0);
	s->last_uid = key->uid;
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

/* Where a summary has its sums from: usage_by, whose kinds are numbers. */
#define OF_USAGE(kind) \
	"SELECT id, file_count, total_size, apparent_size FROM usage_by" \
	" WHERE dir_id = ? AND kind = " kind " ORDER BY id"

struct summary_of {
	const char *table;
	enum load_part part;
	const char *usage;
};

static_assert(USAGE_BY_OWNER == 0 && USAGE_BY_GROUP == 1, "kinds of usage_by");

/* Four columns: an id, and sums of it; in the order of ids. */
struct sums_by_id {
	struct db *db;
	sqlite3_stmt *select;
	bool have; /* the statement stands on a row */
};

static void sums_open(struct sums_by_id *s, struct db *db, const char *sql, int64_t root_id)
{
	*s = (struct sums_by_id){ .db = db, .select = db_prepare(db, sql) };
	db_bind(db, s->select, 1, root_id);
	s->have = db_step(db, s->select);
}

/* Those of `id`, which is above the one before. */
static struct sums sums_take(struct sums_by_id *s, int64_t id)
{
	struct sums all = { 0 };

	for (; s->have && sqlite3_column_int64(s->select, 0) == id;
	     s->have = db_step(s->db, s->select)) {
		const struct sums row = {
			sqlite3_column_int64(s->select, 1), sqlite3_column_int64(s->select, 2),
			sqlite3_column_int64(s->select, 3),
		};

		sums_add(&all, &row);
	}
	return all;
}

/* What links take, from the id on that `item` is of. */
struct repeated {
	struct word_sort *sorted;
	struct word_item item;
	bool have;
};

static struct sums repeated_take(struct repeated *r, int64_t id)
{
	struct sums all = { 0 };

	for (; r->have && r->item.word[0] == (uint64_t)id;
	     r->have = word_sort_next(r->sorted, &r->item)) {
		const struct sums item = {
			(int64_t)r->item.word[1], (int64_t)r->item.word[2], (int64_t)r->item.word[3],
		};

		sums_add(&all, &item);
	}
	return all;
}

/* All must have been taken: links are a part of the files, unless others made the stream. */
static NORETURN void die_of_links(struct db *db, int64_t root_id, uint64_t id)
{
	die(EXIT_INPUT, "%s: the links below dir_id %" PRId64 " have an owner or group, %" PRIu64
	    ", that its files do not have", db->name, root_id, id);
}

/*
 * Everybody with a file has a count of directories, so the counts say which rows there are; the
 * sums are those of the scan root.
 */
static void write_summary(struct load_sort *sorted, struct db *db, const struct summary_of *of,
			  int64_t root_id, struct word_sort *links)
{
	struct repeated repeated = { .sorted = links };
	struct sums_by_id usage;
	struct db_batch rows;
	struct load_item next;

	db_batch_init(&rows, db, of->table, SUMMARY_COLUMNS, DB_BATCH_NO_NAME, DB_BATCH_ROWS);
	sums_open(&usage, db, of->usage, root_id);
	repeated.have = word_sort_next(links, &repeated.item);
	while (load_sort_next(sorted, of->part, &next)) {
		struct sums seen = sums_take(&usage, next.id);
		struct sums less = repeated_take(&repeated, next.id);
		struct sums once = sums_once(&seen, &less);
		int64_t *row = db_batch_add(&rows);

		row[SUMMARY_owner] = next.id;
		row[SUMMARY_total_size] = once.allocated;
		row[SUMMARY_apparent_size] = once.apparent;
		row[SUMMARY_total_files] = once.files;
		row[SUMMARY_seen_size] = seen.allocated;
		row[SUMMARY_seen_apparent] = seen.apparent;
		row[SUMMARY_seen_files] = seen.files;
		row[SUMMARY_directory_count] = (int64_t)next.directories;
		row[SUMMARY_directories_owned] = (int64_t)next.owned;
	}
	if (repeated.have)
		die_of_links(db, root_id, repeated.item.word[0]);
	sqlite3_finalize(usage.select);
	word_sort_release(links);
	db_batch_release(&rows);
}

void summaries_write(struct load_sort *sorted, struct db *db, int64_t root_id,
		     struct link_tables *links)
{
	static const struct summary_of owners = { "owner_summary", PART_UIDS, OF_USAGE("0") };
	static const struct summary_of groups = { "group_summary", PART_GIDS, OF_USAGE("1") };

	write_summary(sorted, db, &owners, root_id, &links->owners);
	write_summary(sorted, db, &groups, root_id, &links->groups);
}
