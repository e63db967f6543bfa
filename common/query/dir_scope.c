/* SPDX-License-Identifier: MIT */
#include "common/query/dir_scope.h"

#include "common/query/dir_search.h"

void dir_scope_narrow(struct db_reader_db *a, struct scope *scope,
		      const struct dir_question *question)
{
	struct dir_question q = *question;
	struct scope_prefix *list = NULL;
	size_t count = 0, cap = 0;
	struct dir_search search;
	struct dir_hit hit;

	/* In tree order nothing waits, and the end of each is known as it comes. */
	q.sort = DIR_BY_PATH;
	q.once = true;
	dir_search_start(&search, a, scope, &q);
	while (dir_search_next(&search, &hit)) {
		GROW(list, cap, count + 1);
		list[count++] = (struct scope_prefix){ .dir_id = hit.dir_id, .last = search.until };
	}
	dir_search_finish(&search);
	scope_narrow(scope, list, count);
}
