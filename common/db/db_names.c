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

struct name_table {
	struct db *db;
	sqlite3_stmt *insert;
	enum name_kind kind;
};

static void store_name(void *arg, const struct name *name)
{
	struct name_table *t = arg;

	db_bind(t->db, t->insert, 1, name->id);
	db_bind_name(t->db, t->insert, 2, name->name, strlen(name->name));
	if (t->kind == NAME_USER)
		db_bind_name(t->db, t->insert, 3, name->full, name->full ? strlen(name->full) : 0);
	db_step(t->db, t->insert);
}

void db_names_store_unknown(struct db *db, enum name_kind kind)
{
	const struct name name = { .id = UINT32_MAX, .name = "unknown" };
	struct name_table t = { db, db_prepare(db, statements[kind].insert), kind };

	store_name(&t, &name);
	sqlite3_finalize(t.insert);
}

static void store_from_file(struct name_table *t, FILE *file, const char *path)
{
	struct buf line = { 0 };
	struct name name;

	while (names_read(file, path, t->kind, &line, &name))
		store_name(t, &name);
	fclose(file);
	buf_release(&line);
}

static bool store_from_service(struct name_table *t, struct name_service *service)
{
	sqlite3_stmt *select = db_prepare(t->db, statements[t->kind].ids);
	uint32_t ids[NAMES_BATCH];
	bool more = true, answered = true;

	while (more && answered) {
		size_t count = 0;

		while (count < NAMES_BATCH && (more = db_step(t->db, select)))
			ids[count++] = (uint32_t)db_column(t->db, select, 0, DB_UID);
		if (count)
			answered = name_service_ask(service, t->kind, ids, count, store_name, t);
	}
	sqlite3_finalize(select);
	return answered;
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

bool db_names_store(struct db *db, struct name_files *files)
{
	struct name_service service;
	bool answered = true;

	if (!files->path[NAME_USER] || !files->path[NAME_GROUP])
		name_service_start(&service);
	for (int kind = NAME_USER; kind <= NAME_GROUP; kind++) {
		struct name_table t = { db, db_prepare(db, statements[kind].insert),
					(enum name_kind)kind };

		if (files->path[kind])
			store_from_file(&t, files->file[kind], files->path[kind]);
		else
			answered &= store_from_service(&t, &service);
		sqlite3_finalize(t.insert);
	}
	if (!files->path[NAME_USER] || !files->path[NAME_GROUP])
		answered |= service_failed(db, &service);
	return answered;
}
