/* SPDX-License-Identifier: MIT */
/*
 * Each source is cut into chunks of lines (chunk.h), which workers parse and encode, and which
 * are written in the order of the input (pool.h): a fixed number of chunks is all the memory that
 * is ever needed.
 *
 * The header comes before the records, so what it says must be known before the first line is
 * parsed: from options, from the names of the sources, from the first line of the first source, in
 * this order. What a later source says can then only agree, or end the program.
 */
#include "common/parse/parse_run.h"

#include <errno.h>
#include <inttypes.h>

#include "common/log/agreement.h"
#include "common/log/log_parse.h"
#include "common/base/progress.h"

/* Records of which one may have a cut name. Keep gpfs-parse.1 in step. */
#define CUT_NAMES_SHARE 10

/* ---- what the sources say ---- */

struct parse_run {
	const struct parse_opts *opt;
	const struct parse_program *program;
	char **names; /* of the sources, as recorded */
	struct agreement agreement;
	struct log_parse log;
	struct stream_out out;
	struct rejects rejects;
	struct progress progress;
	uint64_t bytes_before;  /* in the sources before this one */
	struct ledger ledger;   /* of finished sources */
	struct tally tally;     /* of this source, so far */
	uint64_t failed_before; /* failed_lines of finished sources */
	uint64_t cut_names; /* records behind which some lines are the rest of the name */
	struct scan_end end; /* of this source */
	bool must_end;       /* this source announced an end line */
	struct scan_log scan_log;
	const char *unrecognised_source; /* of the first such line; NULL: none */
	uint64_t unrecognised_line;
};

/* What a source says by its name and, once it is open, by its first line; sets how it is parsed. */
static void hear_source(struct parse_run *run, size_t i, bool is_open)
{
	const struct parse_opts *opt = run->opt;
	struct scan_claim claim;

	claims_claim(&claim, run->names[i]);
	if (is_open) {
		parse_opts_hear(opt, &claim, run->names[i], run->log.first,
				&run->log.reader.format);
		run->must_end = claim.has_end;
	}
	agreement_hear(&run->agreement, &claim, run->names[i]);
	if (is_open)
		run->program->choose(run->program->to, run->names[i], run->log.first,
				     agreement_day(&run->agreement), &run->log.reader.format);
	claims_release(&claim);
}

static void write_head(struct parse_run *run)
{
	const struct parse_opts *opt = run->opt;
	struct header head = { .kind = KIND_ENTRY, .order = ORDER_NONE };

	if (run->agreement.filesystem.value)
		head.filesystem = xstrdup(run->agreement.filesystem.value);
	head.scan_day = agreement_day(&run->agreement);
	for (size_t i = 0; i < opt->log_count; i++)
		header_add_source(&head, run->names[i]);
	header_add_program(&head, program_invocation_short_name);
	header_add_format(&head, run->log.reader.format.name);
	stream_out_open(&run->out, &head, &opt->out);
	header_release(&head);
	run->agreement.closed = true;
}

/* ---- the work ---- */

/* End without a trailer. The rejected lines may tell why, so their file is completed. */
static void refuse(struct parse_run *run, const char *fmt, ...) NORETURN PRINTF_LIKE(2, 3);
static void refuse(struct parse_run *run, const char *fmt, ...)
{
	char reason[2000];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	rejects_commit(&run->rejects);
	die(EXIT_INPUT, "%s", reason);
}

/*
 * Lines that tell that the log is not what it should be. Those that anybody can cause, with a path
 * that is too long or with touch(1), do not: nobody must be able to stop the import of all others.
 */
static uint64_t failed_lines(const struct tally *t)
{
	return t->count[COUNT_REJECTED] - t->rejects[REJECT_TOO_LONG] - t->rejects[REJECT_TIME] +
	       t->count[COUNT_SKIPPED_UNRECOGNISED];
}

/* All reasons, each with its number and the first such line. */
static void refuse_rejects(struct parse_run *run, uint64_t failed, uint64_t limit)
{
	const struct ledger *l = &run->ledger;
	struct buf list = { 0 };

	for (int i = 0; i < REJECT_REASONS; i++) {
		if (l->sum.rejects[i])
			buf_printf(&list, "; %s: %" PRIu64 " (first %s:%" PRIu64 ")",
				   reject_names[i], l->sum.rejects[i], l->reject_source[i],
				   l->sum.reject_line[i]);
	}
	if (run->unrecognised_source)
		buf_printf(&list, "; unrecognised: %" PRIu64 " (first %s:%" PRIu64 ")",
			   l->sum.count[COUNT_SKIPPED_UNRECOGNISED], run->unrecognised_source,
			   run->unrecognised_line);
	buf_add_char(&list, '\0');
	refuse(run, "%" PRIu64 " lines are not records, and the limit is %" PRIu64 "%s; "
	       "--rejects FILE keeps rejected lines, --max-rejects changes the limit", failed,
	       limit, (char *)list.data);
}

static void take_chunk(struct parse_run *run, const char *name, const struct chunk *c)
{
	uint64_t lines_before = run->tally.count[COUNT_LINES], lines;

	if (c->foreign && !run->tally.count[COUNT_ENTRIES])
		refuse(run, "%s:%" PRIu64 ": %s", name, lines_before + c->foreign_line, c->foreign);
	if (c->unrecognised_line && !run->unrecognised_source) {
		run->unrecognised_source = name;
		run->unrecognised_line = lines_before + c->unrecognised_line;
	}
	run->cut_names += c->cut_names;
	claims_add_ends(&run->end, &c->end, lines_before);
	rejects_add(&run->rejects, name, lines_before, c);
	if (c->overflow || !tally_add(&run->tally, &c->tally, lines_before))
		refuse(run, "%s: the sizes in it add up to more than 2^63-1 bytes", name);
	stream_out_add_encoded(&run->out, c->blocks.data, c->blocks.len);
	lines = run->ledger.sum.count[COUNT_LINES] + run->tally.count[COUNT_LINES];
	progress_update(&run->progress, run->bytes_before + log_source_position(&run->log.source),
			lines);
}

/* Does the list have its end line, and all lines that the scan wrote? */
static void check_end(struct parse_run *run, const char *name)
{
	uint64_t *count = run->tally.count;
	uint64_t lines = count[COUNT_ENTRIES] + count[COUNT_REJECTED];
	const struct scan_end *end = &run->end;
	/* One that tells no number proves nothing about what follows it. */
	bool ended = end->lines && (!end->uncounted || end->last == count[COUNT_LINES]);

	count[COUNT_UNPROVED_SOURCES] = !run->scan_log.file && !(run->must_end && ended);
	if (!run->must_end)
		return;
	if (!ended && !run->opt->allow_cut_end)
		refuse(run, "%s: the end line is missing, so the list was cut after line %" PRIu64
		       " (--allow-cut-end accepts that)", name, count[COUNT_LINES]);
	if (end->lines && !end->bad && !end->uncounted && end->entries != lines)
		refuse(run, "%s: is not whole: its end line tells of %" PRIu64 " entries, and there "
		       "are %" PRIu64, name, end->entries, lines);
	if (end->bad || !assume(&run->tally.assumed, ASSUME_UNSEEN, end->unseen) ||
	    !assume(&run->tally.assumed, ASSUME_SKIPPED, end->skipped))
		refuse(run, "%s: its end line cannot be read", name);
}

static void end_source(struct parse_run *run, size_t i)
{
	const char *name = run->names[i];

	check_end(run, name);
	if (run->log.reader.cut && !run->opt->allow_cut_end)
		refuse(run, "%s: the input ends inside line %" PRIu64 " (--allow-cut-end accepts "
		       "that)", name, run->tally.count[COUNT_LINES]);
	if (!assume_add(&run->tally.assumed, &run->log.reader.format.assumed))
		bug("a layout counts what it assumes");
	ledger_add_source(&run->ledger, name, &run->tally);
	run->failed_before += failed_lines(&run->tally);
	run->bytes_before += log_source_position(&run->log.source);
	log_parse_close(&run->log);
}

/* Parse and write the source that is open. */
static void parse_source(struct parse_run *run, size_t i)
{
	const struct reject_limit *limit = &run->opt->limit;
	const char *name = run->names[i];
	struct chunk *c;

	run->tally = (struct tally){ 0 };
	run->end = (struct scan_end){ 0 };
	while ((c = log_parse_next(&run->log))) {
		take_chunk(run, name, c);
		/* No need to read a billion lines to the end when the count alone decides. */
		if (run->failed_before + failed_lines(&run->tally) > reject_limit_early(limit)) {
			ledger_add_source(&run->ledger, name, &run->tally);
			refuse_rejects(run, run->failed_before + failed_lines(&run->tally),
				       limit->value);
		}
	}
	end_source(run, i);
}

static void open_source(struct parse_run *run, size_t i)
{
	if (!log_parse_open(&run->log, run->opt->logs[i]))
		refuse(run, "%s: is empty", run->log.source.name);
	hear_source(run, i, true);
}

/*
 * Names with line feeds are rare. When the lines behind many records are not records, or most lines
 * are none, the list was broken by something else; what they are taken for cannot be made by a few
 * people alone. One long name is no share of anything.
 */
static void check_names(struct parse_run *run, uint64_t limit)
{
	const uint64_t *count = run->ledger.sum.count;
	uint64_t entries = count[COUNT_ENTRIES], lines = count[COUNT_SKIPPED_CONTINUED];
	bool names = run->cut_names > limit && run->cut_names > entries / CUT_NAMES_SHARE;

	if (names || (lines > limit && lines > entries + NAME_BYTES_MAX))
		refuse(run, "%" PRIu64 " records of %" PRIu64 " are followed by %" PRIu64 " lines "
		       "that are not records: too many for names with line feeds (--max-rejects "
		       "changes the limit of %" PRIu64 ")", run->cut_names, entries, lines, limit);
	if (run->cut_names && !run->opt->shared.quiet)
		warn("%" PRIu64 " lines are the rest of names with line feeds, and the paths of "
		     "%" PRIu64 " records are cut there (with ESCAPE in the policy they would be "
		     "whole)", lines, run->cut_names);
}

/* Is everything here that the scan says it saw? */
static void check_scan_log(struct parse_run *run)
{
	const struct scan_log *log = &run->scan_log;
	const uint64_t *count = run->ledger.sum.count;

	if (!log->file)
		return;
	if (!scan_log_agrees(log, count))
		refuse(run, "the list is not whole: %s tells of %" PRIu64 " files, %" PRIu64
		       " directories and %" PRIu64 " other objects, and there are %" PRIu64
		       " lines of files, %" PRIu64 " of directories and %" PRIu64 " rejected ones",
		       log->file, log->files, log->directories, log->others, count[COUNT_FILES],
		       count[COUNT_DIRECTORY_LINES], count[COUNT_REJECTED]);
	if (!assume(&run->ledger.sum.assumed, ASSUME_SKIPPED, log->skipped))
		refuse(run, "%s: too many skipped files", log->file);
}

/* Does what was read deserve a trailer? */
static void check_ledger(struct parse_run *run)
{
	const struct ledger *l = &run->ledger;
	uint64_t lines = l->sum.count[COUNT_LINES], limit = reject_limit(&run->opt->limit, lines);
	const struct ledger_source *twice = ledger_repeated_source(l);

	if (run->failed_before > limit)
		refuse_rejects(run, run->failed_before, limit);
	if (!l->sum.count[COUNT_ENTRIES])
		refuse(run, "no record in %" PRIu64 " lines", lines);
	check_names(run, limit);
	check_scan_log(run);
	if (twice && !run->opt->force)
		refuse(run, "%s: the same log came twice (--force accepts that)", twice->name);
	if (!l->sum.count[COUNT_DIRECTORY_LINES] && !run->opt->shared.quiet)
		warn("no line is about a directory (a policy without DIRECTORIES_PLUS?); "
		     "directories are taken from the paths of files");
}

static char *source_name(const struct parse_opts *opt, size_t i)
{
	return opt->source ? xstrdup(opt->source) : claims_of_operand(opt->logs[i]);
}

static void start(struct parse_run *run, const struct parse_opts *opt,
		  const struct parse_program *program)
{
	uint64_t total = 0;

	*run = (struct parse_run){ .opt = opt, .program = program,
			      .names = xcalloc(opt->log_count, sizeof(*run->names)) };
	run->agreement.force = opt->force;
	if (opt->scan_log)
		scan_log_read(&run->scan_log, opt->scan_log);
	agreement_hear(&run->agreement, &opt->claim, NULL);
	for (size_t i = 0; i < opt->log_count; i++) {
		uint64_t size = log_source_size(opt->logs[i]);

		log_source_check(opt->logs[i]);
		run->names[i] = source_name(opt, i);
		/* One part of unknown size makes the whole unknown. */
		total = size && (total || !i) ? total + size : 0;
	}
	log_parse_init(&run->log, opt->shared.threads, opt->shared.memory,
		       opt->rejects != NULL);
	progress_init(&run->progress, opt->shared.progress, opt->shared.progress_file);
	progress_phase(&run->progress, "reading", "bytes", total);
}

static void parse_all(struct parse_run *run)
{
	const struct parse_opts *opt = run->opt;

	open_source(run, 0);
	for (size_t i = 1; i < opt->log_count; i++)
		hear_source(run, i, false);
	rejects_open(&run->rejects, opt->rejects);
	if (opt->mode != MODE_NONE)
		rejects_exact_mode(&run->rejects, opt->mode);
	write_head(run);
	parse_source(run, 0);
	for (size_t i = 1; i < opt->log_count; i++) {
		open_source(run, i);
		parse_source(run, i);
	}
}

static void report(const struct parse_run *run, const struct timespec *began)
{
	const uint64_t *count = run->ledger.sum.count;
	struct timespec now;
	double seconds;

	clock_gettime(CLOCK_MONOTONIC, &now);
	seconds = (double)(now.tv_sec - began->tv_sec);
	seconds += (double)(now.tv_nsec - began->tv_nsec) / 1e9;
	warn("%" PRIu64 " lines in %.2f s (%.0f a second): %" PRIu64 " entries, %" PRIu64
	     " skipped, %" PRIu64 " rejected; format: %s; threads: %u, chunks: %zu of %u KiB",
	     count[COUNT_LINES], seconds, (double)count[COUNT_LINES] / seconds,
	     count[COUNT_ENTRIES],
	     count[COUNT_LINES] - count[COUNT_ENTRIES] - count[COUNT_REJECTED],
	     count[COUNT_REJECTED], run->log.reader.format.name, run->log.threads,
	     run->log.chunk_count, CHUNK_SIZE >> 10);
}

static void release(struct parse_run *run)
{
	for (size_t i = 0; i < run->opt->log_count; i++)
		free(run->names[i]);
	free(run->names);
	agreement_release(&run->agreement);
	ledger_release(&run->ledger);
	log_parse_release(&run->log);
}

void parse_run(const struct parse_opts *opt, const struct parse_program *program)
{
	struct parse_run run;
	struct timespec began;

	clock_gettime(CLOCK_MONOTONIC, &began);
	start(&run, opt, program);
	parse_all(&run);
	check_ledger(&run);
	rejects_commit(&run.rejects);
	stream_out_finish(&run.out, &run.ledger);
	progress_end(&run.progress);
	if (opt->shared.verbose)
		report(&run, &began);
	release(&run);
}
