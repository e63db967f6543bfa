/* SPDX-License-Identifier: MIT */
/*
 * db_file - a database that is written: how it is looked at, opened, made and published.
 *
 * A new database has no name until it is finished: db_create lets SQLite write into an outfile
 * (outfile.h), so that a run that fails, however it fails, leaves nothing and harms nothing.
 *
 * Life: db_setup once, then   db_open -> ... -> db_close
 *                        or   db_create -> ... -> db_publish
 */
#ifndef TREETALLY_DB_FILE_H
#define TREETALLY_DB_FILE_H

#include "common/base/scantime.h"
#include "common/db/db_pages.h"
#include "common/db/db_trust.h"

/* What lies under a name; see db_trust.h for the states. */
struct db_found {
	enum db_state state;
	char *filesystem; /* DB_COMPLETE only; NULL: not known */
	int64_t scan_day; /* DB_COMPLETE only; DAY_NONE: not known */
};

/*
 * Look at what is there, and remove or play back the journal of a run that was killed, if the file
 * is ours. Dies (3) when it is damaged or not a regular file, (4) when it cannot be read or is
 * locked. Nothing stays open. The caller releases what was found.
 */
void db_look(const char *name, struct db_found *found);
/* The same, and it stays open for reading and writing, unless it is missing or empty. */
void db_open(struct db *db, const char *name, struct db_found *found);
void db_found_release(struct db_found *found);
/* Die (3) and say why unless there is nothing, or a database of ours that can be worked on. */
void db_require(const char *name, const struct db_found *found);
void db_close(struct db *db);

/*
 * Begin a transaction that nobody else has a part in, on a database that was opened, so that
 * whoever else wants to write or replace it waits. It holds until db_close. False: the name means
 * another file meanwhile, and there is nothing to be locked any more.
 */
bool db_lock(struct db *db) WARN_UNUSED;

/* A new, empty database of our format, without journal and locks; to be named by db_publish. */
void db_create(struct db *db, const char *name);
/*
 * The same, but it begins as a copy of another one, which is locked. Dies (3) when that one has
 * other tables than dir-load makes, or pages cannot be added to it, since it has another form than
 * dir-load gives a file.
 */
void db_create_copy(struct db *db, const char *name, struct db *old);
/* Its tables are made, so go on with pages; SQLite is idle until db_pages_finish. */
void db_begin_pages(struct db *db, struct db_pages *pages);
/*
 * When its name is free: remove what a database of that name left behind, a journal or a log, which
 * SQLite would play back into the new one.
 */
void db_clear_name(const struct db *db);
/* Close, make it durable, give it its name (an older file of that name is replaced). */
void db_publish(struct db *db);
/* The directory of a file that got its name is on the disk too, or a power cut could undo that. */
bool db_sync_directory(const char *file) WARN_UNUSED;

#endif
