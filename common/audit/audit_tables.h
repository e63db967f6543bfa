/* SPDX-License-Identifier: MIT */
/*
 * audit_tables - the small tables: summaries against usage, scan_metadata against what was found in
 * the others, its accounts against each other, and all of them against the seal (db_seal.h), which
 * tells what no other number does: names, classes, sources.
 *
 * Everything here comes after audit_tree_walk: what usage_nr says in all is in t->usage. The first
 * lie ends the program (1).
 */
#ifndef TREETALLY_AUDIT_TABLES_H
#define TREETALLY_AUDIT_TABLES_H

#include "common/audit/audit_tree.h"

/* owner_summary and group_summary; their numbers of rows. */
void audit_tables_summaries(struct audit_tree *t, int64_t *owners, int64_t *groups);

/*
 * scan_metadata and what belongs to it. The accounts of a database that is not verified count lines
 * of which rows may have been taken away since; then only what the tables say is compared.
 */
void audit_tables_metadata(struct audit_tree *t, bool verified);

/* A number of scan_metadata: a column, or an expression of columns. */
int64_t audit_metadata(struct db *db, const char *column);

/*
 * Pages, and indexes against their tables, as SQLite checks them. Dies (3) if they are damaged.
 * Takes long: every page is read, and every index entry looked up.
 */
void audit_tables_pages(struct db *db);

#endif
