/* SPDX-License-Identifier: MIT */
/*
 * owners - users and groups in questions and answers: numbers, and names where there are any.
 *
 * What names meant when the database was made counts first, the name service of this machine after
 * it. A name that neither knows, or that databases understand differently, ends the program (2)
 * with the advice to give the number.
 */
#ifndef TREETALLY_OWNERS_H
#define TREETALLY_OWNERS_H

#include "common/db/db_reader.h"
#include "common/base/buf.h"

/* Whose files are wanted: those of any of these. Zeroed: everybody's. */
struct owners_wanted {
	const char **texts; /* names and numbers as options gave them; an allocated list */
	size_t text_count;
	bool mine;          /* and of whoever runs the program */
	uint32_t *ids;      /* after owners_resolve, each once */
	size_t count;
};

void owners_resolve(struct db_reader_set *set, struct owners_wanted *users, const char *user_option,
		    struct owners_wanted *groups, const char *group_option);
void owners_release(struct owners_wanted *wanted);

/*
 * Append the name that the database knows, or the number if it has none, as ls does; false when it
 * was the number.
 */
bool owners_user_name(struct db_reader_db *db, uint32_t uid, struct buf *out);
bool owners_group_name(struct db_reader_db *db, uint32_t gid, struct buf *out);

#endif
