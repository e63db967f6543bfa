/*
 * who - users and groups in questions and answers: numbers, and names where there are any.
 *
 * What names meant when the database was made counts first, the name service of this machine after
 * it. A name that neither knows, or that databases understand differently, ends the program (2)
 * with the advice to give the number.
 */
#ifndef TREETALLY_WHO_H
#define TREETALLY_WHO_H

#include "common/answer.h"
#include "common/buf.h"

/* `option` is for messages: "--owner". */
void who_parse_user(struct answer_set *set, const char *option, const char *text, uint32_t *uid);
void who_parse_group(struct answer_set *set, const char *option, const char *text, uint32_t *gid);

/*
 * Append the name that the database knows, or the number if it has none, as ls does; false when it
 * was the number.
 */
bool who_user_name(struct answer_db *db, uint32_t uid, struct buf *out);
bool who_group_name(struct answer_db *db, uint32_t gid, struct buf *out);

#endif
