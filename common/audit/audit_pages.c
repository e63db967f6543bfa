#include "common/audit/audit_pages.h"

void audit_pages_check(struct db *db)
{
	sqlite3_stmt *select = db_prepare(db, "PRAGMA integrity_check(1)");
	const char *says;

	db_step(db, select);
	says = (const char *)sqlite3_column_text(select, 0);
	if (!says || strcmp(says, "ok"))
		die(EXIT_INPUT, "%s: is damaged: SQLite says: %s", db->name,
		    says ? says : "nothing");
	sqlite3_finalize(select);
}
