/* SPDX-License-Identifier: MIT */
/*
 * usage_sum - adds up the files of entry streams, in threads and bounded memory: the usage rows.
 *
 * Rows collect in a table (usage_hash.h). When it is full they go, sorted, into a run of the
 * external sorter, and it starts again; at the end the runs are merged with what it holds then, and
 * equal rows added up. Link rows go through the sorter, whose memory is there in any case.
 *
 * Threads take whole blocks: each sums one by itself (usage_block.h) and adds the sums to the
 * table, in any order. The caller's thread reads, and takes the blocks back in their order: to
 * count them, to sort their links, and to say what is wrong with the first that is. So neither rows
 * nor messages depend on how many threads there are.
 *
 * Life: init -> read -> write -> release.
 */
#ifndef TREETALLY_USAGE_SUM_H
#define TREETALLY_USAGE_SUM_H

#include "common/base/pool.h"
#include "common/base/progress.h"
#include "common/sort/record_key.h"
#include "common/sort/usage_block.h"
#include "common/stream/account.h"
#include "common/stream/stream_set.h"

struct usage_sum_config {
	enum age_by age_by;
	int64_t scan_day;
	bool assume_links; /* files whose link count is unknown have link rows too */
	uint64_t memory;   /* bytes for all, MEMORY_FLOOR or more, the output stream among it */
	unsigned threads;  /* at most: fewer, if a quarter of the memory is not enough for them */
	const char *temp_dir;
	bool quiet;        /* as extsort.h has it */
};

struct usage_sum {
	struct usage_sum_config config;
	struct progress *progress;
	struct usage_hash table;
	pthread_mutex_t sort_lock;
	struct extsort *sort;
	unsigned threads;
	struct pool *pool;
	struct usage_block *sums; /* of each thread */
	struct job *jobs, **idle;
	size_t job_count, idle_count;
	struct buf link;          /* the path of a link row for the sorter */
	struct account account;   /* of what was added up */
	uint64_t records;         /* read */
	uint64_t links;           /* rows of these, as they came */
	bool links_assumed;       /* one of them is of an unknown link count */

	struct stream_out *out;
	uint64_t rows_written;
	const char *last_path;    /* of the usage row that was written last */
	struct extsort_item next; /* the first that is not written; path NULL: none are left */
	unsigned char tail[USAGE_TAIL_SIZE]; /* of a row of the table */
};

void usage_sum_init(struct usage_sum *s, const struct usage_sum_config *config,
		    struct progress *progress);

/* All blocks of the streams. Dies (3) if a sum passes 2^63-1. */
void usage_sum_read(struct usage_sum *s, struct stream_set *in);

/* All rows in tree order. */
void usage_sum_write(struct usage_sum *s, struct stream_out *out);

void usage_sum_release(struct usage_sum *s);

#endif
