/* SPDX-License-Identifier: MIT */
#include "common/audit/audit_link_set.h"

#include <inttypes.h>
#include <xxhash.h>

#include "common/base/hash.h"

void audit_link_set_init(struct audit_link_set *s)
{
	*s = (struct audit_link_set){ .lines = 0 };
	hash_random(&s->seed, sizeof(s->seed));
}

void audit_link_set_add(struct audit_link_set *s, int64_t dir_id, const struct link_row *row,
			const void *name, size_t name_len)
{
	const uint64_t words[] = {
		(uint64_t)dir_id, row->key.uid, row->key.gid, row->key.age_bucket,
		row->key.size_bucket, row->snapshot, row->inode, row->generation, row->nlink,
		(uint64_t)row->allocated, (uint64_t)row->apparent,
	};
	XXH128_hash_t hash = XXH3_128bits_withSeed(name, name_len, s->seed), all;
	uint64_t both[sizeof(words) / sizeof(words[0]) + 2];

	if (!row->nlink)
		return;
	memcpy(both, words, sizeof(words));
	both[sizeof(words) / sizeof(words[0])] = hash.low64;
	both[sizeof(words) / sizeof(words[0]) + 1] = hash.high64;
	all = XXH3_128bits_withSeed(both, sizeof(both), s->seed);
	s->low += all.low64 * (uint64_t)row->lines;
	s->high += all.high64 * (uint64_t)row->lines;
	s->lines += row->lines;
}

void audit_link_set_compare(const struct audit_link_set *s, struct db *db)
{
	enum { NAME = 1, UID, GID, AGE, SIZE, SNAPSHOT, INODE, GENERATION, NLINK, ALLOCATED,
	       APPARENT, LINES };
	sqlite3_stmt *select = db_prepare(db, "SELECT dir_id, name, uid, gid, age_bucket, size_bucket,"
					  " snapshot, inode, generation, nlink, allocated, apparent,"
					  " lines FROM links");
	struct audit_link_set have = { .seed = s->seed };

	while (db_step(db, select)) {
		const struct link_row row = {
			.key = { (uint32_t)sqlite3_column_int64(select, UID),
				 (uint32_t)sqlite3_column_int64(select, GID),
				 (uint8_t)sqlite3_column_int64(select, AGE),
				 (uint8_t)sqlite3_column_int64(select, SIZE) },
			.snapshot = (uint64_t)sqlite3_column_int64(select, SNAPSHOT),
			.inode = (uint64_t)sqlite3_column_int64(select, INODE),
			.generation = (uint64_t)sqlite3_column_int64(select, GENERATION),
			.nlink = (uint32_t)sqlite3_column_int64(select, NLINK),
			.allocated = sqlite3_column_int64(select, ALLOCATED),
			.apparent = sqlite3_column_int64(select, APPARENT),
			.lines = sqlite3_column_int64(select, LINES),
		};

		audit_link_set_add(&have, sqlite3_column_int64(select, 0), &row,
				   sqlite3_column_blob(select, NAME),
				   (size_t)sqlite3_column_bytes(select, NAME));
	}
	sqlite3_finalize(select);
	if (have.lines != s->lines)
		audit_lie(db, 0, "links has %" PRId64 " lines of several links, should have %" PRId64,
			  have.lines, s->lines);
	if (have.low != s->low || have.high != s->high)
		audit_lie(db, 0, "links does not have the lines that the log gives");
}
