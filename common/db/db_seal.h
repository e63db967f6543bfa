/* SPDX-License-Identifier: MIT */
/*
 * db_seal - a fingerprint of the small tables, made when a database is sealed.
 *
 * The large tables can be proved: each is a sum of another one, or stands in the log. But nothing
 * else shows that a user had this name, or when the import was. So everything in
 * scan_metadata, scan_sources, scan_rejects, path_maps, buckets, user_info, group_info and
 * load_state, types and all, has a hash, which load_state keeps under the key `seal`. It is not a
 * signature: whoever changes a database on purpose can compute it again.
 */
#ifndef TREETALLY_DB_SEAL_H
#define TREETALLY_DB_SEAL_H

#include "common/db/db.h"

#define DB_SEAL_SIZE 33 /* 32 hexadecimal digits and NUL */

/* What the seal is, or should be. */
void db_seal_text(struct db *db, char text[DB_SEAL_SIZE]);

/* Put it into load_state, in the transaction that completes the database. */
void db_seal_store(struct db *db);

#endif
