/* SPDX-License-Identifier: MIT */
/*
 * db_scan - what a database says of the scan it was made from.
 *
 * load_state carries what dir-load read of its stream over to stats-load, which compares it with
 * its own. In the end it all stands in scan_metadata, scan_sources, scan_rejects and buckets.
 */
#ifndef TREETALLY_DB_SCAN_H
#define TREETALLY_DB_SCAN_H

#include "common/db/db.h"
#include "common/db/db_pages.h"
#include "common/stream/header.h"
#include "common/stream/ledger.h"

/* What dir-load knows when it has read its stream. */
struct scan_state {
	struct header head;
	struct ledger ledger;
	int64_t directories, implied; /* rows of `directories`, and those without a line */
	int64_t pages;                /* that dir-load wrote, and their hash (db_pages.h) */
	char pages_hash[DB_PAGES_HASH_SIZE];
};

void scan_state_store(struct db *db, const struct scan_state *state);
void scan_state_load(struct db *db, struct scan_state *state);
void scan_state_release(struct scan_state *state);

/* What the files with several links come to. */
struct link_totals {
	struct sums repeated; /* what was seen less this: each inode once */
	int64_t inodes;
	int64_t outside;  /* links that their link counts promise and no line names */
	int64_t disagree; /* lines that are not like the first of their inode */
	int64_t lines;    /* that name a path and an inode for the second time or more */
};

/* What stats-load knows in the end. Nothing here is owned. */
struct scan_facts {
	const struct scan_state *dirs;
	const struct header *usage_head;
	const struct ledger *usage_ledger;
	const struct buf *root_path; /* of the scan root, memory form (path.h) */
	int64_t root_id;
	struct sums sums, multilink; /* multilink: of link rows whose link count is known */
	struct link_totals links;
};

/* Neither stream went through programs that cannot vouch for its rows. */
bool scan_facts_verified(const struct scan_facts *facts);

/*
 * Are both streams of one scan? Die (3) with what differs between them; `stream` names the usage
 * stream. The header can be checked before anything is read, the rest at the end; then sums must
 * also be those of the ledger. Of streams that are not verified only the headers are compared.
 */
void scan_check_heads(const struct db *db, const struct scan_state *dirs,
		      const struct header *usage_head, const char *stream);
void scan_check_facts(const struct db *db, const struct scan_facts *facts, const char *stream);

/* Everything but scan_metadata. */
void scan_facts_store(struct db *db, const struct scan_facts *facts);

/* The row of scan_metadata, which makes the database complete. */
void scan_facts_seal(struct db *db, const struct scan_facts *facts);

#endif
