/* SPDX-License-Identifier: MIT */
#include "common/sort/usage_sum.h"

#include "common/base/scantime.h"
#include "common/stream/buckets.h"

/* Bytes that are neither table nor sorter: stream buffers, blocks, sums of a block. */
#define FIXED_MEMORY (13u << 17)
/* And for each thread, if there are several: above all for two blocks on their way. */
#define THREAD_MEMORY (1u << 20)
/* Parts of the table for each thread: so that one hardly meets another. */
#define PARTS_PER_THREAD 4

/* A file with several links: its row in the block, and where its name starts in the payload. */
struct link {
	uint32_t row, name;
};

/* A block on its way through a thread. */
struct job {
	struct block block;
	struct buf payload;      /* with several threads */
	struct block_paths paths;
	struct link *links;
	size_t link_count, link_cap;
	struct usage sum;        /* of its files */
	bool overflow;           /* a sum of them passes 2^63-1 */
	struct stream_in *stream;
	uint64_t records, offset; /* of the stream, behind the block */
};

/* ---- the table ---- */

/* A row of the table as the sorter wants it. */
static bool next_of_table(void *arg, struct extsort_item *item)
{
	struct usage_sum *s = arg;
	struct usage_hash_row row;

	if (!usage_hash_next(&s->table, &row))
		return false;
	usage_tail_write(s->tail, row.key, row.usage);
	*item = (struct extsort_item){ row.path, row.len, s->tail };
	return true;
}

static void spill_table(struct usage_sum *s)
{
	struct extsort_item item;

	pthread_mutex_lock(&s->sort_lock);
	usage_hash_drain(&s->table, s->threads);
	extsort_begin_run(s->sort);
	while (next_of_table(s, &item))
		extsort_put_run(s->sort, item.path, item.len, item.tail);
	extsort_end_run(s->sort);
	pthread_mutex_unlock(&s->sort_lock);
}

/* Empty the table, unless another thread has done that since it was found full. */
static void make_room(struct usage_sum *s, uint64_t emptied)
{
	usage_hash_lock_all(&s->table);
	if (s->table.emptied == emptied) {
		spill_table(s);
		usage_hash_empty(&s->table);
	}
	usage_hash_unlock_all(&s->table);
}

/* ---- a block, by any thread ---- */

/* The time that counts as the last use. A file without mtime has only its atime. */
static int64_t used_at(const struct entry *e, enum age_by by)
{
	if (by == AGE_ATIME || e->mtime == TIME_NONE)
		return e->atime;
	return by == AGE_MTIME || e->mtime > e->atime ? e->mtime : e->atime;
}

/* One file as a usage row. */
static void take_file(const struct usage_sum *s, const struct entry *e, struct usage_key *key,
		      struct usage *usage)
{
	int64_t age = scantime_age_days(used_at(e, s->config.age_by), s->config.scan_day);

	*usage = (struct usage){ { 1, (int64_t)e->own.allocated, (int64_t)e->size }, e->atime,
				 e->mtime };
	*key = (struct usage_key){
		e->own.uid, e->own.gid, (uint8_t)bucket_of(age_buckets, age),
		(uint8_t)bucket_of(size_buckets, (int64_t)e->own.allocated),
	};
}

/* The next file of a block; false at its end, or at a fault. */
static bool next_file(const struct usage_sum *s, struct block *b, struct usage_key *key,
		      struct usage *usage)
{
	if (!block_next_sums(b))
		return false;
	take_file(s, &b->entry, key, usage);
	return true;
}

static void add_link(struct job *j)
{
	const struct block *b = &j->block;

	GROW(j->links, j->link_cap, j->link_count + 1);
	j->links[j->link_count++] = (struct link){
		b->rows_read - 1, (uint32_t)((const unsigned char *)b->name - b->payload),
	};
}

/* Move the sums of a block to the table. */
static void add_sums(struct usage_sum *s, struct job *j, struct usage_block *sums)
{
	for (uint32_t i = 0; i < sums->count; i++)
		j->overflow |= !usage_add(&j->sum, &sums->rows[i].file.usage);
	/* Where others have added, an overflow is for take_job() to find, which knows the order. */
	while (usage_block_move(sums, &s->table, &j->paths) == USAGE_FULL)
		make_room(s, sums->emptied);
}

static void add_file(struct usage_sum *s, struct job *j, struct usage_block *sums,
		     const struct usage_key *key, const struct usage *usage)
{
	enum usage_result result;

	while ((result = usage_block_add(sums, j->block.dir, key, usage)) == USAGE_FULL)
		add_sums(s, j, sums);
	j->overflow |= result == USAGE_OVERFLOW;
}

static void sum_block(void *arg, unsigned worker, void *item)
{
	struct usage_sum *s = arg;
	struct usage_block *sums = &s->sums[worker];
	struct job *j = item;
	struct block *b = &j->block;
	const uint32_t single = s->config.assume_links ? 1 : 0;
	struct usage_key key;
	struct usage usage;

	j->link_count = 0;
	j->overflow = false;
	j->sum = (struct usage){ { 0, 0, 0 }, TIME_NONE, TIME_NONE };
	if (!block_paths_read(&j->paths, b))
		return;
	usage_block_start(sums, &s->table, &j->paths, b->head.dirs);
	while (next_file(s, b, &key, &usage)) {
		add_file(s, j, sums, &key, &usage);
		if ((b->entry.nlink > 1 || b->entry.nlink < single) && block_rest_of_row(b))
			add_link(j);
	}
	add_sums(s, j, sums);
}

/* ---- blocks in their order ---- */

/* Nothing is checked: it was when the link was found. */
static void sort_link(struct usage_sum *s, const struct job *j, const struct link *l)
{
	const struct block *b = &j->block;
	const struct number_column *names = &b->row_columns.column[ENTRY_NAME];
	struct entry e = { 0 };
	uint32_t dir = entry_columns_sums(&b->row_columns, l->row, &e);
	struct link_row row = { .lines = 1 };
	unsigned char tail[USAGE_TAIL_SIZE];
	struct usage usage;
	size_t len;
	const char *path = block_path(&j->paths, dir, &len);

	entry_columns_rest(&b->row_columns, l->row, &e);
	take_file(s, &e, &row.key, &usage);
	row.snapshot = e.snapshot;
	row.inode = e.own.inode;
	row.generation = e.own.generation;
	row.nlink = e.nlink;
	row.allocated = usage.sums.allocated;
	row.apparent = usage.sums.apparent;
	link_key_write(&s->link, tail, path, len, &row, (const char *)b->payload + l->name,
		       number_column_at(names, l->row));
	extsort_add(s->sort, (char *)s->link.data, s->link.len, tail);
	account_link(&s->account, &row);
	s->links_assumed |= !row.nlink;
}

static void sort_links(struct usage_sum *s, const struct job *j)
{
	pthread_mutex_lock(&s->sort_lock);
	for (size_t i = 0; i < j->link_count; i++)
		sort_link(s, j, &j->links[i]);
	pthread_mutex_unlock(&s->sort_lock);
	s->links += j->link_count;
}

/* The first file with which a sum passes 2^63-1 is in this block. */
static NORETURN void die_overflow(struct usage_sum *s, struct job *j)
{
	struct block *b = &j->block;
	struct usage_key key;
	struct usage usage;
	size_t len;
	const char *path;

	block_open(b, b->kind, &b->head, b->payload);
	while (next_file(s, b, &key, &usage) && account_usage(&s->account, &usage))
		;
	path = block_path(&j->paths, b->dir, &len);
	die(EXIT_INPUT, "%s: a sum of its records, or of all so far, exceeds 2^63-1: the "
			"log is damaged",
	    path_for_message(path, len));
}

static void take_job(struct usage_sum *s, struct job *j)
{
	const struct account before = s->account;

	if (j->overflow || !account_usage(&s->account, &j->sum)) {
		s->account = before;
		die_overflow(s, j);
	}
	sort_links(s, j);
	if (j->block.fault) {
		/* More may have been read. */
		j->stream->records = j->records;
		j->stream->in.offset = j->offset;
		stream_in_die(j->stream, "corrupt block: %s", j->block.fault);
	}
	s->records += j->block.head.records;
	progress_update(s->progress, s->records, 0);
	s->idle[s->idle_count++] = j;
}

static void take_all(void *arg)
{
	struct usage_sum *s = arg;
	struct job *j;

	while ((j = pool_take(s->pool, true)))
		take_job(s, j);
}

static void put_block(struct usage_sum *s, const struct block *b, struct stream_in *stream)
{
	struct job *j = s->idle[--s->idle_count];

	j->stream = stream;
	j->records = stream->records;
	j->offset = stream->in.offset;
	if (s->threads > 1)
		stream_in_keep(stream, &j->payload);
	block_open(&j->block, b->kind, &b->head, b->payload);
	pool_put(s->pool, j);
}

static void release_jobs(struct usage_sum *s)
{
	pool_stop(s->pool);
	for (unsigned i = 0; i < s->threads; i++)
		usage_block_release(&s->sums[i]);
	for (size_t i = 0; i < s->job_count; i++) {
		block_release(&s->jobs[i].block);
		block_paths_release(&s->jobs[i].paths);
		buf_release(&s->jobs[i].payload);
		free(s->jobs[i].links);
	}
	free(s->sums);
	free(s->jobs);
	free(s->idle);
	buf_release(&s->link);
}

/* What is wrong with the next block is wrong behind all that were read before. */
static bool read_block(struct usage_sum *s, struct stream_set *in, struct block *b)
{
	bool more;

	die_behind(take_all, s);
	more = stream_set_next(in, b);
	die_behind(NULL, NULL);
	return more;
}

void usage_sum_read(struct usage_sum *s, struct stream_set *in)
{
	struct block b = { 0 };
	struct job *j;

	progress_phase(s->progress, "reading", "records", 0);
	while (read_block(s, in, &b)) {
		put_block(s, &b, stream_set_current(in));
		while ((j = pool_take(s->pool, !s->idle_count)))
			take_job(s, j);
	}
	take_all(s);
	block_release(&b);
	release_jobs(s);
}

/* ---- out ---- */

/* Of rows in the sorter, those that stand before a usage row of `path`; all, if it is NULL. */
static void put_sorted(struct usage_sum *s, const char *path, size_t len)
{
	while (s->next.path && (!path || path_compare(s->next.path, s->next.len, path, len) < 0)) {
		usage_item_write(s->out, &s->next);
		progress_update(s->progress, ++s->rows_written, 0);
		if (!extsort_next(s->sort, &s->next))
			s->next.path = NULL;
	}
}

static void put_table(struct usage_sum *s)
{
	struct usage_hash_row row;

	while (usage_hash_next(&s->table, &row)) {
		/* Only what is in another directory than the row before can stand behind links. */
		if (row.path != s->last_path)
			put_sorted(s, row.path, row.len);
		s->last_path = row.path;
		stream_out_add_usage(s->out, row.path, row.len, row.key, row.usage);
		progress_update(s->progress, ++s->rows_written, 0);
	}
}

void usage_sum_write(struct usage_sum *s, struct stream_out *out)
{
	bool spilled = s->table.emptied;

	s->out = out;
	usage_hash_drain(&s->table, s->threads);
	if (spilled)
		extsort_add_last(s->sort, next_of_table, s);
	extsort_end_input(s->sort);
	progress_phase(s->progress, "writing", "records", 0);
	if (!extsort_next(s->sort, &s->next))
		s->next.path = NULL;
	if (!spilled)
		put_table(s);
	put_sorted(s, NULL, 0);
	progress_end(s->progress);
}

/* ---- beginning and end ---- */

/*
 * Threads, as many as a quarter of the memory is enough for, and the table in what they leave.
 * Twice as many blocks as threads, and one that is read and one whose links are sorted.
 */
static void start_threads(struct usage_sum *s, size_t memory)
{
	const size_t most = s->config.memory / (4 * THREAD_MEMORY);

	s->threads = s->config.threads < most ? (unsigned)s->config.threads : (unsigned)most;
	s->job_count = s->threads > 1 ? 2 * s->threads + 2 : 1;
	if (s->threads > 1)
		memory -= s->threads * THREAD_MEMORY;
	usage_hash_init(&s->table, memory, s->threads > 1 ? s->threads * PARTS_PER_THREAD : 1);
	s->sums = xcalloc(s->threads, sizeof(*s->sums));
	for (unsigned i = 0; i < s->threads; i++)
		usage_block_init(&s->sums[i]);
	s->jobs = xcalloc(s->job_count, sizeof(*s->jobs));
	s->idle = xcalloc(s->job_count, sizeof(*s->idle));
	while (s->idle_count < s->job_count) {
		s->idle[s->idle_count] = &s->jobs[s->idle_count];
		s->idle_count++;
	}
	s->pool = pool_start(s->threads, s->job_count, sum_block, s);
}

void usage_sum_init(struct usage_sum *s, const struct usage_sum_config *config,
		    struct progress *progress)
{
	size_t sort_memory = config->memory / 4;

	*s = (struct usage_sum){ .config = *config, .progress = progress,
				 .sort_lock = PTHREAD_MUTEX_INITIALIZER };
	start_threads(s, config->memory - sort_memory - FIXED_MEMORY);
	s->sort = extsort_new(&(struct extsort_config){
		.tail_len = USAGE_TAIL_SIZE, .key_len = USAGE_KEY_SIZE,
		.combine = usage_tail_combine, .memory = sort_memory, .threads = s->threads,
		.temp_dir = config->temp_dir, .quiet = config->quiet, .progress = progress,
	});
}

void usage_sum_release(struct usage_sum *s)
{
	usage_hash_release(&s->table);
	extsort_free(s->sort);
}
