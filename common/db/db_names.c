/* SPDX-License-Identifier: MIT */
#include "common/db/db_names.h"

#include "common/db/db_column.h"

#include <sys/wait.h>

/* In the order of enum name_kind. The condition leaves out names in files of whom nobody asks. */
static const struct {
	const char *ids, *insert;
} statements[] = {
	{ "SELECT owner_uid FROM owner_summary ORDER BY owner_uid",
	  "INSERT OR IGNORE INTO user_info(uid, username, full_name) SELECT ?1, ?2, ?3"
	  " WHERE EXISTS (SELECT 1 FROM owner_summary WHERE owner_uid = ?1)" },
	{ "SELECT owner_gid FROM group_summary ORDER BY owner_gid",
	  "INSERT OR IGNORE INTO group_info(gid, groupname) SELECT ?1, ?2"
	  " WHERE EXISTS (SELECT 1 FROM group_summary WHERE owner_gid = ?1)" },
};

#define SLOTS (4 * DB_NAMES_AHEAD)
#define BATCH_AHEAD 16 /* ids in an early question */

/* ---- asking ahead ---- */

void db_names_begin(struct db_names *n, struct name_files *files)
{
	*n = (struct db_names){ .files = files };
	n->expected = xcalloc(SLOTS, sizeof(*n->expected));
	n->asking = !files->path[NAME_USER] || !files->path[NAME_GROUP];
	if (n->asking)
		name_service_start(&n->service);
}

/* The slot of an id, or the free one where it belongs. */
static uint64_t *find(const struct db_names *n, uint64_t key)
{
	uint64_t at = key * 0x9e3779b97f4a7c15u >> 32;

	while (n->expected[at % SLOTS] && n->expected[at % SLOTS] != key)
		at++;
	return &n->expected[at % SLOTS];
}

static void ask(struct db_names *n, enum name_kind kind, uint32_t id, size_t most)
{
	struct id_batch *batch = &n->batch[kind];

	batch->ids[batch->count++] = id;
	if (batch->count < most)
		return;
	name_service_ask(&n->service, kind, batch->ids, batch->count);
	batch->count = 0;
}

static uint64_t key_of(enum name_kind kind, uint32_t id)
{
	return ((uint64_t)kind << 32 | id) + 1;
}

void db_names_expect(struct db_names *n, enum name_kind kind, uint32_t id)
{
	uint64_t *slot;

	if (!n->asking || n->files->path[kind] || n->expected_count == DB_NAMES_AHEAD)
		return;
	slot = find(n, key_of(kind, id));
	if (*slot)
		return;
	*slot = key_of(kind, id);
	n->expected_count++;
	ask(n, kind, id, BATCH_AHEAD);
}

/* ---- the tables ---- */

struct name_table {
	struct db *db;
	sqlite3_stmt *insert[2]; /* by enum name_kind */
};

static void tables_open(struct name_table *t, struct db *db)
{
	t->db = db;
	for (int kind = NAME_USER; kind <= NAME_GROUP; kind++)
		t->insert[kind] = db_prepare(db, statements[kind].insert);
}

static void tables_close(struct name_table *t)
{
	for (int kind = NAME_USER; kind <= NAME_GROUP; kind++)
		sqlite3_finalize(t->insert[kind]);
}

static void store_name(void *arg, enum name_kind kind, const struct name *name)
{
	struct name_table *t = arg;
	sqlite3_stmt *insert = t->insert[kind];

	db_bind(t->db, insert, 1, name->id);
	db_bind_name(t->db, insert, 2, name->name, strlen(name->name));
	if (kind == NAME_USER)
		db_bind_name(t->db, insert, 3, name->full, name->full ? strlen(name->full) : 0);
	db_step(t->db, insert);
}

void db_names_store_unknown(struct db *db, enum name_kind kind)
{
	const struct name name = { .id = UINT32_MAX, .name = "unknown" };
	struct name_table t;

	tables_open(&t, db);
	store_name(&t, kind, &name);
	tables_close(&t);
}

static void store_from_file(struct name_table *t, enum name_kind kind, FILE *file,
			    const char *path)
{
	struct buf line = { 0 };
	struct name name;

	while (names_read(file, path, kind, &line, &name))
		store_name(t, kind, &name);
	fclose(file);
	buf_release(&line);
}

/* Those that were not expected; questions that are many are not all asked at once. */
static bool store_from_service(struct db_names *n, struct name_table *t, enum name_kind kind)
{
	sqlite3_stmt *select = db_prepare(t->db, statements[kind].ids);
	struct id_batch *batch = &n->batch[kind];
	bool answered = true;

	while (answered && db_step(t->db, select)) {
		uint32_t id = (uint32_t)db_column(t->db, select, 0, DB_UID);

		if (*find(n, key_of(kind, id)))
			continue;
		ask(n, kind, id, NAMES_BATCH);
		answered = batch->count || name_service_await(&n->service, store_name, t);
	}
	sqlite3_finalize(select);
	if (batch->count)
		name_service_ask(&n->service, kind, batch->ids, batch->count);
	return name_service_await(&n->service, store_name, t);
}

void name_files_open(struct name_files *f)
{
	for (int kind = NAME_USER; kind <= NAME_GROUP; kind++) {
		if (f->path[kind])
			f->file[kind] = names_open_file(f->path[kind]);
	}
}

/* Has the child ended on its own? Then this says so. */
static bool service_failed(struct db *db, struct name_service *service)
{
	int status = name_service_stop(service);
	char *failure;

	if (!status)
		return false;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SYSTEM)
		die(EXIT_SYSTEM, "%s: names cannot be looked up: out of memory or descriptors, or "
		    "a file that cannot be read (--no-names leaves names out)", db->name);
	failure = process_failure(status);
	warn("%s: names are missing: the process that looks them up %s", db->name, failure);
	free(failure);
	return true;
}

bool db_names_store(struct db_names *n, struct db *db)
{
	const struct name_files *files = n->files;
	struct name_table t;
	bool answered = true;

	tables_open(&t, db);
	for (int kind = NAME_USER; kind <= NAME_GROUP; kind++) {
		if (files->path[kind])
			store_from_file(&t, (enum name_kind)kind, files->file[kind],
					files->path[kind]);
		else
			answered &= store_from_service(n, &t, (enum name_kind)kind);
	}
	tables_close(&t);
	if (n->asking)
		answered |= service_failed(db, &n->service);
	free(n->expected);
	return answered;
}
