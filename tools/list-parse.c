/* SPDX-License-Identifier: MIT */
/*
 * list-parse - turn lists of programs that scan file systems into one entry stream.
 *
 * All but those of GPFS policies, which gpfs-parse reads: what a record looks like is in
 * common/log/..._line.c, the work is done by common/parse/parse_run.
 */
#include "common/parse/explain.h"
#include "common/parse/gpfs_choose.h"
#include "common/parse/list_format.h"
#include "common/parse/parse_run.h"

struct options {
	struct parse_opts parse;
	struct list_format format;
	const char *root;
	bool list, explain;
	/* How each source is written; they stay, for threads read them. */
	struct scan_form **forms;
	struct list_format *found;
	size_t count;
};

static void set_format(void *to, const struct opt *row, const char *value)
{
	struct list_format *format = to;
	char *fault;

	(void)row;
	list_format_release(format);
	fault = list_format_parse(format, value);
	if (fault)
		opts_die("--format: %s: %s", value, fault);
}

static void print_formats(void)
{
	for (size_t i = 0; list_scanners[i]; i++)
		printf("%-10s %s\n", list_scanners[i]->name, list_scanners[i]->purpose);
}

static void parse_args(struct options *o, int argc, char **argv)
{
	struct opt rows[] = {
		OPT_CALL(0, "format", "FORMAT", "what made the list, or find:FORMAT [as it shows]",
			 set_format, &o->format),
		OPT_FLAG(0, "explain", "only say how LIST would be read", &o->explain),
		OPT_FLAG(0, "list-formats", "print the formats that can be read", &o->list),
		OPT_TEXT(0, "root", "DIR", "directory that names which are not absolute lie in",
			 &o->root),
		PARSE_OPTS(&o->parse),
		OPT_END,
	};
	const struct opts_program program = {
		.synopsis = "[options] [LIST...]",
		.operand = "LIST",
		.purpose = "Parse lists of other scanners, plain or compressed, into an entry stream.",
		.rows = rows,
		.operands_max = OPERANDS_ANY,
		.stdin_below = 1,
		.about = { stream_opts_about, log_zstd_about },
	};
	size_t count;

	*o = (struct options){ 0 };
	parse_opts_init(&o->parse);
	count = opts_parse(&program, argc, argv);
	parse_opts_check_root(o->root);
	if (o->list)
		return;
	parse_opts_finish(&o->parse, count, argv);
	if (o->explain && o->parse.log_count > 1)
		opts_die("--explain: one LIST at a time");
}

/* Nothing in it is a record: die if it can be said what it is. */
static void refuse_known(const char *source, const struct chunk *first,
			 const struct line_format *format)
{
	const char *lf, *foreign = NULL, *text = first->text;
	char *advice = gpfs_choose_advice(first, format);
	size_t len = first->len;

	if (advice)
		die(EXIT_INPUT, "%s: %s", source, advice);
	for (size_t n; len && !foreign; text += n, len -= n) {
		lf = memchr(text, '\n', len);
		n = lf ? (size_t)(lf + 1 - text) : len;
		foreign = scanner_foreign(text, n);
	}
	if (foreign)
		die(EXIT_INPUT, "%s: %s", source, foreign);
}

static struct scan_form *add_form(struct options *o)
{
	o->forms = xrealloc_array(o->forms, o->count + 1, sizeof(struct scan_form *));
	o->forms[o->count] = xcalloc(1, sizeof(struct scan_form));
	o->found = xrealloc_array(o->found, o->count + 1, sizeof(*o->found));
	o->found[o->count] = (struct list_format){ 0 };
	return o->forms[o->count++];
}

static void choose(void *to, const char *source, const struct chunk *first, int64_t scan_day,
		   struct line_format *format)
{
	struct options *o = to;
	struct scan_form *form = add_form(o);
	const struct list_format *f = &o->format;
	unsigned given;

	if (f->scanner ? !list_format_count(f, first->text, first->len) :
			 !list_format_detect(&o->found[o->count - 1], first->text, first->len))
		refuse_known(source, first, format);
	if (!f->scanner)
		f = &o->found[o->count - 1];
	if (!f->scanner)
		die(EXIT_INPUT, "%s: its first lines are no records that are known; --format says "
		    "what they are, --list-formats what there is", source);
	if (format->pct)
		die(o->parse.claim.escape == ESCAPE_PCT ? EXIT_USAGE : EXIT_INPUT,
		    "%s: names that are percent-encoded are for gpfs-parse", source);
	form->scanner = f->scanner;
	form->root = o->root ? o->root : f->scanner->root;
	form->find = f->template;
	given = f->scanner == &find_scanner ? f->template->given : f->scanner->given;
	parse_opts_plan(&o->parse, &form->plan, given, false, false, scan_day, source,
			f->name);
	format->layout = f->scanner->layout;
	format->how = form;
	format->assumed = form->plan.assumed;
	format->nul = form->find && form->find->nul;
	format->whole_names = f->scanner->whole_names || format->nul;
	format->name = f->name;
	if (o->parse.shared.verbose)
		warn("%s: format %s", source, f->name);
}

/* ---- --explain ---- */

static void print_count(const char *format, const struct explain *e)
{
	struct list_format f;
	char *fault = list_format_parse(&f, format);

	if (fault)
		bug(fault);
	printf("  %-*s %5u\n", EXPLAIN_WIDTH, format,
	       list_format_count(&f, e->first.text, e->first.len));
	list_format_release(&f);
}

static bool explain(struct options *o)
{
	struct explain e;
	bool good;
	const struct scan_form *form;

	explain_open(&e, &o->parse);
	printf("%s: how many of its first %d lines each format reads:\n", e.source.name,
	       LIST_FORMAT_LINES);
	for (size_t i = 0; list_scanners[i]; i++)
		print_count(list_scanners[i]->name, &e);
	print_count(LIST_FORMAT_FIND_LINES, &e);
	explain_end(); /* what comes may die */
	choose(o, e.source.name, &e.first, e.scan_day, &e.format);
	form = e.format.how;
	printf("format: %s\nfields:", e.format.name);
	for (int i = 0; field_names[i]; i++) {
		if (form->plan.given & FIELD_BIT(i))
			printf(" %s", field_names[i]);
	}
	printf("\n");
	explain_assumed(&e);
	good = explain_record(&e);
	explain_end();
	explain_close(&e);
	return good;
}

static void release(struct options *o)
{
	for (size_t i = 0; i < o->count; i++) {
		free(o->forms[i]);
		list_format_release(&o->found[i]);
	}
	free(o->forms);
	free(o->found);
	list_format_release(&o->format);
	parse_opts_release(&o->parse);
}

int main(int argc, char **argv)
{
	struct options o;
	bool good = true;
	const struct parse_program program = { .choose = choose, .to = &o };

	tool_begin(argv, "list-parse");
	parse_args(&o, argc, argv);
	if (o.list)
		print_formats();
	else if (o.explain)
		good = explain(&o);
	else
		parse_run(&o.parse, &program);
	release(&o);
	return good ? EXIT_OK : EXIT_NO;
}
