#include "common/head.h"

#include "common/attrs.h"

static void insert_name(char ***names, size_t *count, const char *name, bool once)
{
	size_t at = *count;

	while (at && strcmp(name, (*names)[at - 1]) < 0)
		at--;
	if (once && at && strcmp(name, (*names)[at - 1]) == 0)
		return;
	*names = xrealloc_array(*names, *count + 1, sizeof(**names));
	memmove(*names + at + 1, *names + at, (*count - at) * sizeof(**names));
	(*names)[at] = xstrdup(name);
	++*count;
}

void head_add_source(struct head *h, const char *name)
{
	insert_name(&h->sources, &h->source_count, name, false);
}

static void add_program(struct head *h, const char *name_and_version)
{
	insert_name(&h->programs, &h->program_count, name_and_version, true);
}

void head_add_program(struct head *h, const char *name)
{
	char *text = xasprintf("%s/%s", name, TREETALLY_VERSION);

	add_program(h, text);
	free(text);
}

static void add_names(struct head *to, const struct head *from)
{
	for (size_t i = 0; i < from->source_count; i++)
		head_add_source(to, from->sources[i]);
	for (size_t i = 0; i < from->program_count; i++)
		add_program(to, from->programs[i]);
}

void head_copy(struct head *to, const struct head *from)
{
	*to = *from;
	to->filesystem = from->filesystem ? xstrdup(from->filesystem) : NULL;
	to->sources = to->programs = NULL;
	to->source_count = to->program_count = 0;
	add_names(to, from);
}

const char *head_merge(struct head *h, const struct head *more, bool force)
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
	h->unverified |= more->unverified;
	add_names(h, more);
	return NULL;
}

void head_add_attrs(struct buf *out, const struct head *h)
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
	if (h->unverified)
		attrs_add(out, "verified", "0");
	for (size_t i = 0; i < h->source_count; i++)
		attrs_add(out, "source", h->sources[i]);
	for (size_t i = 0; i < h->program_count; i++)
		attrs_add(out, "program", h->programs[i]);
}

static bool set_attr(struct head *h, const char *key, const char *value)
{
	uint64_t version;

	if (strcmp(key, "version") == 0)
		return attrs_u64(value, STREAM_VERSION, &version) && version == STREAM_VERSION;
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
	else if (strcmp(key, "verified") == 0 && strcmp(value, "0") == 0)
		h->unverified = true;
	else if (strcmp(key, "source") == 0)
		head_add_source(h, value);
	else if (strcmp(key, "program") == 0)
		add_program(h, value);
	else
		return false;
	return true;
}

bool head_parse(struct head *h, char *text)
{
	char *key, *value;
	int got;

	*h = (struct head){ .scan_day = DAY_NONE };
	while ((got = attrs_next(&text, &key, &value)) > 0) {
		if (!set_attr(h, key, value))
			return false;
	}
	return got == 0 && h->kind != KIND_ANY &&
	       (h->age_by != AGE_UNSET) == (h->kind == KIND_USAGE);
}

static void release_names(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

void head_release(struct head *h)
{
	free(h->filesystem);
	release_names(h->sources, h->source_count);
	release_names(h->programs, h->program_count);
	*h = (struct head){ .scan_day = DAY_NONE };
}
