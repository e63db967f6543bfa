/* SPDX-License-Identifier: MIT */
/*
 * Rows come in the order of links, the paths of each in tree order. Those of one link in one set
 * are a run, because sets follow each other in tree order, too:
 *
 *     dir_id   3   7   8  20  21        sets A = 1..9 less 5..7, B = 20..29
 *              A   -   A   B   B        7 is in none: A loses the path in 8, B that in 21
 */
#include "common/query/link_rows.h"

#include "common/db/db_column.h"

#define FEW_SHARE 16 /* of all directories: to look up a link takes as long as to read so many */

enum {
	LINK_ID, LINK_DIR, LINK_UID, LINK_GID, LINK_AGE, LINK_SIZE, LINK_ALLOCATED, LINK_APPARENT,
	LINK_LINES, LINK_COUNT, LINK_REPEATED, LINK_ROWS, LINK_MATCHES
};

struct pass {
	struct usage_rows *rows;
	const struct link_parts *sets;
	int set_part;

	/* The run */
	int64_t link, set;        /* link 0: there is none */
	int64_t rows_seen, paths; /* so far; rows can repeat a path */
	int64_t most_links;       /* the largest link count that a row of it gives */
	bool first_matches;
	struct sums first;
	int64_t first_key[TOTALS_PARTS];
};

/* ---- sets ---- */

void link_parts_add(struct link_parts *p, int64_t first, int64_t last, int64_t set)
{
	struct link_part *before = p->count ? &p->parts[p->count - 1] : NULL;

	if (first > last)
		return;
	if (before && before->set == set && before->last + 1 == first) {
		before->last = last;
		return;
	}
	GROW(p->parts, p->cap, p->count + 1);
	p->parts[p->count++] = (struct link_part){ first, last, set };
}

void link_parts_release(struct link_parts *p)
{
	free(p->parts);
	*p = (struct link_parts){ 0 };
}

static const struct link_part *part_with(const struct link_parts *p, int64_t dir_id)
{
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->parts[middle].last < dir_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < p->count && p->parts[low].first <= dir_id ? &p->parts[low] : NULL;
}

/* ---- rows ---- */

static sqlite3_stmt *prepare(struct usage_rows *rows, const char *from)
{
	struct buf sql = { 0 };
	sqlite3_stmt *select;

	/* What is freed depends on all rows of a link, and on what they say of others. */
	buf_printf(&sql,
		   "SELECT link, dir_id, %s, %s, %s, %s, allocated, apparent, lines, %s, 1",
		   rows->part[COL_UID] >= 0 ? "uid" : "0", rows->part[COL_GID] >= 0 ? "gid" : "0",
		   rows->part[COL_AGE] >= 0 ? "age_bucket" : "0",
		   rows->part[COL_SIZE] >= 0 ? "size_bucket" : "0",
		   rows->loss == LINKS_FREED ?
			   "nlink, repeated,"
			   " (SELECT max(path) FROM links AS o WHERE o.link = links.link)" :
			   "0, 0, 0");
	file_match_sql(rows->match, &sql);
	buf_printf(&sql, " FROM %s ORDER BY link, path", from);
	buf_add_char(&sql, '\0');
	select = db_prepare(&rows->a->db, (char *)sql.data);
	buf_release(&sql);
	return select;
}

static void set_key(struct usage_rows *rows, sqlite3_stmt *row)
{
	static const enum db_domain domains[USAGE_KEY_COLUMNS] = { DB_UID, DB_UID, DB_BUCKET,
								   DB_BUCKET };

	for (int i = 0; i < USAGE_KEY_COLUMNS; i++) {
		if (rows->part[i] >= 0)
			rows->key[rows->part[i]] =
				db_column(&rows->a->db, row, LINK_UID + i, domains[i]);
	}
}

/* A file all of whose links are in the set is not lost to it: what its paths took comes back once. */
static void end_run(struct pass *p, int64_t all_rows)
{
	struct sums back = { -p->first.files, -p->first.allocated, -p->first.apparent };

	if (p->link && p->first_matches && p->rows->loss == LINKS_FREED &&
	    p->rows_seen == all_rows && p->paths >= p->most_links)
		totals_add(p->rows->totals, p->first_key, &back);
	p->link = 0;
}

static void begin_run(struct pass *p, int64_t link, int64_t set)
{
	p->link = link;
	p->set = set;
	p->rows_seen = p->paths = p->most_links = 0;
}

/* A row in the set of the run: equal lines of the scan. */
static void take_row(struct pass *p, sqlite3_stmt *row)
{
	struct db *db = &p->rows->a->db;
	int64_t links = db_column(db, row, LINK_COUNT, DB_COUNT);
	int64_t lost = db_column(db, row, LINK_LINES, DB_COUNT);
	bool matches = db_column(db, row, LINK_MATCHES, DB_COUNT);
	struct sums sums = { 1, db_column(db, row, LINK_ALLOCATED, DB_SIZE),
			     db_column(db, row, LINK_APPARENT, DB_SIZE) };

	set_key(p->rows, row);
	if (p->set_part >= 0)
		p->rows->key[p->set_part] = p->set;
	if (!p->rows_seen++) {
		lost -= p->rows->loss == LINKS_ONCE;
		p->first = sums;
		p->first_matches = matches;
		memcpy(p->first_key, p->rows->key, sizeof(p->first_key));
	}
	p->paths += !db_column(db, row, LINK_REPEATED, DB_COUNT);
	p->most_links = links > p->most_links ? links : p->most_links;
	sums = sums_times(&sums, lost);
	if (matches)
		totals_add(p->rows->totals, p->rows->key, &sums);
}

static void take_all(struct pass *p, sqlite3_stmt *select)
{
	struct db *db = &p->rows->a->db;
	int64_t all_rows = 0;

	while (db_step(db, select)) {
		int64_t link = db_column(db, select, LINK_ID, DB_ID);
		const struct link_part *part =
			part_with(p->sets, db_column(db, select, LINK_DIR, DB_ID));

		if (!part)
			continue;
		if (link != p->link || part->set != p->set) {
			end_run(p, all_rows);
			begin_run(p, link, part->set);
			all_rows = db_column(db, select, LINK_ROWS, DB_COUNT);
		}
		take_row(p, select);
	}
	end_run(p, all_rows);
}

/* A temporary table: it is not of the database file, which nobody writes. */
static void fill_parts(struct db *db, const struct link_parts *sets)
{
	sqlite3_stmt *insert;

	db_exec(db, "DROP TABLE IF EXISTS temp.link_parts;"
		    "CREATE TEMP TABLE link_parts(first INTEGER PRIMARY KEY, last INTEGER)");
	insert = db_prepare(db, "INSERT INTO temp.link_parts VALUES(?, ?)");
	for (size_t i = 0; i < sets->count; i++) {
		db_bind(db, insert, 1, sets->parts[i].first);
		db_bind(db, insert, 2, sets->parts[i].last);
		db_step(db, insert);
	}
	sqlite3_finalize(insert);
}

/* Are these few enough directories to look up their links, and sort them? */
static bool are_few(const struct usage_rows *rows, const struct link_parts *sets)
{
	int64_t directories = 0;

	for (size_t i = 0; i < sets->count; i++)
		directories += sets->parts[i].last - sets->parts[i].first + 1;
	return directories < rows->a->directories / FEW_SHARE;
}

void link_rows_take(struct usage_rows *rows, const struct link_parts *sets, int set_part)
{
	struct pass p = { .rows = rows, .sets = sets, .set_part = set_part };
	const char *from = "links";
	sqlite3_stmt *select;

	if (!sets->count)
		return;
	if (are_few(rows, sets)) {
		fill_parts(&rows->a->db, sets);
		from = "temp.link_parts CROSS JOIN links INDEXED BY links_by_dir"
		       " ON dir_id BETWEEN first AND last";
	}
	select = prepare(rows, from);
	take_all(&p, select);
	db_reader_finalize(rows->a, select);
}

void link_rows_own(struct usage_rows *rows, int64_t dir_id)
{
	struct link_part part = { dir_id, dir_id, 0 };
	const struct link_parts sets = { .parts = &part, .count = 1 };
	struct pass p = { .rows = rows, .sets = &sets, .set_part = -1 };

	if (!rows->links)
		rows->links = prepare(rows, "links WHERE dir_id = ?1");
	db_bind(&rows->a->db, rows->links, 1, dir_id);
	take_all(&p, rows->links);
}

/* ---- what is left ---- */

void link_rows_lose(struct db_reader_db *a, struct sums *seen, const struct sums *lost)
{
	bool many = seen->apparent == INT64_MAX;

	if (lost->files < 0 || lost->files > seen->files || lost->allocated < 0 ||
	    lost->allocated > seen->allocated ||
	    (!many && (lost->apparent < 0 || lost->apparent > seen->apparent)))
		die(EXIT_INPUT, "%s: is damaged: more links are repeated than files were seen",
		    a->db.name);
	*seen = sums_once(seen, lost);
}

void link_rows_lose_totals(struct db_reader_db *a, struct totals *seen, const struct totals *lost)
{
	for (size_t i = 0; i < lost->count; i++)
		link_rows_lose(a, totals_at(seen, lost->rows[i].key), &lost->rows[i].sums);
}
