/* SPDX-License-Identifier: MIT */
#include "common/query/link_files.h"

#include "common/db/db_column.h"

enum {
	LINK_DIR, LINK_ID, LINK_NAME, LINK_ALLOCATED, LINK_APPARENT, LINK_COUNT, LINK_LINES,
	LINK_FIRST
};

int64_t link_files_count(struct db_reader_db *a, int64_t first, int64_t last, int64_t most)
{
	sqlite3_stmt *select = db_prepare(&a->db,
		"SELECT count(*) FROM"
		" (SELECT 1 FROM links WHERE dir_id BETWEEN ?1 AND ?2 LIMIT ?3)");
	int64_t count = 0;

	db_bind(&a->db, select, 1, first);
	db_bind(&a->db, select, 2, last);
	db_bind(&a->db, select, 3, most);
	if (db_step(&a->db, select))
		count = db_column(&a->db, select, 0, DB_COUNT);
	db_reader_finalize(a, select);
	return count;
}

void link_files_next(struct link_files *f)
{
	struct db *db = &f->a->db;
	struct db_text name;

	f->more = db_step(db, f->select);
	if (!f->more)
		return;
	f->dir_id = db_column(db, f->select, LINK_DIR, DB_ID);
	f->link = db_column(db, f->select, LINK_ID, DB_ID);
	f->links = db_column(db, f->select, LINK_COUNT, DB_COUNT);
	name = db_column_text(db, f->select, LINK_NAME, DB_NAME_BYTES);
	f->name = name.bytes;
	f->name_len = name.len;
	f->sums = (struct sums){ 1, db_column(db, f->select, LINK_ALLOCATED, DB_SIZE),
				 db_column(db, f->select, LINK_APPARENT, DB_SIZE) };
	f->seen = sums_times(&f->sums, db_column(db, f->select, LINK_LINES, DB_COUNT));
	f->first = db_column(db, f->select, LINK_FIRST, DB_COUNT);
}

void link_files_open(struct link_files *f, struct db_reader_db *a, int64_t first, int64_t last,
		     bool firsts)
{
	/* Paths are in tree order: those before the range come first. */
	char *sql = xasprintf(
		"SELECT dir_id, link, name, allocated, apparent, nlink, lines, %s"
		" FROM links AS l INDEXED BY links_by_dir WHERE dir_id BETWEEN ?1 AND ?2"
		" ORDER BY dir_id, link, path",
		firsts ? "ifnull((SELECT dir_id FROM links AS o WHERE o.link = l.link"
			 " AND o.path = l.path - 1) < ?1, 1)" : "0");

	*f = (struct link_files){ .a = a, .select = db_prepare(&a->db, sql) };
	free(sql);
	db_bind(&a->db, f->select, 1, first);
	db_bind(&a->db, f->select, 2, last);
	link_files_next(f);
}

void link_files_close(struct link_files *f)
{
	db_reader_finalize(f->a, f->select);
	*f = (struct link_files){ 0 };
}
