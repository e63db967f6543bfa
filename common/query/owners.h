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

/* `option` is for messages: "--owner". */
void owners_parse_user(struct db_reader_set *set, const char *option, const char *text, uint32_t *uid);
void owners_parse_group(struct db_reader_set *set, const char *option, const char *text, uint32_t *gid);

/*
 * Append the name that the database knows, or the number if it has none, as ls does; false when it
 * was the number.
 */
bool owners_user_name(struct db_reader_db *db, uint32_t uid, struct buf *out);
bool owners_group_name(struct db_reader_db *db, uint32_t gid, struct buf *out);

#endif
