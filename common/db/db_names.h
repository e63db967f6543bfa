/* SPDX-License-Identifier: MIT */
/*
 * db_names - the tables user_info and group_info: names for the ids of owner_summary and
 * group_summary.
 *
 * From files when they are given, else from the name service (name_service.h says how long that may
 * take).
 */
#ifndef TREETALLY_DB_NAMES_H
#define TREETALLY_DB_NAMES_H

#include "common/db/db.h"
#include "common/db/name_service.h"

struct name_files {
	const char *path[2]; /* by enum name_kind; NULL: the name service */
	FILE *file[2];
};

/* Open those that have a path, early, before there is work to lose. */
void name_files_open(struct name_files *f);

#define DB_NAMES_AHEAD 4096 /* ids that are asked for before all are known */

struct db_names {
	struct name_files *files;      /* the caller's */
	struct name_service service;
	bool asking;                   /* there is a process */
	struct id_batch {
		uint32_t ids[NAMES_BATCH];
		size_t count;
	} batch[2];                    /* by enum name_kind: not asked for yet */
	uint64_t *expected;            /* a table; 0: free */
	size_t expected_count;
};

/* Start the process that asks, if there is something to ask for. Threads are started later. */
void db_names_begin(struct db_names *n, struct name_files *files);

/* This id will be there: its name may be asked for while other work is done. */
void db_names_expect(struct db_names *n, enum name_kind kind, uint32_t id);

/* The name of FIELD_NOBODY (fields.h), where it stands for the owner or the group of all. */
void db_names_store_unknown(struct db *db, enum name_kind kind);

/*
 * Fill both tables, and end what was begun. False when the name service did not answer all questions
 * in time. If the process that asks it crashes or is killed, names are missing too, and a warning
 * says so.
 */
bool db_names_store(struct db_names *n, struct db *db);

#endif
