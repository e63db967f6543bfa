/* SPDX-License-Identifier: MIT */
#include "common/query/usage_query.h"

#include "common/query/link_rows.h"

struct asker {
	const struct usage_query *ask;
	const struct scope *scope;
	struct usage_rows rows;
	bool forward; /* see take_everything */
	bool several; /* prefixes make one sum */
	struct link_parts parts; /* of losses: directories that are no subtree */
	int dir_part;
	int64_t fs;
};

int usage_query_part(const struct usage_query *ask, enum usage_by by)
{
	for (size_t i = 0; i < ask->by_count; i++) {
		if (ask->by[i] == by)
			return (int)i;
	}
	return -1;
}

static size_t exclude_from(const struct scope *s, int64_t dir_id)
{
	return scope_range_from(s->excludes, s->exclude_count, dir_id);
}

/* What files lose in a subtree that is one of several in a sum, or less what is excluded in it. */
static void take_parts(struct asker *q, int64_t dir_id, int64_t last)
{
	int64_t set = q->dir_part >= 0 ? q->rows.key[q->dir_part] : 0, next = dir_id;
	const struct scope *s = q->scope;

	for (size_t i = exclude_from(s, dir_id); i < s->exclude_count; i++) {
		if (s->excludes[i].first > last)
			break;
		link_parts_add(&q->parts, next, s->excludes[i].first - 1, set);
		next = s->excludes[i].last + 1;
	}
	link_parts_add(&q->parts, next, last, set);
}

/* A subtree that is not excluded itself, less what is excluded in it. */
static void take_scoped(struct asker *q, int64_t dir_id, int64_t last)
{
	const struct scope *s = q->scope;
	size_t i = exclude_from(s, dir_id);
	int64_t next = dir_id;

	if (q->rows.loss != LINKS_SEEN &&
	    (q->several || (i < s->exclude_count && s->excludes[i].first <= last))) {
		take_parts(q, dir_id, last);
		return;
	}
	if (!q->forward)
		usage_rows_subtree(&q->rows, dir_id, last, false);
	for (; i < s->exclude_count && s->excludes[i].first <= last; i++) {
		if (q->forward)
			usage_rows_forward(&q->rows, next, s->excludes[i].first - 1);
		else
			usage_rows_subtree(&q->rows, s->excludes[i].first,
					   s->excludes[i].last, true);
		next = s->excludes[i].last + 1;
	}
	if (q->forward)
		usage_rows_forward(&q->rows, next, last);
}

/* ---- the question ---- */

/* The ends of open directories. */
struct ends {
	int64_t *last;
	size_t count, cap;
};

static void open_directory(struct ends *open, int64_t last)
{
	GROW(open->last, open->cap, open->count + 1);
	open->last[open->count++] = last;
}

/*
 * Rows of directories. No need to look for children: the first child of a directory has the next id,
 * and the next sibling comes after the subtree.
 */
static void take_levels(struct asker *q, const struct scope_prefix *p)
{
	const struct scope *s = q->scope;
	struct ends open = { 0 };

	for (int64_t id = p->dir_id; id <= p->last;) {
		size_t e = exclude_from(s, id);
		int64_t last;

		while (open.count && open.last[open.count - 1] < id)
			open.count--;
		if (e < s->exclude_count && s->excludes[e].first <= id) {
			id = s->excludes[e].last + 1;
			continue;
		}
		last = usage_rows_last(&q->rows, id);
		q->rows.key[q->dir_part] = usage_query_dir(q->fs, id);
		if ((int64_t)open.count == q->ask->levels || last == id) {
			take_scoped(q, id, last);
			id = last + 1;
		} else {
			usage_rows_own(&q->rows, id);
			open_directory(&open, last);
			id++;
		}
	}
	free(open.last);
}

static void take_prefix(struct asker *q, const struct scope_prefix *p)
{
	size_t e = exclude_from(q->scope, p->dir_id);
	bool excluded = e < q->scope->exclude_count && q->scope->excludes[e].first <= p->dir_id;

	if (p->nested || excluded)
		return;
	if (q->dir_part >= 0)
		take_levels(q, p);
	else
		take_scoped(q, p->dir_id, p->last);
}

static void take_prefixes(struct asker *q)
{
	for (size_t i = 0; i < q->scope->prefix_count; i++)
		take_prefix(q, &q->scope->prefixes[i]);
}

/*
 * Apparent sizes can stand for "2^63-1 or more", from which nothing can be subtracted. So with
 * excludes, when such a sum turns up, all is added up again from usage_nr, forward. That reads more,
 * and happens on file systems where somebody keeps files of 8 EiB.
 */
static void take_everything(struct asker *q)
{
	take_prefixes(q);
	if (q->scope->exclude_count && q->rows.totals->saturated) {
		totals_release(q->rows.totals);
		q->forward = true;
		take_prefixes(q);
	}
}

/* Does the sum of more than one prefix make a row? */
static bool adds_prefixes(const struct asker *q)
{
	size_t outermost = 0;

	for (size_t i = 0; i < q->scope->prefix_count; i++)
		outermost += !q->scope->prefixes[i].nested;
	return outermost > 1 && q->dir_part < 0;
}

/* Take from the sums what they lose. */
static void lose(const struct asker *seen, struct totals *sums)
{
	struct asker q = *seen;
	struct totals lost = { 0 };

	q.forward = false;
	q.several = adds_prefixes(&q);
	q.rows = (struct usage_rows){ .a = seen->rows.a, .match = seen->rows.match,
				      .loss = q.ask->links, .totals = &lost };
	memcpy(q.rows.part, seen->rows.part, sizeof(q.rows.part));
	memcpy(q.rows.key, seen->rows.key, sizeof(q.rows.key));
	usage_rows_open(&q.rows);
	take_prefixes(&q);
	link_rows_take(&q.rows, &q.parts, q.dir_part);
	usage_rows_close(&q.rows);
	link_parts_release(&q.parts);
	link_rows_lose_totals(q.rows.a, sums, &lost);
	totals_release(&lost);
}

void usage_query_totals(const struct usage_query *ask, struct db_reader_db *a, const struct scope *scope,
		      int64_t fs, struct totals *totals)
{
	struct totals mine = { 0 };
	struct asker q = {
		.ask = ask,
		.scope = scope,
		.fs = fs,
		.dir_part = usage_query_part(ask, USAGE_DIR),
		.rows = { .a = a, .match = &ask->match, .totals = &mine,
			  .part = { usage_query_part(ask, USAGE_OWNER),
				    usage_query_part(ask, USAGE_GROUP),
				    usage_query_part(ask, USAGE_AGE),
				    usage_query_part(ask, USAGE_SIZE) } },
	};
	int fs_part = usage_query_part(ask, USAGE_FS), scan_part = usage_query_part(ask, USAGE_SCAN);

	if (fs_part >= 0)
		q.rows.key[fs_part] = fs;
	if (scan_part >= 0)
		q.rows.key[scan_part] = a->scan_day;
	usage_rows_open(&q.rows);
	take_everything(&q);
	if (ask->links != LINKS_SEEN && a->linked)
		lose(&q, &mine);
	usage_rows_close(&q.rows);
	totals_drop_empty(&mine);
	for (size_t i = 0; i < mine.count; i++)
		totals_add(totals, mine.rows[i].key, &mine.rows[i].sums);
	totals_release(&mine);
}
