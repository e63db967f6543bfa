/*
 * Sorted by keys, rows with a common beginning of the key are neighbours; each row then learns the
 * sum of its group at every level, and one comparison of these sums and keys, level by level, puts
 * groups and rows in their places.
 */
#include "common/query/usage_answer.h"

#include "common/stream/buckets.h"
#include "common/base/screen.h"
#include "common/query/owners.h"

/* ---- order ---- */

struct ranked {
	struct totals_row row;
	struct sums matching;  /* of the row */
	int64_t weight[TOTALS_PARTS]; /* of the group that shares parts 0..i with it */
};

static int64_t measure(const struct usage_rank *rank, const struct sums *sums,
		       const struct sums *matching)
{
	switch (rank->sort) {
	case USAGE_SORT_MATCHING: return matching->allocated;
	case USAGE_SORT_MATCHING_FILES: return matching->files;
	case USAGE_SORT_APPARENT: return sums->apparent;
	case USAGE_SORT_FILES: return sums->files;
	default: return sums->allocated;
	}
}

static int compare_keys(const void *left, const void *right, void *arg)
{
	const struct ranked *a = left, *b = right;
	const struct usage_rank *rank = arg;

	for (size_t i = 0; i < rank->parts; i++) {
		if (a->row.key[i] != b->row.key[i])
			return a->row.key[i] < b->row.key[i] ? -1 : 1;
	}
	return 0;
}

/* -1 when the first weight comes first. */
static int compare_weights(const struct usage_rank *rank, int64_t a, int64_t b)
{
	return (a > b) != rank->reverse ? -1 : 1;
}

static int compare_places(const void *left, const void *right, void *arg)
{
	const struct ranked *a = left, *b = right;
	const struct usage_rank *rank = arg;

	for (size_t i = 0; i < rank->parts; i++) {
		if (!rank->natural[i] && a->weight[i] != b->weight[i])
			return compare_weights(rank, a->weight[i], b->weight[i]);
		if (a->row.key[i] != b->row.key[i])
			return (a->row.key[i] < b->row.key[i]) !=
			       (rank->natural[i] && rank->reverse) ? -1 : 1;
	}
	return 0;
}

/* By first key (when there are several), then the largest first. */
static int compare_tops(const void *left, const void *right, void *arg)
{
	const struct ranked *a = left, *b = right;
	const struct usage_rank *rank = arg;
	size_t last = rank->parts - 1;

	if (last && a->row.key[0] != b->row.key[0])
		return a->row.key[0] < b->row.key[0] ? -1 : 1;
	if (a->weight[last] != b->weight[last])
		return compare_weights(rank, a->weight[last], b->weight[last]);
	return compare_keys(left, right, arg);
}

/* Rows are in the order of their keys. */
static void weigh(const struct usage_rank *rank, struct ranked *rows, size_t n)
{
	for (size_t part = 0; part < rank->parts; part++) {
		for (size_t first = 0, end; first < n; first = end) {
			struct sums sums = { 0 }, matching = { 0 };

			for (end = first; end < n && !memcmp(rows[end].row.key, rows[first].row.key,
							     (part + 1) * sizeof(int64_t)); end++) {
				sums_add(&sums, &rows[end].row.sums);
				sums_add(&matching, &rows[end].matching);
			}
			for (size_t i = first; i < end; i++)
				rows[i].weight[part] = measure(rank, &sums, &matching);
		}
	}
}

static size_t keep_top(const struct usage_rank *rank, struct ranked *rows, size_t n)
{
	uint64_t seen = 0;
	size_t kept = 0;

	if (!rank->top || !rank->parts)
		return n;
	qsort_r(rows, n, sizeof(*rows), compare_tops, (void *)rank);
	for (size_t i = 0; i < n; i++) {
		if (i && rank->parts > 1 && rows[i].row.key[0] != rows[i - 1].row.key[0])
			seen = 0;
		if (seen++ < rank->top)
			rows[kept++] = rows[i];
	}
	return kept;
}

static bool is_wanted(const struct usage_rank *rank, const struct ranked *row)
{
	return row->row.sums.allocated >= rank->min_size &&
	       (!rank->matching || row->matching.files);
}

static void put_in_order(const struct usage_rank *rank, struct usage_found *found)
{
	struct totals *totals = &found->all;
	struct ranked *rows = xcalloc(totals->count + 1, sizeof(*rows));
	size_t n = 0;

	for (size_t i = 0; i < totals->count; i++) {
		rows[i].row = totals->rows[i];
		if (rank->matching)
			rows[i].matching = *totals_at(&found->matching, totals->rows[i].key);
	}
	qsort_r(rows, totals->count, sizeof(*rows), compare_keys, (void *)rank);
	weigh(rank, rows, totals->count);
	for (size_t i = 0; i < totals->count; i++) {
		if (is_wanted(rank, &rows[i]))
			rows[n++] = rows[i];
	}
	n = keep_top(rank, rows, n);
	qsort_r(rows, n, sizeof(*rows), compare_places, (void *)rank);
	if (rank->limit && n > rank->limit)
		n = rank->limit;
	for (size_t i = 0; i < n; i++)
		totals->rows[i] = rows[i].row;
	totals->count = n;
	free(rows);
}

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

/* A key has one column or two: the value, and what it means. */
static const struct render_column key_columns[USAGE_COUNT][2] = {
	[USAGE_OWNER] = { { "uid", NULL, RENDER_NUMBER, 0, 0 }, { "owner", "Owner", RENDER_TEXT, 0, 0 } },
	[USAGE_GROUP] = { { "gid", NULL, RENDER_NUMBER, 0, 0 }, { "group", "Group", RENDER_TEXT, 0, 0 } },
	[USAGE_AGE] = { { "age_bucket", NULL, RENDER_NUMBER, 0, 0 }, { "age", "Age", RENDER_TEXT, 0, 0 } },
	[USAGE_SIZE] = { { "size_bucket", NULL, RENDER_NUMBER, 0, 0 },
		      { "size", "File size", RENDER_TEXT, 0, 0 } },
	[USAGE_DIR] = { { "path", "Path", RENDER_PATH, 0, 0 } },
	[USAGE_FS] = { { "filesystem", "File system", RENDER_TEXT, 0, 0 } },
	[USAGE_SCAN] = { { "scan_date", "Scan", RENDER_TIME, 0, 0 } },
};
enum sum {
	SUM_FILES, SUM_ALLOCATED, SUM_APPARENT, SUM_DIRS, SUM_INODES, SUM_MATCHING_FILES,
	SUM_MATCHING, SUM_SHARE, SUM_SHARE_FILES, SUMS
};
static const struct render_column sum_columns[SUMS] = {
	[SUM_FILES] = { "file_count", "Files", RENDER_COUNT, 0, 0 },
	[SUM_ALLOCATED] = { "total_size", "Allocated", RENDER_BYTES, 0, 0 },
	[SUM_APPARENT] = { "apparent_size", "Apparent", RENDER_BYTES, 2, 0 },
	[SUM_DIRS] = { "directories", "Directories", RENDER_COUNT, 3, 0 },
	[SUM_INODES] = { "inodes", "Inodes", RENDER_COUNT, 0, 0 },
	[SUM_MATCHING_FILES] = { "matching_files", "Matching files", RENDER_COUNT, 0, 0 },
	[SUM_MATCHING] = { "matching_size", "Matching", RENDER_BYTES, 0, 0 },
	[SUM_SHARE] = { "share", "Of allocated", RENDER_SHARE, 1, 0 },
	[SUM_SHARE_FILES] = { "share_files", "Of files", RENDER_SHARE, 3, 0 },
};
#define COLUMNS_MAX (2 * USAGE_COUNT + SUMS)

struct printer {
	struct db_reader_set *set;
	const struct usage_query *ask;
	const struct usage_rank *rank;
	struct usage_found *found;
	struct sums total, total_matching, total_dirs;
	struct render render;
	size_t key_columns;            /* columns in front of the sums */
	struct buf text[TOTALS_PARTS]; /* of the key, for the time of a row */
};

static bool has_two(enum usage_by by)
{
	return key_columns[by][1].name;
}

static bool is_shown(const struct printer *p, enum sum sum)
{
	switch (sum) {
	case SUM_MATCHING:
	case SUM_MATCHING_FILES: return p->rank->matching;
	case SUM_DIRS:
	case SUM_INODES: return p->rank->inodes;
	default: return true;
	}
}

static size_t make_columns(struct printer *p, struct render_column *columns)
{
	const struct usage_query *ask = p->ask;
	size_t n = 0;

	for (size_t i = 0; i < ask->by_count; i++) {
		columns[n++] = key_columns[ask->by[i]][0];
		if (has_two(ask->by[i]))
			columns[n++] = key_columns[ask->by[i]][1];
	}
	p->key_columns = n;
	for (int sum = 0; sum < SUMS; sum++) {
		if (is_shown(p, (enum sum)sum))
			columns[n++] = sum_columns[sum];
	}
	return n;
}

/* Databases can know different names; that of the row's own counts, or else the first. */
static void add_id_name(struct printer *p, enum usage_by by, uint32_t id, struct db_reader_db *own,
			struct buf *out)
{
	bool (*name)(struct db_reader_db *, uint32_t, struct buf *) = by == USAGE_OWNER ? owners_user_name
										  : owners_group_name;

	for (size_t i = 0; i < (own ? 1 : p->set->count); i++) {
		out->len = 0;
		if (name(own ? own : &p->set->dbs[i], id, out))
			return;
	}
}

static void put_text(struct printer *p, enum usage_by by, int64_t value, struct db_reader_db *own,
		     struct buf *out)
{
	out->len = 0;
	switch (by) {
	case USAGE_AGE: buf_add_str(out, age_buckets[value].label); break;
	case USAGE_SIZE: buf_add_str(out, size_buckets[value].label); break;
	case USAGE_DIR:
		scope_shown_path(&p->set->dbs[usage_query_dir_fs(value)], usage_query_dir_id(value), out);
		break;
	case USAGE_FS: buf_add_str(out, db_reader_filesystem(&p->set->dbs[value])); break;
	default: add_id_name(p, by, (uint32_t)value, own, out);
	}
}

/* What a row has to show. */
struct shown {
	struct sums all, matching, dirs;
};

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
	case SUM_DIRS: return render_number(row->dirs.files);
	case SUM_INODES: return render_number(row->all.files + row->dirs.files);
	case SUM_MATCHING_FILES: return render_number(row->matching.files);
	case SUM_MATCHING: return render_number(row->matching.allocated);
	case SUM_SHARE_FILES: return share_cell(row->all.files, p->total.files);
	default: return share_cell(row->all.allocated, p->total.allocated);
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
	int fs = usage_query_part(p->ask, USAGE_FS);
	struct db_reader_db *own = fs >= 0 ? &p->set->dbs[row->key[fs]] : NULL;
	struct shown shown = { .all = row->sums };
	size_t n = 0;

	if (p->rank->matching)
		shown.matching = *totals_at(&p->found->matching, row->key);
	if (p->rank->inodes)
		shown.dirs = *totals_at(&p->found->dirs, row->key);
	for (size_t i = 0; i < p->ask->by_count; i++) {
		enum usage_by by = p->ask->by[i];

		if (by == USAGE_SCAN) {
			cells[n++] = render_number(row->key[i] * SECONDS_PER_DAY);
			continue;
		}
		put_text(p, by, row->key[i], own, &p->text[i]);
		if (has_two(by))
			cells[n++] = render_number(row->key[i]);
		cells[n++] = render_text((char *)p->text[i].data, p->text[i].len);
	}
	put_sums(p, &shown, cells + n);
	render_row(&p->render, cells);
}

/* The sum of all rows, those that are not shown included; its name is in the first column of text. */
static void print_total(struct printer *p, const struct render_column *columns)
{
	const struct shown total = { p->total, p->total_matching, p->total_dirs };
	struct render_cell cells[COLUMNS_MAX];
	bool named = false;

	for (size_t i = 0; i < p->key_columns; i++) {
		bool is_text = columns[i].type == RENDER_TEXT || columns[i].type == RENDER_PATH;

		cells[i] = (struct render_cell){ .null = true };
		if (is_text && !named)
			cells[i] = render_text("total", strlen("total"));
		named = named || is_text;
	}
	put_sums(p, &total, cells + p->key_columns);
	render_total(&p->render, cells);
}

void usage_answer_print(const struct usage_query *ask, const struct usage_rank *rank,
		 const struct render_options *options, const struct scope_options *where,
		 struct db_reader_set *set, struct usage_found *found)
{
	struct printer p = { .set = set, .ask = ask, .rank = rank, .found = found,
			     .total = add_up(&found->all), .total_matching = add_up(&found->matching),
			     .total_dirs = add_up(&found->dirs) };
	struct render_column columns[COLUMNS_MAX];
	struct render_options out = *options;
	char *title = title_of(ask, where, set);

	out.title = title;
	put_in_order(rank, found);
	render_open(&p.render, &out, "usage", columns, make_columns(&p, columns));
	for (size_t i = 0; i < found->all.count; i++)
		print_row(&p, &found->all.rows[i]);
	if (ask->by_count && (rank->total || render_format(&out) == RENDER_TABLE))
		print_total(&p, columns);
	render_close(&p.render);
	for (size_t i = 0; i < TOTALS_PARTS; i++)
		buf_release(&p.text[i]);
	free(title);
}
