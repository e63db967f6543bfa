/* SPDX-License-Identifier: MIT */
#include "common/parse/gpfs_explain.h"

#include "common/parse/explain.h"
#include "common/parse/gpfs_prepare.h"
#include "common/parse/list_format.h"

void gpfs_explain_list(void *to, const struct opt *row, const char *value)
{
	(void)to, (void)row, (void)value;
	for (const struct preset *p = presets; p->name; p++)
		printf("%-*s  %-6s  %s\n%*s          %s\n", EXPLAIN_WIDTH, p->name,
		       p->pct ? "escape" : "plain", p->about, EXPLAIN_WIDTH, "", p->template);
	explain_end();
	quit(EXIT_OK);
}

void gpfs_explain_show(void *to, const struct opt *row, const char *value)
{
	struct gpfs_choose c = { 0 };
	struct buf text = { 0 };
	struct template t = { 0 };
	char *fault;

	(void)to;
	gpfs_choose_set(&c, row, value);
	gpfs_choose_compile(&t, c.wanted.name ? &c.wanted : presets);
	fault = template_add_show(&text, &t);
	if (fault)
		opts_die("--%s: '%s': %s", row->name, value, fault);
	printf("SHOW(%.*s)\n", text.len ? (int)text.len : 2, text.len ? (char *)text.data : "''");
	explain_end();
	quit(EXIT_OK);
}

/* ---- a log ---- */

static void print_matches(const char *name, const struct gpfs_probe *probe)
{
	printf("%s: the first %u records, and how many of them each format reads:\n",
	       name, probe->lines);
	for (const struct preset *p = presets; p->name; p++)
		printf("  %-*s %5u  %s\n", EXPLAIN_WIDTH, p->name, probe->matched[p - presets],
		       p->template);
}

/* The text before the value of a step, and the value, as in the template. */
static void print_step(const struct template *t, unsigned i)
{
	const struct template_step *s = &t->steps[i];
	char place[16];
	int len = 0;

	for (; len < s->text_len; len++)
		place[len] = (char)(s->text >> 8 * len & 0xff);
	len += snprintf(place + len, sizeof(place) - (size_t)len, "%%%c%.*s", s->letter,
			s->form != 0, &s->form);
	printf("  %-*s %s\n", EXPLAIN_WIDTH, place, template_step_what(s));
}

static void print_fields(const struct explain *e, const struct preset *chosen,
			 const struct template *t)
{
	printf("format: %s\ntemplate: %s\nnames and values: %s\n", chosen->name, chosen->template,
	       e->format.pct ? "percent-encoded" : "as they are");
	if (e->format.layout == &gpfs_prepare_layout)
		printf("records: of mmapplypolicy -I prepare, with the inode, its generation and "
		       "SIZE\n");
	for (unsigned i = 0; i < t->step_count; i++) {
		if (t->steps[i].op != OP_NONE)
			print_step(t, i);
	}
	explain_assumed(e);
}

/* Maybe another program reads it. */
static void print_advice(const struct explain *e)
{
	char *advice = list_format_advice(e->first.text, e->first.len);

	printf("%s\n", advice ? advice : "no format reads any: write a template (gpfs-parse(1))");
	free(advice);
}

bool gpfs_explain(struct gpfs_choose *c, const struct parse_opts *o)
{
	struct gpfs_probe probe;
	struct explain e;
	bool good = false;

	explain_open(&e, o);
	gpfs_choose_frame(c, e.source.name, &e.first, &e.format);
	gpfs_choose_probe(&probe, &e.first, &e.format, true);
	print_matches(e.source.name, &probe);
	explain_end(); /* what comes may die */
	if (!c->wanted.name && probe.rival) {
		printf("%s and %s read as many: --format decides\n", probe.best->name,
		       probe.rival->name);
	} else if (!c->wanted.name && !probe.best) {
		print_advice(&e);
	} else {
		gpfs_choose(c, e.source.name, &e.first, e.scan_day, &e.format);
		print_fields(&e, c->chosen, &c->formats[0]->template);
		good = explain_record(&e);
	}
	explain_end();
	explain_close(&e);
	return good;
}
