/* SPDX-License-Identifier: MIT */
/*
 * account - what the records of a stream add up to, to be held against its ledger.
 *
 * Entries give nearly all of a ledger, its digest included; usage rows give files and bytes, and
 * link rows those of files with several links, in any order and combined in any way; directories give a bound. So no program needs to believe a trailer
 * that does not belong to the records before it.
 */
#ifndef TREETALLY_ACCOUNT_H
#define TREETALLY_ACCOUNT_H

#include "common/stream/ledger.h"

/* Zeroed is empty. */
struct account {
	struct tally seen;
	uint64_t with_line; /* directories that have a line of their own */
	bool overflow;      /* a sum passed 2^63-1 */
};

void account_entry(struct account *a, const char *path, size_t len, const struct entry *e);
void account_dir(struct account *a, bool has_line);
/* False: a sum passed 2^63-1, which account_check will say too. */
bool account_usage(struct account *a, const struct usage *usage);

/* A link row: what the usage rows count of it was said before. */
bool account_link(struct account *a, const struct link_row *row);

/*
 * Die (3) when the ledger of stream `name`, which held records of this kind, says anything else.
 * Ledgers of rows that nobody can vouch for are not compared.
 */
void account_check(const struct account *a, enum rec_kind kind, const struct ledger *l,
		   const char *name);

#endif
