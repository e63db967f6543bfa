/* SPDX-License-Identifier: MIT */
/*
 * pages-check - does SQLite find in pages of db_tree.h what a plain INSERT would have put there?
 *
 *     pages-check DIR PAGE_SIZE ROWS SEED [longest name]
 *
 * Rows of every kind and length go into DIR/pages.db, by page, and into DIR/plain.db, by SQL: a
 * table with its index, and a table without rowid. Both must be sound and have the same rows. Then
 * some rows are replaced, and at last SQLite itself changes the file, which must stay sound.
 * Prints how many levels the trees have. The files stay.
 *
 * "hole" as the longest name: before all else comes a row that ends right before 1 GiB, so that the
 * trees cross the page that SQLite keeps for locks.
 */
#include <fcntl.h>
#include <unistd.h>

#include "common/base/utf8.h"
#include "common/db/db_tree.h"
#include "common/db/db_record.h"

static const char schema[] =
	"CREATE TABLE first(id INTEGER PRIMARY KEY, content);"
	"CREATE TABLE t(id INTEGER PRIMARY KEY, a, name, b);"
	"CREATE TABLE w(k1, k2, v, PRIMARY KEY(k1, k2)) WITHOUT ROWID;"
	"CREATE INDEX t_by_name ON t(a, name);";

struct row {
	int64_t id, a, b;
	size_t len;
	bool text, replaced;
	char *name;
};

static struct row *rows;
static size_t row_count;
static uint64_t state;
static size_t name_most;

static uint64_t any(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1du;
}

/* A number of any magnitude: all widths come, and their edges. */
static int64_t any_number(void)
{
	uint64_t v = any() >> (any() % 64);

	switch (any() % 8) {
	case 0: return DB_NULL;
	case 1: return (int64_t)(any() % 3);
	case 2: return (int64_t)(UINT64_C(1) << any() % 63) - (int64_t)(any() % 2);
	case 3: return -(int64_t)(v >> 1);
	default: return (int64_t)(v >> 1);
	}
}

static size_t any_length(void)
{
	switch (any() % 16) {
	case 0: return any() % (name_most + 1);
	case 1: return name_most < 255 ? name_most : 255;
	default: return any() % 20;
	}
}

static void make_rows(size_t count)
{
	int64_t id = 0;

	rows = xcalloc(count ? count : 1, sizeof(*rows));
	row_count = count;
	for (size_t i = 0; i < count; i++) {
		struct row *r = &rows[i];

		id += 1 + (any() % 4 ? 0 : (int64_t)(any() % 1000));
		*r = (struct row){ id, (int64_t)(any() % 10) - 1, any_number(), any_length(),
				   any() % 4, false, NULL };
		r->name = xmalloc(r->len + 1);
		for (size_t j = 0; j < r->len; j++)
			r->name[j] = r->text ? (char)('a' + any() % 26) : (char)(any() % 255 + 1);
		/* -1 stands for NULL, which is the least. */
		if (r->a < 0)
			r->a = DB_NULL;
	}
}

/* ---- the plain way ---- */

static void run(sqlite3 *db, const char *sql)
{
	char *error;

	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		die(EXIT_NO, "%s: %s", sql, error);
}

static sqlite3 *create(const char *path, unsigned page_size)
{
	char *pragma = xasprintf("PRAGMA page_size = %u; PRAGMA journal_mode = OFF;"
				 "PRAGMA synchronous = OFF", page_size);
	sqlite3 *db;

	unlink(path);
	if (sqlite3_open(path, &db) != SQLITE_OK)
		die(EXIT_NO, "%s: %s", path, sqlite3_errmsg(db));
	run(db, pragma);
	run(db, schema);
	free(pragma);
	return db;
}

static void bind(sqlite3_stmt *s, int at, int64_t v)
{
	if (v == DB_NULL)
		sqlite3_bind_null(s, at);
	else
		sqlite3_bind_int64(s, at, v);
}

static void bind_name(sqlite3_stmt *s, int at, const struct row *r)
{
	if (r->text)
		sqlite3_bind_text(s, at, r->name, (int)r->len, SQLITE_STATIC);
	else
		sqlite3_bind_blob(s, at, r->len ? r->name : "", (int)r->len, SQLITE_STATIC);
}

static void load_plain(sqlite3 *db)
{
	sqlite3_stmt *t, *w;

	run(db, "BEGIN");
	sqlite3_prepare_v2(db, "INSERT INTO t VALUES(?, ?, ?, ?)", -1, &t, NULL);
	sqlite3_prepare_v2(db, "INSERT INTO w VALUES(?, ?, ?)", -1, &w, NULL);
	for (size_t i = 0; i < row_count; i++) {
		const struct row *r = &rows[i];

		sqlite3_bind_int64(t, 1, r->id);
		bind(t, 2, r->a);
		bind_name(t, 3, r);
		bind(t, 4, r->b);
		sqlite3_bind_int64(w, 1, r->id / 7);
		sqlite3_bind_int64(w, 2, r->id);
		bind_name(w, 3, r);
		if (sqlite3_step(t) != SQLITE_DONE || sqlite3_step(w) != SQLITE_DONE)
			die(EXIT_NO, "plain load: %s", sqlite3_errmsg(db));
		sqlite3_reset(t);
		sqlite3_reset(w);
	}
	sqlite3_finalize(t);
	sqlite3_finalize(w);
	run(db, "COMMIT");
}

/* ---- by page ---- */

static uint32_t root_of(sqlite3 *db, const char *name)
{
	sqlite3_stmt *s;
	uint32_t root;

	sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_master WHERE name = ?", -1, &s, NULL);
	sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
	sqlite3_step(s);
	root = (uint32_t)sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return root;
}

/* The order of an index on (a, name): numbers (NULL first), text before blobs, then the rowid. */
static int by_name(const void *left, const void *right)
{
	const struct row *a = *(struct row *const *)left, *b = *(struct row *const *)right;
	int order;

	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	if (a->text != b->text)
		return a->text ? -1 : 1;
	order = memcmp(a->name, b->name, a->len < b->len ? a->len : b->len);
	if (order || a->len != b->len)
		return order ? order : a->len < b->len ? -1 : 1;
	return a->id < b->id ? -1 : 1;
}

static size_t row_record(unsigned char *out, const struct row *r, bool replaced)
{
	struct db_record record;

	db_record_begin(&record, out, 4, r->len);
	db_record_null(&record);
	db_record_nullable(&record, r->a);
	db_record_name(&record, r->name, r->len, r->text);
	db_record_nullable(&record, replaced ? 0 : r->b);
	return db_record_end(&record);
}

static void add_index(struct db_tree *t, unsigned char *out)
{
	struct row **order = xmalloc((row_count + 1) * sizeof(*order));
	struct db_record record;

	for (size_t i = 0; i < row_count; i++)
		order[i] = &rows[i];
	qsort(order, row_count, sizeof(*order), by_name);
	for (size_t i = 0; i < row_count; i++) {
		db_record_begin(&record, out, 3, order[i]->len);
		db_record_nullable(&record, order[i]->a);
		db_record_name(&record, order[i]->name, order[i]->len, order[i]->text);
		db_record_integer(&record, order[i]->id);
		db_tree_add_key(t, out, db_record_end(&record));
	}
	free(order);
}

static void fill_hole(struct db_pages *f, uint32_t root, unsigned page_size)
{
	size_t len = (size_t)0x40000000 - (size_t)(f->count + 20) * page_size;
	unsigned char *out = xcalloc(1, len + 100);
	struct db_record record;
	struct db_tree t;

	db_record_begin(&record, out, 2, len);
	db_record_null(&record);
	record.type = db_put_varint(record.type, 2 * (uint64_t)len + 12);
	db_tree_begin(&t, f, root, true, 1);
	db_tree_add_row(&t, 1, out, (size_t)(record.body - out) + len);
	db_tree_end(&t);
	free(out);
}

static void load_pages(sqlite3 *db, const char *path, unsigned page_size, bool hole)
{
	uint32_t roots[] = { root_of(db, "first"), root_of(db, "t"), root_of(db, "w"),
			     root_of(db, "t_by_name") };
	unsigned char *out = xmalloc(DB_RECORD_MAX + name_most + 256);
	struct db_tree t, w, index;
	struct db_record record;
	struct db_pages f;
	const char *wrong;
	int fd;

	sqlite3_close(db);
	fd = open(path, O_RDWR);
	wrong = db_pages_open(&f, fd, path, page_size);
	if (wrong)
		die(EXIT_NO, "%s: %s", path, wrong);
	if (hole)
		fill_hole(&f, roots[0], page_size);
	/* Pieces of any size, of several trees at a time. */
	db_tree_begin(&t, &f, roots[1], true, any() % 20 * page_size);
	db_tree_begin(&w, &f, roots[2], false, any() % 20 * page_size);
	for (size_t i = 0; i < row_count; i++) {
		struct row *r = &rows[i];

		r->replaced = any() % 50 == 0 && r->len < page_size / 8;
		db_tree_add_row(&t, r->id, out, row_record(out, r, false));
		db_record_begin(&record, out, 3, r->len);
		db_record_integer(&record, r->id / 7);
		db_record_integer(&record, r->id);
		db_record_name(&record, r->name, r->len, r->text);
		db_tree_add_key(&w, out, db_record_end(&record));
	}
	db_tree_end(&t);
	db_tree_begin(&index, &f, roots[3], false, any() % 20 * page_size);
	add_index(&index, out);
	db_tree_end(&index);
	db_tree_end(&w);
	printf("levels %u %u %u\n", t.top + 1, w.top + 1, index.top + 1);
	if (name_most < page_size / 8)
		for (size_t i = 0; i < row_count; i++) {
			if (rows[i].replaced)
				db_pages_replace(&f, roots[1], rows[i].id, out,
						 row_record(out, &rows[i], true));
		}
	db_pages_finish(&f);
	close(fd);
	free(out);
}

/* ---- both ---- */

static void expect(sqlite3 *db, const char *sql, const char *wanted)
{
	sqlite3_stmt *s;
	const char *got;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		die(EXIT_NO, "%s: %s", sql, sqlite3_errmsg(db));
	got = sqlite3_step(s) == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : "nothing";
	if (!got || strcmp(got, wanted))
		die(EXIT_NO, "%s: %s instead of %s", sql, got ? got : sqlite3_errmsg(db), wanted);
	sqlite3_finalize(s);
}

static void compare(sqlite3 *db, size_t replaced)
{
	char *count = xasprintf("%zu", row_count), *other = xasprintf("%zu", replaced);

	expect(db, "PRAGMA integrity_check", "ok");
	expect(db, "SELECT count(*) FROM t", count);
	expect(db, "SELECT count(*) FROM w", count);
	expect(db, "SELECT * FROM w EXCEPT SELECT * FROM plain.w", "nothing");
	expect(db, "SELECT id, a, name FROM t EXCEPT SELECT id, a, name FROM plain.t", "nothing");
	expect(db, "SELECT count(*) FROM t JOIN plain.t AS p USING(id) WHERE t.b IS NOT p.b AND t.b = 0",
	       other);
	/* By key: the index must lead to every row. */
	expect(db, "SELECT count(*) FROM plain.t AS p JOIN t INDEXED BY t_by_name"
		   " ON t.a IS p.a AND t.name = p.name AND t.id = p.id", count);
	expect(db, "SELECT count(*) FROM plain.w AS p JOIN w ON w.k1 = p.k1 AND w.k2 = p.k2", count);
	free(count);
	free(other);
}

int main(int argc, char **argv)
{
	unsigned page_size;
	char *pages, *plain, *attach;
	size_t replaced = 0;
	bool hole;
	sqlite3 *db;

	tool_begin(argv, "pages-check");
	if (argc < 5)
		die(EXIT_USAGE, "DIR PAGE_SIZE ROWS SEED [longest name]");
	page_size = (unsigned)strtoul(argv[2], NULL, 10);
	state = strtoull(argv[4], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
	hole = argc > 5 && !strcmp(argv[5], "hole");
	name_most = argc > 5 && !hole ? strtoull(argv[5], NULL, 10) : 255;
	pages = xasprintf("%s/pages.db", argv[1]);
	plain = xasprintf("%s/plain.db", argv[1]);
	make_rows(strtoull(argv[3], NULL, 10));
	db = create(plain, page_size);
	load_plain(db);
	sqlite3_close(db);
	load_pages(create(pages, page_size), pages, page_size, hole);
	sqlite3_open(pages, &db);
	attach = xasprintf("ATTACH '%s' AS plain", plain);
	run(db, attach);
	for (size_t i = 0; i < row_count && name_most < page_size / 8; i++)
		replaced += rows[i].replaced && rows[i].b != 0;
	compare(db, replaced);
	run(db, "DELETE FROM t WHERE id % 3 = 0; UPDATE t SET name = name || a || b WHERE id % 5 = 1;"
		"INSERT INTO t SELECT id + 1000000000, a, name, b FROM plain.t;"
		"DELETE FROM w WHERE k1 % 2 = 0; INSERT INTO w SELECT k1 + 1, -k2, v FROM w");
	expect(db, "PRAGMA integrity_check", "ok");
	sqlite3_close(db);
	free(attach);
	free(pages);
	free(plain);
	return EXIT_OK;
}
