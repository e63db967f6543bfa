/*
 * audit_schema - are all tables, views and indexes there, with the columns of treetally-db(5)?
 */
#ifndef TREETALLY_AUDIT_SCHEMA_H
#define TREETALLY_AUDIT_SCHEMA_H

#include "common/db/db.h"

/* Dies (3) when something is missing or has other columns; returns how many there are. */
int audit_schema_check(struct db *db);

/* What SQLite itself can check of pages and indexes; dies (3). */
void audit_pages_check(struct db *db);

#endif
