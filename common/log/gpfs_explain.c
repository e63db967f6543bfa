/* SPDX-License-Identifier: MIT */
#include "common/log/gpfs_explain.h"

#include <inttypes.h>

#include "common/base/path.h"
#include "common/log/gpfs_prepare.h"

#define NAME_WIDTH 12

static void end_output(void)
{
	if (fflush(stdout) || ferror(stdout))
		die_errno("cannot write to standard output");
}

void gpfs_explain_list(void *to, const struct opt *row, const char *value)
{
	(void)to, (void)row, (void)value;
	for (const struct preset *p = presets; p->name; p++)
		printf("%-*s  %-6s  %s\n%*s          %s\n", NAME_WIDTH, p->name,
		       p->pct ? "escape" : "plain", p->about, NAME_WIDTH, "", p->template);
	end_output();
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
	printf("SHOW(%.*s)\n", (int)text.len, text.len ? (char *)text.data : "");
	end_output();
	quit(EXIT_OK);
}

/* ---- a log ---- */

struct explain {
	const struct preset *chosen;
	struct line_format format;
	const struct gpfs_format *how;
	struct chunk first;
	struct gpfs_probe probe;
};

static void print_matches(const struct explain *e, const char *name)
{
	printf("%s: the first %u records, and how many of them each format reads:\n", name,
	       e->probe.lines);
	for (const struct preset *p = presets; p->name; p++)
		printf("  %-*s %5u  %s\n", NAME_WIDTH, p->name, e->probe.matched[p - presets],
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
	printf("  %-*s %s\n", NAME_WIDTH, place, template_step_what(s));
}

static void print_fields(const struct explain *e)
{
	const struct template *t = &e->how->template;

	printf("format: %s\ntemplate: %s\nnames and values: %s\n", e->chosen->name,
	       e->chosen->template, e->format.pct ? "percent-encoded" : "as they are");
	if (e->format.layout == &gpfs_prepare_layout)
		printf("records: of mmapplypolicy -I prepare, with the inode, its generation and "
		       "SIZE\n");
	for (unsigned i = 0; i < t->step_count; i++) {
		if (t->steps[i].op != OP_NONE)
			print_step(t, i);
	}
	for (int i = 0; i < ASSUMPTIONS; i++) {
		char *note;

		if (!e->format.assumed.count[i])
			continue;
		note = assume_note(i, 1);
		printf("  %s\n", note);
		free(note);
	}
}

static void print_time(const char *what, int64_t when)
{
	char day[DATE_TEXT_SIZE];
	int64_t seconds = when % SECONDS_PER_DAY;

	if (when == TIME_NONE)
		return;
	seconds += seconds < 0 ? SECONDS_PER_DAY : 0;
	scantime_date_text(day, (when - seconds) / SECONDS_PER_DAY);
	printf("  %-*s %s %02d:%02d:%02d\n", NAME_WIDTH, what, day, (int)(seconds / 3600),
	       (int)(seconds / 60 % 60), (int)(seconds % 60));
}

static void print_record(const struct line *line)
{
	const struct entry *e = &line->entry;
	char *path = path_for_message(line->path, line->path_len);

	printf("the first record that it reads:\n");
	printf("  %-*s %s\n", NAME_WIDTH, "path", path);
	printf("  %-*s %c%04o\n", NAME_WIDTH, "mode", mode_letter(e->own.mode),
	       e->own.mode & 07777);
	printf("  %-*s %" PRIu64 "\n", NAME_WIDTH, "inode", e->own.inode);
	printf("  %-*s %" PRIu64 "\n", NAME_WIDTH, "size", e->size);
	printf("  %-*s %" PRIu64 "\n", NAME_WIDTH, "allocated", e->own.allocated);
	printf("  %-*s %" PRIu32 "\n", NAME_WIDTH, "uid", e->own.uid);
	printf("  %-*s %" PRIu32 "\n", NAME_WIDTH, "gid", e->own.gid);
	if (e->nlink)
		printf("  %-*s %" PRIu32 "\n", NAME_WIDTH, "nlink", e->nlink);
	print_time("atime", e->atime);
	print_time("mtime", e->mtime);
	free(path);
}

/* Count what the chosen format reads, and show the first of it. */
static bool print_example(const struct explain *e)
{
	void *parser = e->format.layout->new_parser();
	struct line line;
	unsigned lines, matched;

	matched = gpfs_choose_count(&e->first, &e->format, parser, &lines, NULL);
	printf("it reads %u of the first %u records\n", matched, lines);
	if (matched) {
		gpfs_choose_count(&e->first, &e->format, parser, &lines, &line);
		print_record(&line);
	}
	e->format.layout->free_parser(parser);
	return matched;
}

static void open_log(struct explain *e, const struct parse_opts *o, struct log_source *source,
		     int64_t *scan_day)
{
	struct chunk_reader reader = { .source = source };
	char *name = claims_of_operand(o->logs[0]);
	struct scan_claim claim;

	log_source_check(o->logs[0]);
	log_source_open(source, o->logs[0]);
	chunk_init(&e->first, false);
	if (!chunk_fill(&reader, &e->first))
		die(EXIT_INPUT, "%s: is empty", source->name);
	e->first.format = &e->format;
	claims_claim(&claim, name);
	parse_opts_hear(o, &claim, name, &e->first, &e->format);
	*scan_day = o->claim.scan_day != DAY_NONE ? o->claim.scan_day : claim.scan_day;
	claims_release(&claim);
	chunk_reader_release(&reader);
	free(name);
}

bool gpfs_explain(struct gpfs_choose *c, const struct parse_opts *o)
{
	struct explain e = { 0 };
	struct log_source source;
	int64_t scan_day;
	bool good = false;

	open_log(&e, o, &source, &scan_day);
	gpfs_choose_frame(c, source.name, &e.first, &e.format);
	gpfs_choose_probe(&e.probe, &e.first, &e.format, true);
	print_matches(&e, source.name);
	if (!c->wanted.name && e.probe.rival)
		printf("%s and %s read as many: --format decides\n", e.probe.best->name,
		       e.probe.rival->name);
	else if (!c->wanted.name && !e.probe.best)
		printf("no format reads any: write a template (gpfs-parse(1))\n");
	else {
		gpfs_choose(c, source.name, &e.first, scan_day, &e.format);
		e.chosen = c->chosen;
		e.how = c->formats[0];
		print_fields(&e);
		good = print_example(&e);
	}
	end_output();
	chunk_release(&e.first);
	log_source_close(&source);
	return good;
}
