/* SPDX-License-Identifier: MIT */
#include "common/query/usage_answer.h"

#include "common/base/screen.h"
#include "common/query/render_scans.h"
#include "common/query/usage_cross.h"

/* ---- what is shown ---- */

static struct sums add_up(const struct totals *totals)
{
	struct sums sums = { 0 };

	for (size_t i = 0; i < totals->count; i++)
		sums_add(&sums, &totals->rows[i].sums);
	return sums;
}

static const char *age_meaning(const struct db_reader_set *set)
{
	static const char *const since[] = {
		[AGE_ATIME] = "since last access (atime)",
		[AGE_MTIME] = "since last modification (mtime)",
		[AGE_NEWEST] = "since last access or modification (newest)",
	};

	for (size_t i = 1; i < set->count; i++) {
		if (set->dbs[i].age_by != set->dbs[0].age_by)
			return "not measured alike in these databases";
	}
	return since[set->dbs[0].age_by];
}

static void add_visible(struct buf *out, const char *text)
{
	screen_add(out, text, strlen(text), !screen_utf8());
}

/* The line above a table; the caller frees it. */
static char *title_of(const struct usage_query *ask, const struct scope_options *where,
		      struct db_reader_set *set)
{
	struct buf title = { 0 };
	char date[DATE_TEXT_SIZE];

	for (size_t i = 0; i < set->count; i++) {
		buf_add_str(&title, i ? "; " : "");
		add_visible(&title, db_reader_filesystem(&set->dbs[i]));
		buf_printf(&title, ", scan of %s", scantime_date_text(date, set->dbs[i].scan_day));
		if (set->dbs[i].assumed.count[ASSUME_UNSEEN])
			buf_add_str(&title, ", incomplete");
		if (set->dbs[i].assumed.count[ASSUME_UNVERIFIED])
			buf_add_str(&title, ", unverified");
	}
	for (size_t i = 0; i < where->prefix_count; i++) {
		buf_add_str(&title, i ? ", " : ": ");
		add_visible(&title, where->prefixes[i]);
	}
	if (usage_query_part(ask, USAGE_AGE) >= 0)
		buf_printf(&title, "; age is time %s", age_meaning(set));
	buf_add_char(&title, '\0');
	return (char *)title.data;
}

enum sum {
	SUM_FILES, SUM_ALLOCATED, SUM_APPARENT, SUM_SEEN_FILES, SUM_SEEN, SUM_SEEN_APPARENT,
	SUM_FREED_FILES, SUM_FREED, SUM_FREED_APPARENT, SUM_DIRS, SUM_INODES,
	SUM_MATCHING_FILES, SUM_MATCHING, SUM_SHARE, SUM_SHARE_FILES, SUMS
};
static const struct render_column sum_columns[SUMS] = {
	[SUM_FILES] = { "file_count", "Files", RENDER_COUNT, 0, 0 },
	[SUM_ALLOCATED] = { "total_size", "Allocated", RENDER_BYTES, 0, 0 },
	[SUM_APPARENT] = { "apparent_size", "Apparent", RENDER_BYTES, 2, 0 },
	[SUM_SEEN_FILES] = { "seen_files", "Files seen", RENDER_COUNT, 0, 0 },
	[SUM_SEEN] = { "seen_size", "Seen", RENDER_BYTES, 0, 0 },
	[SUM_SEEN_APPARENT] = { "seen_apparent", "Apparent seen", RENDER_BYTES, 2, 0 },
	[SUM_FREED_FILES] = { "freed_files", "Files freed", RENDER_COUNT, 0, 0 },
	[SUM_FREED] = { "freed_size", "Freed", RENDER_BYTES, 0, 0 },
	[SUM_FREED_APPARENT] = { "freed_apparent", "Apparent freed", RENDER_BYTES, 2, 0 },
	[SUM_DIRS] = { "directories", "Directories", RENDER_COUNT, 3, 0 },
	[SUM_INODES] = { "inodes", "Inodes", RENDER_COUNT, 0, 0 },
	[SUM_MATCHING_FILES] = { "matching_files", "Matching files", RENDER_COUNT, 0, 0 },
	[SUM_MATCHING] = { "matching_size", "Matching", RENDER_BYTES, 0, 0 },
	[SUM_SHARE] = { "share", "Of allocated", RENDER_SHARE, 1, 0 },
	[SUM_SHARE_FILES] = { "share_files", "Of files", RENDER_SHARE, 3, 0 },
};
/* What they are called beside what was seen, and what would be freed. */
static const char *const once_titles[SUMS] = {
	[SUM_FILES] = "Files once", [SUM_ALLOCATED] = "Once", [SUM_APPARENT] = "Apparent once",
};
#define COLUMNS_MAX (USAGE_KEYS_COLUMNS + SUMS)

/* What a row has to show. */
struct shown {
	struct sums all, matching, dirs, seen, freed;
};

struct printer {
	const struct usage_rank *rank;
	struct usage_found *found;
	struct shown total;
	struct render render;
	struct usage_keys keys;
	size_t key_columns;            /* columns in front of the sums */
};

static bool is_shown(const struct printer *p, enum sum sum)
{
	switch (sum) {
	case SUM_MATCHING:
	case SUM_MATCHING_FILES: return p->rank->matching;
	case SUM_DIRS:
	case SUM_INODES: return p->rank->inodes;
	case SUM_SEEN_FILES:
	case SUM_SEEN:
	case SUM_SEEN_APPARENT:
	case SUM_FREED_FILES:
	case SUM_FREED:
	case SUM_FREED_APPARENT: return p->rank->links;
	default: return true;
	}
}

static size_t make_columns(struct printer *p, struct render_column *columns)
{
	size_t n = usage_keys_columns(&p->keys, columns);

	p->key_columns = n;
	for (int sum = 0; sum < SUMS; sum++) {
		if (!is_shown(p, (enum sum)sum))
			continue;
		columns[n] = sum_columns[sum];
		if (p->rank->links && once_titles[sum])
			columns[n].title = once_titles[sum];
		n++;
	}
	return n;
}

static struct render_cell share_cell(int64_t part, int64_t whole)
{
	return (struct render_cell){ .share = whole > 0 ? (double)part / (double)whole : 0 };
}

static struct render_cell sum_cell(const struct printer *p, enum sum sum, const struct shown *row)
{
	switch (sum) {
	case SUM_FILES: return render_number(row->all.files);
	case SUM_ALLOCATED: return render_number(row->all.allocated);
	case SUM_APPARENT: return render_number(row->all.apparent);
	case SUM_SEEN_FILES: return render_number(row->seen.files);
	case SUM_SEEN: return render_number(row->seen.allocated);
	case SUM_SEEN_APPARENT: return render_number(row->seen.apparent);
	case SUM_FREED_FILES: return render_number(row->freed.files);
	case SUM_FREED: return render_number(row->freed.allocated);
	case SUM_FREED_APPARENT: return render_number(row->freed.apparent);
	case SUM_DIRS: return render_number(row->dirs.files);
	case SUM_INODES: return render_number(row->all.files + row->dirs.files);
	case SUM_MATCHING_FILES: return render_number(row->matching.files);
	case SUM_MATCHING: return render_number(row->matching.allocated);
	case SUM_SHARE_FILES: return share_cell(row->all.files, p->total.all.files);
	default: return share_cell(row->all.allocated, p->total.all.allocated);
	}
}

static void put_sums(const struct printer *p, const struct shown *row, struct render_cell *cells)
{
	for (int sum = 0; sum < SUMS; sum++) {
		if (is_shown(p, (enum sum)sum))
			*cells++ = sum_cell(p, (enum sum)sum, row);
	}
}

static void print_row(struct printer *p, const struct totals_row *row)
{
	struct render_cell cells[COLUMNS_MAX];
	struct shown shown = { .all = row->sums };

	if (p->rank->matching)
		shown.matching = *totals_at(&p->found->matching, row->key);
	if (p->rank->inodes)
		shown.dirs = *totals_at(&p->found->dirs, row->key);
	if (p->rank->links) {
		shown.seen = *totals_at(&p->found->seen, row->key);
		shown.freed = *totals_at(&p->found->freed, row->key);
	}
	put_sums(p, &shown, cells + usage_keys_cells(&p->keys, row, cells));
	render_row(&p->render, cells);
}

/* The sum of all rows, those that are not shown included. */
static void print_total(struct printer *p, const struct render_column *columns)
{
	struct render_cell cells[COLUMNS_MAX];

	usage_keys_total(columns, p->key_columns, cells);
	put_sums(p, &p->total, cells + p->key_columns);
	render_total(&p->render, cells);
}

static void print_rows(const struct usage_query *ask, const struct usage_rank *rank,
		       const struct render_options *options, struct db_reader_set *set,
		       struct usage_found *found)
{
	const struct usage_found *all = found->whole ? found->whole : found;
	struct printer p = { .keys = { .set = set, .ask = ask, .parts = ask->by_count },
			     .rank = rank, .found = found,
			     .total = { add_up(&all->all), add_up(&all->matching),
					add_up(&all->dirs), add_up(&all->seen),
					add_up(&all->freed) } };
	struct render_column columns[COLUMNS_MAX];

	usage_rank_apply(rank, found);
	render_open(&p.render, options, "usage", columns, make_columns(&p, columns));
	for (size_t i = 0; i < found->all.count; i++)
		print_row(&p, &found->all.rows[i]);
	if (ask->by_count && (rank->total || render_format(options) == RENDER_TABLE))
		print_total(&p, columns);
	render_note_links(&p.render, set, ask->links == LINKS_SEEN);
	render_close(&p.render);
	usage_keys_release(&p.keys);
}

/* What is in the cells of a cross table. */
static const char *const sort_words[] = {
	[USAGE_SORT_SIZE] = "allocated bytes", [USAGE_SORT_APPARENT] = "apparent bytes",
	[USAGE_SORT_FILES] = "files", [USAGE_SORT_MATCHING] = "allocated bytes of matching files",
	[USAGE_SORT_MATCHING_FILES] = "matching files", [USAGE_SORT_KEY] = "allocated bytes",
};

void usage_answer_print(const struct usage_query *ask, const struct usage_rank *rank, bool cross,
			const struct render_options *options, const struct scope_options *where,
			struct db_reader_set *set, struct usage_found *found)
{
	struct usage_rank all = *rank;
	struct render_options out = *options;
	char *about = title_of(ask, where, set);
	char *title = cross ? xasprintf("%s; %s", about, sort_words[rank->sort]) : xstrdup(about);

	out.title = title;
	free(about);
	if (cross) {
		all.limit = 0;
		usage_rank_apply(&all, found);
		usage_cross_print(ask, rank, &out, set, found);
	} else {
		print_rows(ask, rank, &out, set, found);
	}
	free(title);
}
