/* SPDX-License-Identifier: MIT */
#include "common/query/usage_keys.h"

#include "common/query/owners.h"

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

static bool has_two(enum usage_by by)
{
	return key_columns[by][1].name;
}

/* Databases can know different names; that of the row's own counts, or else the first. */
static void add_id_name(struct usage_keys *k, enum usage_by by, uint32_t id, struct db_reader_db *own,
			struct buf *out)
{
	bool (*name)(struct db_reader_db *, uint32_t, struct buf *) = by == USAGE_OWNER ? owners_user_name
										  : owners_group_name;

	for (size_t i = 0; i < (own ? 1 : k->set->count); i++) {
		out->len = 0;
		if (name(own ? own : &k->set->dbs[i], id, out))
			return;
	}
}

static void put_text(struct usage_keys *k, enum usage_by by, int64_t value, struct db_reader_db *own,
		     struct buf *out)
{
	out->len = 0;
	switch (by) {
	case USAGE_AGE: buf_add_str(out, age_buckets[value].label); break;
	case USAGE_SIZE: buf_add_str(out, size_buckets[value].label); break;
	case USAGE_DIR:
		scope_shown_path(&k->set->dbs[usage_query_dir_fs(value)], usage_query_dir_id(value), out);
		break;
	case USAGE_FS: buf_add_str(out, db_reader_filesystem(&k->set->dbs[value])); break;
	default: add_id_name(k, by, (uint32_t)value, own, out);
	}
}

size_t usage_keys_columns(const struct usage_keys *k, struct render_column *columns)
{
	size_t n = 0;

	for (size_t i = 0; i < k->parts; i++) {
		columns[n++] = key_columns[k->ask->by[i]][0];
		if (has_two(k->ask->by[i]))
			columns[n++] = key_columns[k->ask->by[i]][1];
	}
	return n;
}

size_t usage_keys_cells(struct usage_keys *k, const struct totals_row *row,
			struct render_cell *cells)
{
	int fs = usage_query_part(k->ask, USAGE_FS);
	struct db_reader_db *own = fs >= 0 ? &k->set->dbs[row->key[fs]] : NULL;
	size_t n = 0;

	for (size_t i = 0; i < k->parts; i++) {
		enum usage_by by = k->ask->by[i];

		if (by == USAGE_SCAN) {
			cells[n++] = render_number(row->key[i] * SECONDS_PER_DAY);
			continue;
		}
		put_text(k, by, row->key[i], own, &k->text[i]);
		if (has_two(by))
			cells[n++] = render_number(row->key[i]);
		cells[n++] = render_text((char *)k->text[i].data, k->text[i].len);
	}
	return n;
}

void usage_keys_total(const struct render_column *columns, size_t count, struct render_cell *cells)
{
	bool named = false;

	for (size_t i = 0; i < count; i++) {
		bool is_text = columns[i].type == RENDER_TEXT || columns[i].type == RENDER_PATH;

		cells[i] = (struct render_cell){ .null = true };
		if (is_text && !named)
			cells[i] = render_text("total", strlen("total"));
		named = named || is_text;
	}
}

void usage_keys_release(struct usage_keys *k)
{
	for (size_t i = 0; i < TOTALS_PARTS; i++)
		buf_release(&k->text[i]);
}
