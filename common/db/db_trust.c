/* SPDX-License-Identifier: MIT */
#include "common/db/db_trust.h"

#include "common/base/wire.h"
#include "common/db/db_schema.h"

/* Where the file's header (SQLite's documented format) keeps what we ask for. */
#define HEADER_BYTES 100
#define HEADER_MAGIC "SQLite format 3"
#define HEADER_ENCODING 56
#define HEADER_USER_VERSION 60
#define HEADER_APPLICATION_ID 68
#define ENCODING_UTF8 1

/*
 * A header of a stream, which load_state keeps, has at most 4 MiB; nothing else is nearly as long.
 */
#define VALUE_BYTES (16 << 20)
#define SQL_BYTES 100000
/*
 * Pages that refer to each other can make a table of 10^20 rows of a small file. So nothing takes
 * more of SQLite's steps than this, of which our schema needs some thousand, and then as many for
 * each byte: a row, which takes 20 bytes and more, needs about a hundred to be looked at once.
 */
#define STEPS_BASE 10000000
#define STEPS_PER_BYTE 200
#define OBJECTS_MAX 40
#define OBJECT_NAME 64

const char *db_trust_says(enum db_state state)
{
	static const char *const says[] = {
		[DB_ABSENT] = "is not there",
		[DB_EMPTY] = "is an empty file, not a database",
		[DB_NOT_SQLITE] = "is not a SQLite database",
		[DB_FOREIGN] = "is a database of another program",
		[DB_OLDER] = "was made by version 0.1 or 0.2: import again",
		[DB_NEWER] = "was made by a newer version of treetally",
		[DB_ALTERED] = "is damaged: its tables, indexes and views are not ours",
		[DB_DIRECTORIES] = "has directories, but no statistics",
		[DB_COMPLETE] = "is complete",
	};

	return says[state];
}

enum db_state db_trust_header(struct db *db)
{
	unsigned char h[HEADER_BYTES];
	sqlite3_file *file;
	uint32_t format;
	int rc;

	/* Through SQLite's own descriptor: closing a second one would drop its locks (POSIX). */
	db_check(db, sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file));
	rc = file->pMethods->xRead(file, h, sizeof(h), 0);
	if (rc != SQLITE_IOERR_SHORT_READ)
		db_check(db, rc);
	if (rc != SQLITE_OK || memcmp(h, HEADER_MAGIC, sizeof(HEADER_MAGIC)))
		return DB_NOT_SQLITE;
	if (get_be32(h + HEADER_APPLICATION_ID) != DB_APPLICATION_ID)
		return DB_FOREIGN;
	format = get_be32(h + HEADER_USER_VERSION);
	if (format != DB_FORMAT)
		return format && format < DB_FORMAT ? DB_OLDER : DB_NEWER;
	return get_be32(h + HEADER_ENCODING) == ENCODING_UTF8 ? DB_DIRECTORIES : DB_ALTERED;
}

void db_trust_nothing(struct db *db)
{
	static const struct {
		int option, value;
	} options[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
#ifdef SQLITE_DBCONFIG_ENABLE_VIEW
		{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
#endif
#ifdef SQLITE_DBCONFIG_TRUSTED_SCHEMA
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
#endif
	};

	/* A library older than the header it was compiled with knows less; no harm in that. */
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		sqlite3_db_config(db->handle, options[i].option, options[i].value, NULL);
	sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, VALUE_BYTES);
	sqlite3_limit(db->handle, SQLITE_LIMIT_SQL_LENGTH, SQL_BYTES);
	sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 0);
	db_exec(db, "PRAGMA cell_size_check = ON");
	/* Statements are written for the indexes that there are; to make one reads a whole table. */
	db_exec(db, "PRAGMA automatic_index = OFF");
}

/* ---- the schema ---- */

#define SCHEMA_ROWS "SELECT type, name, tbl_name, sql FROM sqlite_master"

/*
 * What SQLite puts into its schema, told from the text of our statements: a statement itself, as
 * it is written, and an index of its own for a key that is not the rowid.
 */
struct object {
	const char *sql; /* not terminated; NULL: an index of SQLite's own */
	size_t sql_len;
	const char *type;
	char name[OBJECT_NAME + sizeof("sqlite_autoindex__1")], table[OBJECT_NAME];
	bool seen;
};

struct objects {
	struct object object[OBJECTS_MAX];
	size_t count;
};

/* Copy a word that ends before a blank or a bracket; returns where it ends. */
static const char *take_word(char word[OBJECT_NAME], const char *at)
{
	size_t len = strcspn(at, " (");

	if (len >= OBJECT_NAME)
		bug("a name in the schema is too long");
	memcpy(word, at, len);
	word[len] = '\0';
	return at + len;
}

static struct object *add_object(struct objects *all, const char *type)
{
	if (all->count == OBJECTS_MAX)
		bug("more objects in the schema than there is room for");
	all->object[all->count] = (struct object){ .type = type };
	return &all->object[all->count++];
}

static bool contains(const char *text, size_t len, const char *part)
{
	return memmem(text, len, part, strlen(part));
}

/* `sql` is one statement, without a semicolon. */
static void expect_one(struct objects *all, const char *sql, size_t len)
{
	static const char *const types[] = { "CREATE TABLE ", "CREATE VIEW ", "CREATE INDEX ",
					     "CREATE UNIQUE INDEX " };
	static const char *const names[] = { "table", "view", "index", "index" };
	const char *at;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct object *o;

		if (strncmp(sql, types[i], strlen(types[i])))
			continue;
		o = add_object(all, names[i]);
		o->sql = sql;
		o->sql_len = len;
		at = take_word(o->name, sql + strlen(types[i]));
		take_word(o->table, *o->type == 'i' ? at + strlen(" ON ") : o->name);
		if (*o->type != 't' || !contains(sql, len, " TEXT PRIMARY KEY") ||
		    contains(sql, len, "WITHOUT ROWID"))
			return;
		o = add_object(all, "index");
		snprintf(o->name, sizeof(o->name), "sqlite_autoindex_%s_1", o[-1].table);
		memcpy(o->table, o[-1].table, sizeof(o->table));
	}
}

static void expect(struct objects *all, const char *sql)
{
	for (size_t len; *sql; sql += len + (sql[len] == ';')) {
		len = strcspn(sql, ";");
		expect_one(all, sql, len);
	}
}

static bool column_is(sqlite3_stmt *row, int column, const char *text, size_t len)
{
	if (!text)
		return sqlite3_column_type(row, column) == SQLITE_NULL;
	return sqlite3_column_type(row, column) == SQLITE_TEXT &&
	       (size_t)sqlite3_column_bytes(row, column) == len &&
	       memcmp(sqlite3_column_blob(row, column), text, len) == 0;
}

/* The one of them that a row is, and no other row was; NULL: none. */
static struct object *object_of(struct objects *all, sqlite3_stmt *row)
{
	for (size_t i = 0; i < all->count; i++) {
		struct object *o = &all->object[i];

		if (!o->seen && column_is(row, 0, o->type, strlen(o->type)) &&
		    column_is(row, 1, o->name, strlen(o->name)) &&
		    column_is(row, 2, o->table, strlen(o->table)) &&
		    column_is(row, 3, o->sql, o->sql_len))
			return o;
	}
	return NULL;
}

static bool schema_is(struct db *db, bool stats)
{
	struct objects all = { .count = 0 };
	sqlite3_stmt *row = db_prepare(db, SCHEMA_ROWS);
	struct object *found = NULL;
	size_t seen = 0;
	bool more;

	expect(&all, db_schema_directories);
	if (stats)
		expect(&all, db_schema_stats);
	for (size_t i = 0; stats && i < db_schema_index_count; i++)
		expect(&all, db_schema_indexes[i]);
	while ((more = db_step(db, row)) && (found = object_of(&all, row))) {
		found->seen = true;
		seen++;
	}
	sqlite3_finalize(row);
	return !more && seen == all.count;
}

/* Each statement counts for itself, so this is called every STEPS_BASE of any of them. */
static int lose_patience(void *arg)
{
	struct db *db = arg;

	return !db->patience || !--db->patience;
}

enum db_state db_trust_schema(struct db *db)
{
	enum db_state state = DB_ALTERED;

	db->patience = 0;
	sqlite3_progress_handler(db->handle, STEPS_BASE, lose_patience, db);
	if (schema_is(db, true))
		state = DB_COMPLETE;
	else if (schema_is(db, false))
		state = DB_DIRECTORIES;
	sqlite3_progress_handler(db->handle, 0, NULL, NULL);
	return state;
}

void db_trust_bound(struct db *db)
{
	sqlite3_int64 bytes = 0;
	sqlite3_file *file;

	db_check(db, sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file));
	db_check(db, file->pMethods->xFileSize(file, &bytes));
	db->patience = 10 + (uint64_t)bytes / (STEPS_BASE / STEPS_PER_BYTE);
	sqlite3_progress_handler(db->handle, STEPS_BASE, lose_patience, db);
}
