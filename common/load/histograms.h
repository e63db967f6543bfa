/*
 * histograms - the tables access_histogram and size_histogram: files and bytes of each owner by age
 * and by size, in the whole scan.
 *
 * The rows of usage_r of the scan root pass through here in the order of their key, so an owner is
 * complete when the next one comes.
 */
#ifndef TREETALLY_HISTOGRAMS_H
#define TREETALLY_HISTOGRAMS_H

#include "common/stream/buckets.h"
#include "common/db/db_batch.h"
#include "common/stream/record.h"
#include "common/sort/totals.h"

struct histograms {
	struct db_batch age_rows, size_rows;
	uint32_t uid; /* whose rows are coming */
	struct sums ages[BUCKETS], sizes[BUCKETS];
};

void histograms_init(struct histograms *h, struct db *db);
/* The next row of the scan root. */
void histograms_add(struct histograms *h, const struct usage_key *key,
		    const struct sums *sums);
/* Write what is left, and free. */
void histograms_finish(struct histograms *h);

#endif
