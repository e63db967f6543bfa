/* SPDX-License-Identifier: MIT */
#include "common/parse/explain.h"

#include <inttypes.h>
#include <limits.h>

#include "common/base/path.h"
#include "common/log/chunk_reader.h"

void explain_open(struct explain *e, const struct parse_opts *o)
{
	struct chunk_reader reader = { .source = &e->source };
	char *name = claims_of_operand(o->logs[0]);
	struct scan_claim claim;

	*e = (struct explain){ .scan_day = DAY_NONE };
	log_source_check(o->logs[0]);
	log_source_open(&e->source, o->logs[0], 1, 0);
	chunk_init(&e->first, false);
	if (!chunk_reader_fill(&reader, &e->first))
		die(EXIT_INPUT, "%s: is empty", e->source.name);
	e->first.format = &e->format;
	claims_claim(&claim, name);
	parse_opts_hear(o, &claim, name, &e->first, &e->format);
	e->scan_day = o->claim.scan_day != DAY_NONE ? o->claim.scan_day : claim.scan_day;
	claims_release(&claim);
	chunk_reader_release(&reader);
	free(name);
}

void explain_close(struct explain *e)
{
	chunk_release(&e->first);
	log_source_close(&e->source);
}

void explain_end(void)
{
	if (fflush(stdout) || ferror(stdout))
		die_errno("cannot write to standard output");
}

unsigned explain_count(const struct chunk *first, const struct line_format *format, void *parser,
		       unsigned spare, unsigned *lines, struct line *example)
{
	const char *end = first->text + first->len;
	unsigned matched = 0;
	size_t len, n;

	*lines = 0;
	for (const char *at = chunk_first_line(first, &len); at < end && *lines < EXPLAIN_LINES;
	     at += n) {
		enum line_kind kind;
		struct line line;

		n = line_measure(format, at, (size_t)(end - at), false, &len);
		if (!n)
			break;
		kind = format->layout->parse(parser, format, at, len, &line);
		*lines += kind == LINE_ENTRY || kind == LINE_REJECTED;
		matched += kind == LINE_ENTRY;
		if (example && matched)
			*example = line;
		if (*lines - matched > spare || (example && matched))
			break;
	}
	return matched;
}

void explain_assumed(const struct explain *e)
{
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
	printf("  %-*s %s %02d:%02d:%02d\n", EXPLAIN_WIDTH, what, day, (int)(seconds / 3600),
	       (int)(seconds / 60 % 60), (int)(seconds % 60));
}

static void print_record(const struct line *line)
{
	const struct entry *e = &line->entry;
	char *path = path_for_message(line->path, line->path_len);

	printf("the first record that it reads:\n");
	printf("  %-*s %s\n", EXPLAIN_WIDTH, "path", path);
	printf("  %-*s %c%04o\n", EXPLAIN_WIDTH, "mode", mode_letter(e->own.mode),
	       e->own.mode & 07777);
	printf("  %-*s %" PRIu64 "\n", EXPLAIN_WIDTH, "inode", e->own.inode);
	printf("  %-*s %" PRIu64 "\n", EXPLAIN_WIDTH, "size", e->size);
	printf("  %-*s %" PRIu64 "\n", EXPLAIN_WIDTH, "allocated", e->own.allocated);
	printf("  %-*s %" PRIu32 "\n", EXPLAIN_WIDTH, "uid", e->own.uid);
	printf("  %-*s %" PRIu32 "\n", EXPLAIN_WIDTH, "gid", e->own.gid);
	if (e->nlink)
		printf("  %-*s %" PRIu32 "\n", EXPLAIN_WIDTH, "nlink", e->nlink);
	print_time("atime", e->atime);
	print_time("mtime", e->mtime);
	free(path);
}

bool explain_record(const struct explain *e)
{
	void *parser = e->format.layout->new_parser(NULL);
	struct line line;
	unsigned lines, matched;

	matched = explain_count(&e->first, &e->format, parser, UINT_MAX, &lines, NULL);
	printf("it reads %u of the first %u records\n", matched, lines);
	if (matched) {
		explain_count(&e->first, &e->format, parser, UINT_MAX, &lines, &line);
		print_record(&line);
	}
	e->format.layout->free_parser(parser);
	return matched;
}
