/* SPDX-License-Identifier: MIT */
/*
 * sums - files, allocated bytes and file lengths: what all programs add up.
 *
 * Every number is from 0 to 2^63-1, the largest integer of a database. Files and allocated bytes of
 * one file system never get there; when they would, the log is damaged, or several databases are
 * added up. Lengths can get there, as any user can make a file of 8 EiB: they stop at INT64_MAX,
 * which from then on means "that or more".
 */
#ifndef TREETALLY_SUMS_H
#define TREETALLY_SUMS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct sums {
	int64_t files;
	int64_t allocated; /* bytes */
	int64_t apparent;  /* file lengths, bytes; INT64_MAX: that or more */
};

/* a + b, at most 2^63-1; both are below 2^63. */
static inline uint64_t add_saturating(uint64_t a, uint64_t b)
{
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

/* *sum += more; false, with *sum unchanged, when that passes 2^63-1. */
static inline bool add_checked(uint64_t *sum, uint64_t more)
{
	if (more > INT64_MAX || *sum > INT64_MAX - more)
		return false;
	*sum += more;
	return true;
}

/* Add `more` to `to`, each number up to 2^63-1; false when files or allocated bytes pass that. */
static inline bool sums_add(struct sums *to, const struct sums *more)
{
	bool files = __builtin_add_overflow(to->files, more->files, &to->files);
	bool bytes = __builtin_add_overflow(to->allocated, more->allocated, &to->allocated);

	if (files)
		to->files = INT64_MAX;
	if (bytes)
		to->allocated = INT64_MAX;
	if (__builtin_add_overflow(to->apparent, more->apparent, &to->apparent))
		to->apparent = INT64_MAX;
	return !files && !bytes;
}

/*
 * The same where sums lie among bytes, as in the tail of a sorter's record. For those of parts of
 * what has been added up before: files and bytes cannot pass 2^63-1.
 */
static inline bool sums_add_stored(unsigned char *to, const unsigned char *more)
{
	struct sums sum, next;

	memcpy(&sum, to, sizeof(sum));
	memcpy(&next, more, sizeof(next));
	sums_add(&sum, &next);
	memcpy(to, &sum, sizeof(sum));
	return true;
}

/*
 * Take away what was added before. Lengths mean nothing afterwards if one of those that were added
 * had reached INT64_MAX, and the caller has to know that.
 */
static inline void sums_subtract(struct sums *from, const struct sums *less)
{
	from->files -= less->files;
	from->allocated -= less->allocated;
	from->apparent = (int64_t)((uint64_t)from->apparent - (uint64_t)less->apparent);
}

/* Times a number from 0 to 2^63-1; all stop there. */
static inline struct sums sums_times(const struct sums *one, int64_t times)
{
	struct sums all;

	if (__builtin_mul_overflow(one->files, times, &all.files))
		all.files = INT64_MAX;
	if (__builtin_mul_overflow(one->allocated, times, &all.allocated))
		all.allocated = INT64_MAX;
	if (__builtin_mul_overflow(one->apparent, times, &all.apparent))
		all.apparent = INT64_MAX;
	return all;
}

/* Seen less repeated. Lengths that have stopped at INT64_MAX stay there: nobody knows more. */
static inline struct sums sums_once(const struct sums *seen, const struct sums *repeated)
{
	struct sums once = *seen;

	sums_subtract(&once, repeated);
	if (seen->apparent == INT64_MAX)
		once.apparent = INT64_MAX;
	return once;
}

#endif
