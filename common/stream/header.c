/* SPDX-License-Identifier: MIT */
#include "common/stream/header.h"

#include <inttypes.h>

#include "common/base/human.h"
#include "common/stream/attrs.h"

/*
 * Lists of names are sorted. A header can name hundreds of thousands, in any order, so no name is
 * inserted by itself: lists are merged, and what is read is appended and sorted at the end.
 */
static void drop_repeats(char **names, size_t *count)
{
	size_t kept = 0;

	for (size_t i = 0; i < *count; i++) {
		if (kept && strcmp(names[kept - 1], names[i]) == 0)
			free(names[i]);
		else
			names[kept++] = names[i];
	}
	*count = kept;
}

/* Merge `n` names, which are sorted too, from behind, so that the list stays where it is. */
static void merge_names(char ***names, size_t *count, char *const *more, size_t n)
{
	size_t have = *count, to = have + n;

	*names = xrealloc_array(*names, to, sizeof(**names));
	*count = to;
	while (n) {
		if (have && strcmp((*names)[have - 1], more[n - 1]) > 0)
			(*names)[--to] = (*names)[--have];
		else
			(*names)[--to] = xstrdup(more[--n]);
	}
}

/* Only for a list that nothing else has added to. */
static void append_name(char ***names, size_t *count, const char *name)
{
	GROW_BY_ONE(*names, *count);
	(*names)[(*count)++] = xstrdup(name);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_names(char **names, size_t count)
{
	if (count)
		qsort(names, count, sizeof(*names), compare_names);
}

void header_add_source(struct header *h, const char *name)
{
	char *names[] = { (char *)(uintptr_t)name };

	merge_names(&h->sources, &h->source_count, names, 1);
}

void header_add_program(struct header *h, const char *name)
{
	char *text = xasprintf("%s/%s", name, TREETALLY_VERSION);

	merge_names(&h->programs, &h->program_count, &text, 1);
	drop_repeats(h->programs, &h->program_count);
	free(text);
}

void header_add_format(struct header *h, const char *name)
{
	char *names[] = { (char *)(uintptr_t)name };

	merge_names(&h->formats, &h->format_count, names, 1);
	drop_repeats(h->formats, &h->format_count);
}

static void add_names(struct header *to, const struct header *from)
{
	merge_names(&to->sources, &to->source_count, from->sources, from->source_count);
	merge_names(&to->programs, &to->program_count, from->programs, from->program_count);
	drop_repeats(to->programs, &to->program_count);
	merge_names(&to->formats, &to->format_count, from->formats, from->format_count);
	drop_repeats(to->formats, &to->format_count);
}

void header_copy(struct header *to, const struct header *from)
{
	*to = *from;
	to->filesystem = from->filesystem ? xstrdup(from->filesystem) : NULL;
	to->sources = to->programs = to->formats = NULL;
	to->source_count = to->program_count = to->format_count = 0;
	add_names(to, from);
}

const char *header_merge(struct header *h, const struct header *more, bool force)
{
	if (h->kind != more->kind)
		return "kind of records";
	if (h->age_by != more->age_by)
		return "age-by";
	if (!force &&
	    strcmp(h->filesystem ? h->filesystem : "", more->filesystem ? more->filesystem : ""))
		return "file system";
	if (!force && h->scan_day != more->scan_day)
		return "scan date";
	if (h->order != more->order)
		h->order = ORDER_NONE;
	add_names(h, more);
	return NULL;
}

void header_add_attrs(struct buf *out, const struct header *h)
{
	char date[DATE_TEXT_SIZE];

	attrs_add_u64(out, "version", STREAM_VERSION);
	attrs_add(out, "kind", rec_kind_name(h->kind));
	attrs_add(out, "order", rec_order_name(h->order));
	if (h->filesystem)
		attrs_add(out, "filesystem", h->filesystem);
	if (h->scan_day != DAY_NONE)
		attrs_add(out, "scan_date", scantime_date_text(date, h->scan_day));
	if (h->age_by)
		attrs_add(out, "age_by", age_by_name(h->age_by));
	for (size_t i = 0; i < h->source_count; i++)
		attrs_add(out, "source", h->sources[i]);
	for (size_t i = 0; i < h->program_count; i++)
		attrs_add(out, "program", h->programs[i]);
	for (size_t i = 0; i < h->format_count; i++)
		attrs_add(out, "format", h->formats[i]);
}

static bool set_attr(struct header *h, const char *key, const char *value)
{
	uint64_t version;

	if (strcmp(key, "version") == 0)
		return human_parse_u64(value, STREAM_VERSION, &version) &&
		       version == STREAM_VERSION;
	if (strcmp(key, "kind") == 0)
		return rec_kind_from_name(value, &h->kind);
	if (strcmp(key, "order") == 0)
		return rec_order_from_name(value, &h->order);
	if (strcmp(key, "scan_date") == 0)
		return scantime_parse_date(value, &h->scan_day);
	if (strcmp(key, "age_by") == 0)
		return age_by_from_name(value, &h->age_by);
	if (strcmp(key, "filesystem") == 0 && !h->filesystem)
		h->filesystem = xstrdup(value);
	else if (strcmp(key, "source") == 0)
		append_name(&h->sources, &h->source_count, value);
	else if (strcmp(key, "program") == 0)
		append_name(&h->programs, &h->program_count, value);
	else if (strcmp(key, "format") == 0)
		append_name(&h->formats, &h->format_count, value);
	else
		return false;
	return true;
}

bool header_parse(struct header *h, char *text)
{
	char *key, *value;
	int got;

	*h = (struct header){ .scan_day = DAY_NONE };
	while ((got = attrs_next(&text, &key, &value)) > 0) {
		if (!set_attr(h, key, value))
			return false;
	}
	sort_names(h->sources, h->source_count);
	sort_names(h->programs, h->program_count);
	drop_repeats(h->programs, &h->program_count);
	sort_names(h->formats, h->format_count);
	drop_repeats(h->formats, &h->format_count);
	return got == 0 && h->kind != KIND_ANY &&
	       (h->age_by != AGE_UNSET) == (h->kind == KIND_USAGE);
}

void header_require_version(const char *name, uint64_t version)
{
	if (version && version < STREAM_VERSION)
		die(EXIT_INPUT,
		    "%s: stream format version %" PRIu64 ", made by version 0.%" PRIu64 ": import "
		    "again from the log; this program reads version %d",
		    name, version, version, STREAM_VERSION);
	if (version != STREAM_VERSION)
		die(EXIT_INPUT,
		    "%s: stream format version %" PRIu64 ", made by a newer version; this program "
		    "reads version %d",
		    name, version, STREAM_VERSION);
}

static void release_names(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

void header_release(struct header *h)
{
	free(h->filesystem);
	release_names(h->sources, h->source_count);
	release_names(h->programs, h->program_count);
	release_names(h->formats, h->format_count);
	*h = (struct header){ .scan_day = DAY_NONE };
}
