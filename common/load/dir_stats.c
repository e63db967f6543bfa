/* SPDX-License-Identifier: MIT */
#include "common/load/dir_stats.h"

#include <assert.h>

#include "common/db/db_record.h"

static_assert(TIME_NONE == DB_NULL, "a time that is missing becomes NULL");

/* Late rows that are kept in memory (bytes). */
#define LATE_BUFFER (64u << 10)
/* Keys between two reports. */
#define PROGRESS_STEP 4096

enum { TABLE, BY_SIZE, BY_OWNER, BY_GROUP };
static const char *const names[] = {
	"directory_stats", "stats_by_size", "stats_by_owner", "stats_by_group",
};

static struct word_sort_config sorting(const struct dir_stats *s, unsigned words,
				       unsigned unsorted, size_t share)
{
	return (struct word_sort_config){
		.words = words, .unsorted = unsorted, .memory = s->config.memory / share,
		.temp_dir = s->config.temp_dir, .quiet = s->config.quiet,
	};
}

void dir_stats_init(struct dir_stats *s, const struct dir_stats_config *config)
{
	struct word_sort_config by_size;

	*s = (struct dir_stats){ .config = *config };
	s->rows = tree_out_window(config->out);
	for (int i = TABLE; i <= BY_GROUP; i++)
		s->roots[i] = db_root_page(config->db, names[i]);
	spill_init(&s->late_spill, config->temp_dir, true);
	/* Directories close children first, not in the order of dir_id. */
	by_size = sorting(s, 4, 2, 2);
	word_sort_init(&s->by_size, &by_size);
}

/* ---- the table ---- */

static void open_row(struct dir_stats *s, int64_t dir_id)
{
	int64_t *row;

	if (s->count == STATS_WINDOW) {
		tree_out_put_window(s->config.out, s->count);
		s->rows = tree_out_window(s->config.out);
		s->count = 0;
	}
	if (!s->count)
		s->from = dir_id;
	row = s->rows[s->count++];
	row[STATS_dir_id] = dir_id;
	/*
	 * Should the window be written before this row is complete, it has the room that it can
	 * need.
	 */
	for (int i = 1; i < DIRECTORY_STATS_COLUMNS; i++)
		row[i] = INT64_MAX;
}

/* ---- rows that come late ---- */

static void add_late(struct dir_stats *s, const int64_t *row)
{
	const size_t len = DIRECTORY_STATS_COLUMNS * sizeof(*row);

	if (s->late.len + len > LATE_BUFFER) {
		spill_append(&s->late_spill, s->late.data, s->late.len);
		s->late.len = 0;
	}
	buf_add(&s->late, row, len);
	s->late_rows++;
}

static void replace_late(struct dir_stats *s, const unsigned char *rows, size_t len)
{
	unsigned char bytes[DB_RECORD_MAX];
	int64_t row[DIRECTORY_STATS_COLUMNS];

	for (size_t at = 0; at < len; at += sizeof(row)) {
		memcpy(row, rows + at, sizeof(row));
		db_pages_replace(s->config.pages, s->roots[TABLE], row[STATS_dir_id], bytes,
				 tree_out_record(bytes, row));
	}
}

/* Pieces of the spill file have all one length, that of a full buffer. */
void dir_stats_replace(struct dir_stats *s)
{
	const size_t row = DIRECTORY_STATS_COLUMNS * sizeof(int64_t);
	const size_t piece = LATE_BUFFER / row * row;

	replace_late(s, s->late.data, s->late.len);
	for (uint64_t at = 0; at < s->late_spill.end; at += piece) {
		spill_read(&s->late_spill, at, s->late.data, piece);
		replace_late(s, s->late.data, piece);
	}
	s->spilled = s->late_spill.written;
	spill_release(&s->late_spill);
	buf_release(&s->late);
}

/* ---- keys ---- */

/* Owners as a number whose order is that of SQLite: several (NULL), none (-1), then the ids. */
static uint64_t owner_word(int64_t owner)
{
	return owner == DB_NULL ? 0 : (uint64_t)(owner + 2);
}

static int64_t owner_of_word(uint64_t word)
{
	return word ? (int64_t)word - 2 : DB_NULL;
}

static void add_keys(struct dir_stats *s, const int64_t *row)
{
	const struct word_item item = { .word = {
		(uint64_t)row[STATS_total_size_r], (uint64_t)row[STATS_dir_id],
		owner_word(row[STATS_owner_uid]), owner_word(row[STATS_owner_gid]),
	} };

	word_sort_add(&s->by_size, &item);
}

/* What comes in the order of sizes is in the right order within each group. */
bool dir_stats_sort(struct dir_stats *s)
{
	struct word_sort_config by_owner = sorting(s, 4, 3, 4), by_group = sorting(s, 3, 1, 4);

	word_sort_init(&s->by_owner, &by_owner);
	word_sort_init(&s->by_group, &by_group);
	word_sort_end_input(&s->by_size);
	s->at_a_time = word_sort_all(&s->by_size) != NULL;
	return s->at_a_time;
}

/* The items of by_size: total_size_r, dir_id, and both owners as words. */
static void add_owner(struct dir_stats *s, const uint64_t *word)
{
	word_sort_add(&s->by_owner, &(struct word_item){ { word[2], word[0], word[3], word[1] } });
}

/* Only directories of several owners. */
static void add_group(struct dir_stats *s, const uint64_t *word)
{
	if (!word[2])
		word_sort_add(&s->by_group, &(struct word_item){ { word[3], word[0], word[1] } });
}

static void begin_index(struct dir_stats *s, struct db_tree *tree, int which)
{
	db_tree_begin(tree, s->config.pages, s->roots[which], false, s->config.piece);
	tree->turn = (unsigned)(which - BY_SIZE);
}

static void end_index(struct db_tree *tree)
{
	db_tree_end(tree);
	db_pages_pass(tree->file, tree->turn);
}

void dir_stats_write_by_size(struct dir_stats *s, struct progress *progress, uint64_t *done)
{
	unsigned char bytes[DB_RECORD_MAX];
	struct word_item item;
	struct db_tree tree;
	struct db_record r;

	begin_index(s, &tree, BY_SIZE);
	while (word_sort_next(&s->by_size, &item)) {
		db_record_begin(&r, bytes, 2, 0);
		db_record_integer(&r, (int64_t)item.word[0]);
		db_record_integer(&r, (int64_t)item.word[1]);
		db_tree_add_key(&tree, bytes, db_record_end(&r));
		if (!s->at_a_time) {
			add_owner(s, item.word);
			add_group(s, item.word);
		}
		if (++*done % PROGRESS_STEP == 0)
			progress_update(progress, *done, 0);
	}
	end_index(&tree);
}

/* Where by_size is in memory: what each of the others takes from it. */
static void add_all(struct dir_stats *s, void (*add)(struct dir_stats *s, const uint64_t *word))
{
	const uint64_t *word = word_sort_all(&s->by_size);

	for (size_t i = 0; s->at_a_time && i < s->by_size.count; i++)
		add(s, word + 4 * i);
}

void dir_stats_write_by_owner(struct dir_stats *s)
{
	unsigned char bytes[DB_RECORD_MAX];
	struct word_item item;
	struct db_tree tree;
	struct db_record r;

	add_all(s, add_owner);
	begin_index(s, &tree, BY_OWNER);
	word_sort_end_input(&s->by_owner);
	while (word_sort_next(&s->by_owner, &item)) {
		db_record_begin(&r, bytes, 4, 0);
		db_record_nullable(&r, owner_of_word(item.word[0]));
		db_record_integer(&r, (int64_t)item.word[1]);
		db_record_nullable(&r, owner_of_word(item.word[2]));
		db_record_integer(&r, (int64_t)item.word[3]);
		db_tree_add_key(&tree, bytes, db_record_end(&r));
	}
	end_index(&tree);
	word_sort_release(&s->by_owner);
}

void dir_stats_write_by_group(struct dir_stats *s)
{
	unsigned char bytes[DB_RECORD_MAX];
	struct word_item item;
	struct db_tree tree;
	struct db_record r;

	add_all(s, add_group);
	begin_index(s, &tree, BY_GROUP);
	word_sort_end_input(&s->by_group);
	while (word_sort_next(&s->by_group, &item)) {
		db_record_begin(&r, bytes, 3, 0);
		db_record_nullable(&r, owner_of_word(item.word[0]));
		db_record_integer(&r, (int64_t)item.word[1]);
		db_record_integer(&r, (int64_t)item.word[2]);
		db_tree_add_key(&tree, bytes, db_record_end(&r));
	}
	end_index(&tree);
	s->of_several = tree.count;
	word_sort_release(&s->by_group);
}

void dir_stats_release(struct dir_stats *s)
{
	word_sort_release(&s->by_size);
	s->spilled += s->by_size.spilled + s->by_owner.spilled + s->by_group.spilled;
}

/* ---- totals ---- */

#define FILL(row, suffix, usage, dirs) \
	((row)[STATS_file_count_##suffix] = (usage)->sums.files, \
	 (row)[STATS_total_size_##suffix] = (usage)->sums.allocated, \
	 (row)[STATS_apparent_size_##suffix] = (usage)->sums.apparent, \
	 (row)[STATS_dir_count_##suffix] = (int64_t)(dirs), \
	 (row)[STATS_max_atime_##suffix] = (usage)->max_atime, \
	 (row)[STATS_max_mtime_##suffix] = (usage)->max_mtime)

static void put_totals(struct dir_stats *s, const struct dir_totals *d)
{
	bool in_window = s->count && d->dir_id >= s->from;
	int64_t late[DIRECTORY_STATS_COLUMNS], *row = in_window ? s->rows[d->dir_id - s->from] : late;

	row[STATS_dir_id] = d->dir_id;
	FILL(row, nr, &d->own, d->own_dirs);
	FILL(row, r, &d->whole, d->whole_dirs);
	row[STATS_owner_uid] = d->uid == OWNER_SEVERAL ? DB_NULL : d->uid;
	row[STATS_owner_gid] = d->gid == OWNER_SEVERAL ? DB_NULL : d->gid;
	add_keys(s, row);
	if (!in_window)
		add_late(s, row);
}

void dir_stats_open(struct dir_stats *s, int64_t dir_id)
{
	const struct usage nothing = { .max_atime = TIME_NONE, .max_mtime = TIME_NONE };

	GROW(s->open, s->cap, s->depth + 1);
	s->open[s->depth++] = (struct dir_totals){ .dir_id = dir_id,
						   .own = nothing,
						   .whole = nothing,
						   .uid = OWNER_NONE,
						   .gid = OWNER_NONE };
	open_row(s, dir_id);
}

static void add_usage(struct usage *to, const struct usage *more, int64_t dir_id)
{
	if (!usage_add(to, more))
		die(EXIT_INPUT,
		    "the files or bytes of the directory with dir_id %" PRId64 " exceed 2^63-1",
		    dir_id);
}

static int64_t owner_of_both(int64_t a, int64_t b)
{
	if (a == OWNER_NONE)
		return b;
	return b == OWNER_NONE || a == b ? a : OWNER_SEVERAL;
}

void dir_stats_add(struct dir_stats *s, const struct usage_key *key, const struct usage *usage)
{
	struct dir_totals *d = &s->open[s->depth - 1];

	add_usage(&d->own, usage, d->dir_id);
	d->uid = owner_of_both(d->uid, key->uid);
	d->gid = owner_of_both(d->gid, key->gid);
}

const struct dir_totals *dir_stats_close(struct dir_stats *s, int64_t next_id)
{
	struct dir_totals *d = &s->open[--s->depth], *parent = d - 1;

	add_usage(&d->whole, &d->own, d->dir_id);
	d->whole_dirs = (uint64_t)(next_id - d->dir_id - 1);
	if (s->depth) {
		add_usage(&parent->whole, &d->whole, parent->dir_id);
		parent->own_dirs++;
		parent->uid = owner_of_both(parent->uid, d->uid);
		parent->gid = owner_of_both(parent->gid, d->gid);
	}
	put_totals(s, d);
	return d;
}

void dir_stats_end(struct dir_stats *s)
{
	tree_out_put_window(s->config.out, s->count);
	free(s->open);
	s->open = NULL;
}
