#include "common/load/histograms.h"

#include "common/db/db_schema.h"

void histograms_init(struct histograms *h, struct db *db)
{
	*h = (struct histograms){ .uid = 0 };
	db_batch_init(&h->age_rows, db, "access_histogram", HISTOGRAM_COLUMNS, DB_BATCH_NO_NAME,
		      DB_BATCH_ROWS);
	db_batch_init(&h->size_rows, db, "size_histogram", HISTOGRAM_COLUMNS, DB_BATCH_NO_NAME,
		      DB_BATCH_ROWS);
}

static void put(struct db_batch *rows, uint32_t uid, struct sums *sums)
{
	for (int i = 0; i < BUCKETS; i++) {
		int64_t *row;

		if (!sums[i].files)
			continue;
		row = db_batch_add(rows);
		row[0] = uid;
		row[1] = i;
		row[2] = sums[i].files;
		row[3] = sums[i].allocated;
		sums[i] = (struct sums){ 0 };
	}
}

static void end_owner(struct histograms *h)
{
	put(&h->age_rows, h->uid, h->ages);
	put(&h->size_rows, h->uid, h->sizes);
}

void histograms_add(struct histograms *h, const struct usage_key *key,
		    const struct sums *sums)
{
	if (key->uid != h->uid)
		end_owner(h);
	h->uid = key->uid;
	sums_add(&h->ages[key->age_bucket], sums);
	sums_add(&h->sizes[key->size_bucket], sums);
}

void histograms_finish(struct histograms *h)
{
	end_owner(h);
	db_batch_release(&h->age_rows);
	db_batch_release(&h->size_rows);
}
