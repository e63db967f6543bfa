/* SPDX-License-Identifier: MIT */
#include "common/query/file_match.h"

#include <inttypes.h>

void file_match_init(struct file_match *match)
{
	*match = (struct file_match){ .age.last = BUCKETS - 1, .size.last = BUCKETS - 1 };
}

static bool are_some(struct file_classes classes)
{
	return classes.first > 0 || classes.last < BUCKETS - 1;
}

bool file_match_some_ages(const struct file_match *match)
{
	return are_some(match->age);
}

bool file_match_some_sizes(const struct file_match *match)
{
	return are_some(match->size);
}

bool file_match_is_given(const struct file_match *match)
{
	return are_some(match->age) || are_some(match->size) || match->uid_count || match->gid_count;
}

/* ---- SQL ---- */

static void add_ids(struct buf *sql, const char *column, const uint32_t *ids, size_t count)
{
	if (!count)
		return;
	buf_printf(sql, " AND %s IN (", column);
	for (size_t i = 0; i < count; i++)
		buf_printf(sql, "%s%" PRIu32, i ? ", " : "", ids[i]);
	buf_add_char(sql, ')');
}

static void add_classes(struct buf *sql, const char *column, struct file_classes classes)
{
	if (are_some(classes))
		buf_printf(sql, " AND %s BETWEEN %d AND %d", column, classes.first, classes.last);
}

void file_match_sql(const struct file_match *match, struct buf *sql)
{
	add_ids(sql, "uid", match->uids, match->uid_count);
	add_ids(sql, "gid", match->gids, match->gid_count);
	add_classes(sql, "age_bucket", match->age);
	add_classes(sql, "size_bucket", match->size);
}

/* ---- options ---- */

static void add_age(struct buf *out, int64_t days)
{
	if (days % 365)
		buf_printf(out, "%" PRId64 "d", days);
	else
		buf_printf(out, "%" PRId64 "yr%s", days / 365, days == 365 ? "" : "s");
}

static void add_size(struct buf *out, int64_t bytes)
{
	static const char units[] = "KMGT";
	size_t unit = 0;

	for (bytes /= 1024; bytes >= 1024; bytes /= 1024)
		unit++;
	buf_printf(out, "%" PRId64 "%c", bytes, units[unit]);
}

/* The class that begins at the border. */
static int class_from(const struct opt *row, const char *value, const struct bucket *buckets,
		      int64_t border, void (*add)(struct buf *, int64_t))
{
	struct buf borders = { 0 };

	for (int i = 0; i < BUCKETS - 1; i++) {
		if (buckets[i].upper == border)
			return i + 1;
	}
	for (int i = 0; i < BUCKETS - 1; i++) {
		buf_add_str(&borders, i ? ", " : "");
		add(&borders, buckets[i].upper);
	}
	buf_add_char(&borders, '\0');
	opts_die("--%s: '%s' is no border between two classes of files; borders are %s", row->name,
		 value, (char *)borders.data);
}

static int age_from(const struct opt *row, const char *value)
{
	int64_t days;

	if (!human_parse_age(value, &days))
		opts_wrong(row, value, "an age, for example 90d, 6w, 6mo or 3yrs");
	return class_from(row, value, age_buckets, days, add_age);
}

static int size_from(const struct opt *row, const char *value)
{
	uint64_t bytes;

	if (!human_parse_size(value, &bytes))
		opts_wrong(row, value, "a size, for example 100M");
	return class_from(row, value, size_buckets, (int64_t)bytes, add_size);
}

void file_match_older(void *to, const struct opt *row, const char *value)
{
	((struct file_match *)to)->age.first = age_from(row, value);
}

void file_match_younger(void *to, const struct opt *row, const char *value)
{
	((struct file_match *)to)->age.last = age_from(row, value) - 1;
}

void file_match_larger(void *to, const struct opt *row, const char *value)
{
	((struct file_match *)to)->size.first = size_from(row, value);
}

void file_match_smaller(void *to, const struct opt *row, const char *value)
{
	((struct file_match *)to)->size.last = size_from(row, value) - 1;
}

void file_match_check(const struct file_match *match)
{
	if (match->age.first > match->age.last)
		opts_die("--older and --younger: no file is both");
	if (match->size.first > match->size.last)
		opts_die("--larger-than and --smaller-than: no file is both");
}
