/* SPDX-License-Identifier: MIT */
#include "common/parse/gpfs_choose.h"

#include <limits.h>

#include "common/parse/explain.h"
#include "common/parse/gpfs_line.h"
#include "common/parse/gpfs_prepare.h"
#include "common/parse/list_format.h"

void gpfs_choose_set(void *to, const struct opt *row, const char *value)
{
	struct gpfs_choose *c = to;
	const struct preset *known = preset_find(value);
	struct template t;
	char *fault;

	if (strcmp(value, "auto") == 0) {
		c->wanted = (struct preset){ 0 };
		return;
	}
	if (!known && !strchr(value, '%'))
		opts_wrong(row, value, "a format of --list-formats or a template");
	c->wanted = known ? *known : (struct preset){ .name = value, .template = value };
	fault = template_parse(&t, c->wanted.template);
	if (fault)
		opts_die("--%s: '%s': %s", row->name, value, fault);
}

void gpfs_choose_compile(struct template *t, const struct preset *p)
{
	char *fault = template_parse(t, p->template);

	if (fault)
		opts_die("--format: '%s': %s", p->template, fault);
}

static bool is_prepare(const struct line_format *format)
{
	return format->layout == &gpfs_prepare_layout;
}

/* The default layout has its own reader, unless more is wanted of it. */
static bool is_default(const struct preset *p, const struct line_format *format, unsigned required)
{
	return p->template == presets[0].template && !required && !is_prepare(format);
}

/* ESCAPE is done when lists are made for programs, which records of -I prepare are not yet. */
static bool is_pct(const struct preset *p, const struct line_format *format)
{
	return format->pct_said ? format->pct : p->pct && !is_prepare(format);
}

/* Compile it for the frame, whose records have a size of their own. */
static unsigned compile(struct gpfs_format *how, const struct preset *p,
			const struct line_format *format)
{
	gpfs_choose_compile(&how->template, p);
	return how->template.given | (is_prepare(format) ? FIELD_BIT(FIELD_ALLOCATED) : 0);
}

void gpfs_choose_frame(const struct gpfs_choose *c, const char *source, const struct chunk *first,
		       struct line_format *format)
{
	size_t len;
	const char *text = chunk_first_line(first, &len);
	bool relative = false;

	format->layout = &gpfs_layout;
	len = first->len - (size_t)(text - first->text);
	if (!gpfs_prepare_detect(text, len, format->pct, &relative))
		return;
	format->layout = &gpfs_prepare_layout;
	format->whole_names = true;
	if (relative && !c->root)
		die(EXIT_USAGE, "%s: its paths are relative to the directory where the file system "
		    "is mounted: --root says which it is", source);
}

/* ---- auto ---- */

static unsigned probe_preset(const struct preset *p, const struct chunk *first,
			     struct line_format format, void *parser, unsigned spare,
			     unsigned *lines)
{
	struct gpfs_format how = { .root = "" };
	unsigned given = compile(&how, p, &format);

	/* The day matters only for what the values mean: any will do; likewise the root. */
	if (!field_plan_init(&how.plan, given, false, 0, 0))
		bug("a plan needs nothing but the day");
	format.pct = is_pct(p, &format);
	format.how = is_default(p, &format, 0) ? NULL : &how;
	return explain_count(first, &format, parser, spare, lines, NULL);
}

void gpfs_choose_probe(struct gpfs_probe *probe, const struct chunk *first,
		       const struct line_format *format, bool all)
{
	void *parser = format->layout->new_parser(NULL);
	unsigned most = 0, lines;

	*probe = (struct gpfs_probe){ 0 };
	for (const struct preset *p = presets; p->name; p++) {
		unsigned spare = all || !most ? UINT_MAX : probe->lines - most;
		unsigned n = probe_preset(p, first, *format, parser, spare, &lines);

		probe->lines = p == presets ? lines : probe->lines;
		probe->matched[p - presets] = n;
		/* A list without values is taken for one only when somebody says so. */
		if (!n || n < most || (!*p->template && !is_prepare(format)))
			continue;
		probe->rival = n == most ? p : NULL;
		probe->best = n == most ? probe->best : p;
		most = n;
	}
	format->layout->free_parser(parser);
}

static const struct preset *choose_preset(struct gpfs_choose *c, const char *source,
					  const struct chunk *first,
					  const struct line_format *format)
{
	struct gpfs_probe probe;
	const struct preset *best;

	if (c->wanted.name)
		return &c->wanted;
	gpfs_choose_probe(&probe, first, format, c->chosen != NULL);
	best = probe.best ? probe.best : c->chosen ? c->chosen : presets;
	if (probe.rival && !c->chosen)
		die(EXIT_USAGE, "%s: %u of its first %u records can be read as format %s and as "
		    "format %s, which differ; --format decides", source,
		    probe.matched[best - presets], probe.lines, best->name, probe.rival->name);
	/* A source whose lines the format before it reads as well is written so too. */
	if (c->chosen && probe.matched[c->chosen - presets] == probe.matched[best - presets])
		best = c->chosen;
	if (c->chosen && best != c->chosen)
		die(EXIT_INPUT, "%s: is written in format %s, and the source before it in format "
		    "%s; parse them one by one and join the streams with rec-cat", source,
		    best->name, c->chosen->name);
	return best;
}

/* ---- a source ---- */

/* When it reads nothing, another program may. */
static void refuse_foreign(const char *source, const struct chunk *first,
			   const struct line_format *format)
{
	void *parser = format->layout->new_parser(NULL);
	struct line example;
	unsigned lines;
	char *advice = NULL;

	if (!explain_count(first, format, parser, UINT_MAX, &lines, &example))
		advice = list_format_advice(first->text, first->len);
	format->layout->free_parser(parser);
	if (advice)
		die(EXIT_INPUT, "%s: %s", source, advice);
}

void gpfs_choose(void *to, const char *source, const struct chunk *first, int64_t scan_day,
		 struct line_format *format)
{
	struct gpfs_format *how = xcalloc(1, sizeof(*how));
	struct gpfs_choose *c = to;
	const struct preset *p;
	unsigned given;

	gpfs_choose_frame(c, source, first, format);
	p = choose_preset(c, source, first, format);
	GROW_BY_ONE(c->formats, c->format_count);
	c->formats[c->format_count++] = how;
	c->chosen = p;
	given = compile(how, p, format);
	parse_opts_plan(c->parse, &how->plan, given, how->template.whole_days, how->template.ages,
			scan_day, source, p->name);
	how->plan.assumed.count[ASSUME_ALLOCATED_FROM_PREPARE] = given != how->template.given;
	how->root = c->root;
	how->template.scan_time = how->plan.scan_time;
	how->plan.inline_max = GPFS_INLINE_MAX;
	format->how = is_default(p, format, c->parse->required) ? NULL : how;
	format->pct = is_pct(p, format);
	format->name = p->name;
	format->assumed = how->plan.assumed;
	refuse_foreign(source, first, format);
}

char *gpfs_choose_advice(const struct chunk *first, const struct line_format *said)
{
	const struct gpfs_choose any = { .root = "/" };
	struct line_format format = *said;
	struct gpfs_probe probe;
	unsigned read = 0;

	gpfs_choose_frame(&any, "", first, &format);
	gpfs_choose_probe(&probe, first, &format, true);
	for (const struct preset *p = presets; p->name; p++)
		read |= probe.matched[p - presets];
	if (!read && !is_prepare(&format))
		return NULL;
	return xasprintf("its records are those of a GPFS policy, which gpfs-parse reads%s%s",
			 probe.best && !probe.rival ? ": --format " : "",
			 probe.best && !probe.rival ? probe.best->name : "");
}

void gpfs_choose_release(struct gpfs_choose *c)
{
	for (size_t i = 0; i < c->format_count; i++)
		free(c->formats[i]);
	free(c->formats);
}
