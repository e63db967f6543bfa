/* SPDX-License-Identifier: MIT */
/*
 * extsort - external merge sort of records with a path and a fixed-size tail; equal keys combine.
 *
 * A record is a path (any bytes, up to RUN_PATH_MAX, may be empty) and a tail of `tail_len`
 * bytes, the first `key_len` of which belong to the key. Order: [depth of the path, if by_level,]
 * path in tree order, then the key bytes by memcmp. Records with equal keys become one by
 * `combine`, which must be commutative and associative: then the result does not depend on memory,
 * threads or timing.
 *
 * Three ways in, freely mixed: extsort_add (any order), extsort_put_run (sorted, a run of its own),
 * and both at once. One way out: extsort_end_input, then extsort_next until false.
 *
 * Memory: `memory` bytes in all, not counting one path per run while merging (64 KiB at worst) and
 * the bookkeeping of at most 1,024 runs. Disk: about the size of the input with shared path
 * prefixes left out, up to twice that while runs are merged early.
 */
#ifndef TREETALLY_EXTSORT_H
#define TREETALLY_EXTSORT_H

#include "common/base/path.h"
#include "common/base/progress.h"
#include "common/sort/run.h"

struct extsort_config {
	size_t tail_len; /* bytes, at most RUN_TAIL_MAX */
	size_t key_len;  /* leading bytes of the tail that belong to the key */
	bool by_level;
	/*
	 * Fold the tail `from` into `into`; equal keys. False: overflow, which ends the program
	 * (3).
	 */
	bool (*combine)(unsigned char *into, const unsigned char *from);
	size_t memory;   /* bytes; raised to EXTSORT_MEMORY_MIN */
	unsigned threads;
	const char *temp_dir;
	bool quiet; /* no warning when temp_dir is a tmpfs */
	struct progress *progress; /* reports early merges as phase "merging"; may be NULL */
};

#define EXTSORT_MEMORY_MIN (1u << 20)

struct extsort_stats {
	uint64_t records_in, records_out, runs, merges;
	uint64_t spill_written, spill_peak; /* bytes */
};

struct extsort;

struct extsort *extsort_new(const struct extsort_config *config);

void extsort_add(struct extsort *x, const char *path, size_t len, const unsigned char *tail);

/* A run that is sorted and unique already: begin, put in order, end. Not while records are read. */
void extsort_begin_run(struct extsort *x);
void extsort_put_run(struct extsort *x, const char *path, size_t len, const unsigned char *tail);
void extsort_end_run(struct extsort *x);

struct extsort_item {
	const char *path;
	size_t len;
	const unsigned char *tail;
};

/*
 * Records that are sorted and unique already and need not become a run, as they come last:
 * give(arg, item) is called for one after the other while extsort_next merges them, until it says
 * false. Each must be valid until the next call.
 */
typedef bool extsort_give(void *arg, struct extsort_item *item);
void extsort_add_last(struct extsort *x, extsort_give *give, void *arg);

/* No more input. */
void extsort_end_input(struct extsort *x);

/* The next record in order, valid until the next call; false at the end. */
bool extsort_next(struct extsort *x, struct extsort_item *item);

struct extsort_stats extsort_stats(const struct extsort *x);
void extsort_free(struct extsort *x);

#endif
