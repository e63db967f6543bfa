/* SPDX-License-Identifier: MIT */
/*
 * audit_fingerprint - sums of many keys compared without keeping a single key.
 *
 * A fingerprint is a linear function of a set of rows, each a key and three sums: to every key
 * belongs a random factor, and a row adds factor * (its sums, weighed with three random numbers).
 * Rows of equal key can be summed before or after, in any order, and give the same fingerprint; so
 * the rows of a subtree in usage_nr and those in usage_r have equal ones exactly if they say the
 * same. And as in a table of running totals, that of a range is the difference of two.
 *
 * It is computed twice, modulo 2^61-1 and modulo 2^64, with numbers drawn anew in every run. The
 * chance that different rows have equal fingerprints is below 2^-60, and nobody can prepare them.
 *
 * File lengths that stopped at 2^63-1 are no sums any more: then fingerprints differ although
 * nothing is wrong, and the caller has to compare rows.
 */
#ifndef TREETALLY_AUDIT_FINGERPRINT_H
#define TREETALLY_AUDIT_FINGERPRINT_H

#include "common/base/die.h"
#include "common/stream/sums.h"

struct audit_fingerprint {
	uint64_t prime, wrap;
};

struct audit_factors {
	uint64_t seed;
	struct audit_fingerprint weight[3];
};

/* Draw the random numbers. */
void audit_factors_draw(struct audit_factors *f);

/* Three sums as one number, for audit_fingerprint_add. */
struct audit_fingerprint audit_fingerprint_weigh(const struct audit_factors *f,
						 const struct sums *sums);

/* Add a row. `what` keeps keys of different meaning apart; a key is two numbers. */
void audit_fingerprint_add(struct audit_fingerprint *to, const struct audit_factors *f, int what,
			   uint64_t key, uint64_t key2, struct audit_fingerprint weighed);

/* That of a range: what was added between `before` and `after`. */
struct audit_fingerprint audit_fingerprint_between(struct audit_fingerprint before,
						   struct audit_fingerprint after);

bool audit_fingerprint_equal(struct audit_fingerprint a, struct audit_fingerprint b);

#endif
