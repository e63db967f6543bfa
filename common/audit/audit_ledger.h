/*
 * audit_ledger - scan_metadata against what was found in the tables, and the accounts against
 * themselves.
 */
#ifndef TREETALLY_AUDIT_LEDGER_H
#define TREETALLY_AUDIT_LEDGER_H

#include "common/audit/audit_tree.h"

/*
 * Call after audit_tree_walk. The accounts of a database that is not verified count lines of which
 * rows may have been taken away since; then only what the tables say is compared.
 */
void audit_ledger_check(struct audit_tree *t, bool verified);

/* A number of scan_metadata. */
int64_t audit_metadata(struct db *db, const char *column);

#endif
