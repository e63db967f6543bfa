/*
 * audit_pages - what SQLite itself can check: pages, and indexes against their tables.
 */
#ifndef TREETALLY_AUDIT_PAGES_H
#define TREETALLY_AUDIT_PAGES_H

#include "common/db/db.h"

/* Dies (3) if they are damaged. Takes long: every page is read, and every index entry looked up. */
void audit_pages_check(struct db *db);

#endif
