/*
 * audit_code - sums of many keys compared without keeping a single key.
 *
 * A code is a linear function of a set of rows, each a key and three sums: to every key belongs a
 * random factor, and a row adds factor * (its sums, weighed with three random numbers). Rows of
 * equal key can be summed before or after, in any order, and give the same code; so the rows of
 * a subtree in usage_nr and those in usage_r have equal codes exactly if they say the same. And as
 * in a table of running totals, the code of a range is the difference of two codes.
 *
 * It is computed twice, modulo 2^61-1 and modulo 2^64, with numbers drawn anew in every run. That
 * different rows have equal codes has a chance of less than 2^-60, and nobody can prepare them.
 *
 * File lengths that stopped at 2^63-1 are no sums any more: then codes differ although nothing is
 * wrong, and the caller has to compare rows.
 */
#ifndef TREETALLY_AUDIT_CODE_H
#define TREETALLY_AUDIT_CODE_H

#include "common/base/die.h"

struct audit_sums {
	int64_t files, total_size, apparent_size; /* apparent_size: INT64_MAX is "that or more" */
};

struct audit_code {
	uint64_t prime, wrap;
};

struct audit_factors {
	uint64_t seed;
	struct audit_code weight[3];
};

/* Draw the random numbers. */
void audit_factors_draw(struct audit_factors *f);

/* Three sums as one number, for audit_code_add. */
struct audit_code audit_weigh(const struct audit_factors *f, const struct audit_sums *sums);

/* Add a row. `what` keeps keys of different meaning apart; a key is two numbers. */
void audit_code_add(struct audit_code *code, const struct audit_factors *f, int what, uint64_t key,
		    uint64_t key2, struct audit_code weighed);

/* code of a range: what was added between `before` and `after`. */
struct audit_code audit_code_between(struct audit_code before, struct audit_code after);

bool audit_code_equal(struct audit_code a, struct audit_code b);

#endif
