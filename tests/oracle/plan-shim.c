/* SPDX-License-Identifier: MIT */
/*
 * plan-shim - an LD_PRELOAD library that asks SQLite how it will do each statement of a program.
 *
 * To the file $PLANS it adds a line for each: program, statement, and the steps of its plan, each
 * with the number of the step that it belongs to and a colon before it; between them tabs.
 */
#include <dlfcn.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

typedef int prepare_fn(sqlite3 *, const char *, int, sqlite3_stmt **, const char **);

static void put(FILE *to, const char *text)
{
	for (; *text; text++)
		putc(*text == '\n' || *text == '\t' ? ' ' : *text, to);
}

static void explain(prepare_fn *prepare, sqlite3 *db, const char *sql, FILE *to)
{
	char *explained = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
	sqlite3_stmt *plan = NULL;

	if (prepare(db, explained, -1, &plan, NULL) == SQLITE_OK) {
		fprintf(to, "%s\t", program_invocation_short_name);
		put(to, sql);
		while (sqlite3_step(plan) == SQLITE_ROW) {
			fprintf(to, "\t%d:", sqlite3_column_int(plan, 1));
			put(to, (const char *)sqlite3_column_text(plan, 3));
		}
		putc('\n', to);
	}
	sqlite3_finalize(plan);
	sqlite3_free(explained);
}

SQLITE_API int sqlite3_prepare_v2(sqlite3 *db, const char *sql, int len, sqlite3_stmt **statement,
				  const char **tail)
{
	prepare_fn *prepare = (prepare_fn *)dlsym(RTLD_NEXT, "sqlite3_prepare_v2");
	int rc = prepare(db, sql, len, statement, tail);
	const char *plans = getenv("PLANS");
	FILE *to;

	if (rc != SQLITE_OK || !*statement || !plans)
		return rc;
	to = fopen(plans, "a");
	if (!to)
		abort();
	explain(prepare, db, sql, to);
	fclose(to);
	return rc;
}
