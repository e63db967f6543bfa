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
	s->rows = xmalloc(STATS_WINDOW * sizeof(*s->rows));
	for (int i = TABLE; i <= BY_GROUP; i++)
		s->roots[i] = db_root_page(config->db, names[i]);
	db_tree_begin(&s->table, config->pages, s->roots[TABLE], true, config->piece);
	spill_init(&s->late_spill, config->temp_dir, true);
	/* Directories close children first, not in the order of dir_id. */
	by_size = sorting(s, 4, 2, 2);
	word_sort_init(&s->by_size, &by_size);
}

/* ---- the table ---- */

static size_t make_record(unsigned char bytes[DB_RECORD_MAX], const int64_t *row)
{
	struct db_record r;

	db_record_begin(&r, bytes, DIRECTORY_STATS_COLUMNS, 0);
	db_record_null(&r); /* dir_id is the rowid */
	for (int i = 1; i < DIRECTORY_STATS_COLUMNS; i++)
		db_record_nullable(&r, row[i]);
	return db_record_end(&r);
}

static void write_window(struct dir_stats *s)
{
	unsigned char bytes[DB_RECORD_MAX];

	for (size_t i = 0; i < s->count; i++)
		db_tree_add_row(&s->table, s->rows[i][STATS_dir_id], bytes,
				make_record(bytes, s->rows[i]));
	s->count = 0;
}

static void open_row(struct dir_stats *s, int64_t dir_id)
{
	int64_t *row;

	if (s->count == STATS_WINDOW)
		write_window(s);
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
				 make_record(bytes, row));
	}
}

/* Pieces of the spill file have all one length, that of a full buffer. */
static void replace_all_late(struct dir_stats *s)
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

/* An index that is being written, of keys that come out of a sorter. */
struct index {
	struct db_tree tree;
	struct word_sort *keys;
	struct word_item item;
	struct progress *progress;
	uint64_t *done;
};

static void begin_index(struct index *index, struct dir_stats *s, int which)
{
	db_tree_begin(&index->tree, s->config.pages, s->roots[which], false, s->config.piece);
	word_sort_end_input(index->keys);
}

static bool next_key(struct index *index)
{
	if (!word_sort_next(index->keys, &index->item))
		return false;
	if (++*index->done % PROGRESS_STEP == 0)
		progress_update(index->progress, *index->done, 0);
	return true;
}

static void end_index(struct index *index, struct dir_stats *s)
{
	db_tree_end(&index->tree);
	word_sort_release(index->keys);
	s->spilled += index->keys->spilled;
}

/* stats_by_size; what comes out of it is in the right order within each owner. */
static void write_by_size(struct dir_stats *s, struct index *index, struct word_sort *owners)
{
	unsigned char bytes[DB_RECORD_MAX];
	const uint64_t *word = index->item.word;
	struct db_record r;

	for (begin_index(index, s, BY_SIZE); next_key(index);) {
		db_record_begin(&r, bytes, 2, 0);
		db_record_integer(&r, (int64_t)word[0]);
		db_record_integer(&r, (int64_t)word[1]);
		db_tree_add_key(&index->tree, bytes, db_record_end(&r));
		for (int i = 0; i < 2; i++) {
			const struct word_item owner = { .word = { word[2 + i], word[0], word[1] } };

			word_sort_add(&owners[i], &owner);
		}
	}
	end_index(index, s);
}

static void write_by_owner(struct dir_stats *s, struct index *index, int which)
{
	unsigned char bytes[DB_RECORD_MAX];
	const uint64_t *word = index->item.word;
	struct db_record r;

	for (begin_index(index, s, which); next_key(index);) {
		db_record_begin(&r, bytes, 3, 0);
		db_record_nullable(&r, owner_of_word(word[0]));
		db_record_integer(&r, (int64_t)word[1]);
		db_record_integer(&r, (int64_t)word[2]);
		db_tree_add_key(&index->tree, bytes, db_record_end(&r));
	}
	end_index(index, s);
}

void dir_stats_write_indexes(struct dir_stats *s, struct progress *progress, uint64_t *done)
{
	struct index index = { .keys = &s->by_size, .progress = progress, .done = done };
	struct word_sort_config by_owner = sorting(s, 3, 1, 4);
	struct word_sort owners[2];

	for (int i = 0; i < 2; i++)
		word_sort_init(&owners[i], &by_owner);
	write_by_size(s, &index, owners);
	for (int i = 0; i < 2; i++) {
		index.keys = &owners[i];
		write_by_owner(s, &index, BY_OWNER + i);
	}
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
	write_window(s);
	db_tree_end(&s->table);
	replace_all_late(s);
	free(s->rows);
	free(s->open);
	s->rows = NULL;
	s->open = NULL;
}
