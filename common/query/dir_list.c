#include "common/query/dir_list.h"

#include <inttypes.h>

#include "common/base/path.h"

struct dir_source {
	struct dir_scan scan;
	struct dir_rows rows;
	struct dir_hit hit;
	bool more;        /* `hit` is the next one */
	struct buf place; /* its path as tree order compares it; empty: not yet known */
};

static void advance(struct dir_source *s)
{
	s->more = dir_scan_next(&s->scan, &s->hit);
	s->place.len = 0;
}

static const struct buf *place_of(struct dir_source *s)
{
	if (!s->place.len) {
		dir_rows_path(&s->rows, s->hit.dir_id);
		buf_add(&s->place, s->rows.path.data, s->rows.path.len);
		for (size_t i = 0; i < s->place.len; i++) {
			if (s->place.data[i] == '/')
				s->place.data[i] = '\0';
		}
	}
	return &s->place;
}

static bool comes_before(struct dir_source *a, struct dir_source *b)
{
	const struct dir_question *q = a->scan.question;
	int order;

	if (q->sort != SORT_PATH && a->hit.rank != b->hit.rank)
		return a->hit.rank < b->hit.rank;
	order = path_compare(place_of(a)->data, place_of(a)->len, place_of(b)->data,
			     place_of(b)->len);
	return q->sort == SORT_PATH && q->reverse ? order > 0 : order < 0;
}

static struct dir_source *first_of(struct dir_source *sources, size_t count)
{
	struct dir_source *first = NULL;

	for (size_t i = 0; i < count; i++) {
		if (sources[i].more && (!first || comes_before(&sources[i], first)))
			first = &sources[i];
	}
	return first;
}

void dir_list_start(struct dir_list *list, struct db_reader_set *set, const struct scope *scopes,
		    const struct dir_question *question, const struct dir_layout *layout)
{
	*list = (struct dir_list){ .question = question, .layout = layout, .count = set->count };
	list->sources = xcalloc(set->count, sizeof(*list->sources));
	for (size_t i = 0; i < set->count; i++) {
		struct dir_source *s = &list->sources[i];

		dir_rows_open(&s->rows, &set->dbs[i], layout);
		dir_scan_start(&s->scan, &set->dbs[i], &scopes[i], question);
		advance(s);
	}
}

bool dir_list_next(struct dir_list *list)
{
	struct dir_source *next = first_of(list->sources, list->count);

	if (!next || (list->question->limit && list->given == list->question->limit))
		return false;
	dir_rows_fill(&next->rows, next->hit.dir_id);
	list->cells = next->rows.cells;
	list->given++;
	advance(next);
	return true;
}

static void add_total(struct dir_total *total, const struct dir_total *more)
{
	total->size = add_saturating(total->size, more->size);
	total->apparent = add_saturating(total->apparent, more->apparent);
	total->files += more->files;
	total->dirs += more->dirs;
	total->atime = more->atime > total->atime ? more->atime : total->atime;
	total->mtime = more->mtime > total->mtime ? more->mtime : total->mtime;
}

void dir_list_finish(struct dir_list *list, bool verbose)
{
	struct dir_total total = { .atime = TIME_NONE, .mtime = TIME_NONE };

	for (size_t i = 0; i < list->count; i++) {
		struct dir_scan *scan = &list->sources[i].scan;

		dir_scan_finish(scan);
		list->matches += scan->matches;
		add_total(&total, &scan->total);
		if (verbose)
			warn("%s: plan %s, %" PRId64 " steps, %" PRId64 " of them in full scans",
			     scan->a->operand, scan->plan, scan->cost.steps, scan->cost.full_steps);
	}
	dir_layout_total(list->layout, &total, list->total);
	list->cells = list->total;
}

void dir_list_release(struct dir_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		dir_rows_close(&list->sources[i].rows);
		buf_release(&list->sources[i].place);
	}
	free(list->sources);
	*list = (struct dir_list){ 0 };
}
