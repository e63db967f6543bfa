/* SPDX-License-Identifier: MIT */
#include "common/db/db_batch.h"

#include "common/base/utf8.h"

/* Names may fill this much before the batch is inserted early (bytes). */
#define NAMES_MAX (256u << 10)

struct batch_table {
	sqlite3_vtab base;
	struct db_batch *batch;
};

struct batch_cursor {
	sqlite3_vtab_cursor base;
	size_t row;
};

static const struct db_batch *batch_of(sqlite3_vtab_cursor *base)
{
	return ((struct batch_table *)base->pVtab)->batch;
}

static int batch_connect(sqlite3 *handle, void *arg, int argc, const char *const *argv,
			 sqlite3_vtab **table, char **error)
{
	struct batch_table *t;
	int rc;

	(void)argc, (void)argv, (void)error;
	rc = sqlite3_declare_vtab(handle, "CREATE TABLE batch(c0, c1, c2, c3, c4, c5, c6, c7, c8,"
					  "c9, c10, c11, c12, c13, c14, c15)");
	if (rc != SQLITE_OK)
		return rc;
	t = calloc(1, sizeof(*t));
	if (!t)
		return SQLITE_NOMEM;
	t->batch = arg;
	*table = &t->base;
	return SQLITE_OK;
}

static int batch_disconnect(sqlite3_vtab *table)
{
	free(table);
	return SQLITE_OK;
}

static int batch_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
	(void)table;
	info->estimatedCost = DB_BATCH_ROWS;
	return SQLITE_OK;
}

static int batch_open(sqlite3_vtab *table, sqlite3_vtab_cursor **cursor)
{
	struct batch_cursor *c = calloc(1, sizeof(*c));

	(void)table;
	if (!c)
		return SQLITE_NOMEM;
	*cursor = &c->base;
	return SQLITE_OK;
}

static int batch_close(sqlite3_vtab_cursor *cursor)
{
	free(cursor);
	return SQLITE_OK;
}

static int batch_filter(sqlite3_vtab_cursor *cursor, int number, const char *name, int argc,
			sqlite3_value **argv)
{
	(void)number, (void)name, (void)argc, (void)argv;
	((struct batch_cursor *)cursor)->row = 0;
	return SQLITE_OK;
}

static int batch_next(sqlite3_vtab_cursor *cursor)
{
	((struct batch_cursor *)cursor)->row++;
	return SQLITE_OK;
}

static int batch_eof(sqlite3_vtab_cursor *cursor)
{
	return ((struct batch_cursor *)cursor)->row >= batch_of(cursor)->count;
}

/* A name is stored as its place in `names`: offset and length. */
static void give_name(const struct db_batch *b, sqlite3_context *context, int64_t value)
{
	const char *name = (char *)b->names.data + (value >> 16);
	int len = (int)(value & 0xffff);

	if (utf8_valid(name, (size_t)len))
		sqlite3_result_text(context, name, len, SQLITE_STATIC);
	else
		sqlite3_result_blob(context, name, len, SQLITE_STATIC);
}

static int batch_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
	const struct db_batch *b = batch_of(cursor);
	const int64_t *row = b->values + ((struct batch_cursor *)cursor)->row * b->columns;
	bool whole = b->whole >> column & 1;
	int64_t value = row[column];

	if (row[whole ? b->whole_like : (unsigned)column] == DB_NULL)
		sqlite3_result_null(context);
	else if ((unsigned)column == b->name_column)
		give_name(b, context, value);
	else
		sqlite3_result_int64(context, value);
	return SQLITE_OK;
}

static int batch_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid)
{
	*rowid = (sqlite3_int64)((struct batch_cursor *)cursor)->row;
	return SQLITE_OK;
}

static const sqlite3_module batch_module = {
	/* Without xCreate the table is there as soon as the module is, in no database. */
	.xConnect = batch_connect, .xDisconnect = batch_disconnect, .xBestIndex = batch_best_index,
	.xOpen = batch_open, .xClose = batch_close, .xFilter = batch_filter, .xNext = batch_next,
	.xEof = batch_eof, .xColumn = batch_column, .xRowid = batch_rowid,
};

void db_batch_init(struct db_batch *b, struct db *db, const char *table, unsigned columns,
		   unsigned name_column, size_t capacity)
{
	char *module = xasprintf("batch_%s", table);
	struct buf sql = { 0 };

	*b = (struct db_batch){ .db = db, .columns = columns, .name_column = name_column,
				.capacity = capacity };
	b->values = xmalloc(capacity * columns * sizeof(*b->values));
	db_check(db, sqlite3_create_module_v2(db->handle, module, &batch_module, b, NULL));
	buf_printf(&sql, "INSERT INTO %s SELECT ", table);
	for (unsigned i = 0; i < columns; i++)
		buf_printf(&sql, "%sc%u", i ? ", " : "", i);
	buf_printf(&sql, " FROM %s", module);
	buf_add_char(&sql, '\0');
	b->insert = db_prepare(db, (char *)sql.data);
	buf_release(&sql);
	free(module);
}

void db_batch_whole_columns(struct db_batch *b, uint32_t columns, unsigned like)
{
	b->whole = columns;
	b->whole_like = like;
}

int64_t *db_batch_add(struct db_batch *b)
{
	if (b->count == b->capacity || b->names.len > NAMES_MAX)
		db_batch_flush(b);
	return b->values + b->count++ * b->columns;
}

void db_batch_set_name(struct db_batch *b, int64_t *row, const char *name, size_t len)
{
	row[b->name_column] = (int64_t)(b->names.len << 16 | len);
	buf_add(&b->names, name, len);
}

void db_batch_flush(struct db_batch *b)
{
	if (b->count)
		db_step(b->db, b->insert);
	b->count = 0;
	b->names.len = 0;
}

void db_batch_release(struct db_batch *b)
{
	db_batch_flush(b);
	sqlite3_finalize(b->insert);
	free(b->values);
	buf_release(&b->names);
	*b = (struct db_batch){ 0 };
}
