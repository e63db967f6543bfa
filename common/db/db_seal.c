/* SPDX-License-Identifier: MIT */
#include "common/db/db_seal.h"

#include <inttypes.h>
#include <xxhash.h>

#include "common/base/wire.h"
#include "common/db/db_trust.h"

static const char *const tables[] = {
	"SELECT * FROM scan_metadata ORDER BY scan_id",
	"SELECT * FROM scan_sources ORDER BY rowid",
	"SELECT * FROM scan_rejects ORDER BY reason",
	"SELECT * FROM buckets ORDER BY kind, bucket_index",
	"SELECT * FROM path_maps ORDER BY scan_path",
	"SELECT * FROM user_info ORDER BY uid",
	"SELECT * FROM group_info ORDER BY gid",
	"SELECT * FROM load_state WHERE key <> 'seal' ORDER BY key",
};

/* Type, length and bytes: no two rows look the same. */
static void add_value(XXH3_state_t *hash, sqlite3_stmt *row, int column)
{
	unsigned char head[16] = { (unsigned char)sqlite3_column_type(row, column) };
	const void *bytes = NULL;
	double real;

	switch (head[0]) {
	case SQLITE_INTEGER:
		put_le64(head + 8, (uint64_t)sqlite3_column_int64(row, column));
		break;
	case SQLITE_FLOAT:
		real = sqlite3_column_double(row, column);
		memcpy(head + 8, &real, sizeof(real));
		break;
	case SQLITE_TEXT:
	case SQLITE_BLOB:
		bytes = sqlite3_column_blob(row, column);
		put_le64(head + 8, (uint64_t)sqlite3_column_bytes(row, column));
		break;
	default: break;
	}
	XXH3_128bits_update(hash, head, sizeof(head));
	if (bytes)
		XXH3_128bits_update(hash, bytes, (size_t)sqlite3_column_bytes(row, column));
}

void db_seal_text(struct db *db, char text[DB_SEAL_SIZE])
{
	XXH3_state_t *hash = XXH3_createState();
	XXH128_hash_t sum;

	/* stats-load seals a table that came with the directories, from anybody. */
	db_trust_bound(db);
	if (!hash)
		die(EXIT_SYSTEM, "out of memory");
	XXH3_128bits_reset(hash);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		sqlite3_stmt *row = db_prepare(db, tables[i]);

		while (db_step(db, row)) {
			for (int column = 0; column < sqlite3_column_count(row); column++)
				add_value(hash, row, column);
		}
		sqlite3_finalize(row);
		/* A row more here is not a row less there. */
		XXH3_128bits_update(hash, &i, 1);
	}
	sum = XXH3_128bits_digest(hash);
	XXH3_freeState(hash);
	snprintf(text, DB_SEAL_SIZE, "%016" PRIx64 "%016" PRIx64, sum.high64, sum.low64);
}

void db_seal_store(struct db *db)
{
	sqlite3_stmt *insert = db_prepare(
		db, "INSERT OR REPLACE INTO load_state(key, value) VALUES('seal', ?)");
	char text[DB_SEAL_SIZE];

	db_seal_text(db, text);
	db_bind_name(db, insert, 1, text, DB_SEAL_SIZE - 1);
	db_step(db, insert);
	sqlite3_finalize(insert);
}
