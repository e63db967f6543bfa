/* SPDX-License-Identifier: MIT */
/*
 * stats-accum - sum files by directory, owner, group, age and size: the usage rows.
 *
 * Threads add up files in one table in memory (usage_sum.h); what does not fit goes to disk in
 * sorted runs. Most scans meet a directory's files close together, so little is written twice.
 * Three files of one owner, two of them below 1 KiB and all of them read last week, make two rows:
 *
 *     /gpfs/proj/a.c   uid 7 gid 9   700 B, inline    ->  /gpfs/proj 7 9 age 0 size 0: 2 files
 *     /gpfs/proj/b.c   uid 7 gid 9   900 B, inline    ->      (the same row)
 *     /gpfs/proj/core  uid 7 gid 9   8 MiB            ->  /gpfs/proj 7 9 age 0 size 4: 1 file
 *
 * A file with several links also has a link row, with its identity, for stats-load to find the
 * other links.
 *
 * Nothing is written before the input has ended, so a branch that reads us never holds up another.
 */
#include "common/sort/usage_sum.h"
#include "common/stream/stream_opts.h"

/* Files whose link count the log does not tell: no links, or links if their identity says so. */
enum links { LINKS_COUNTED, LINKS_ASSUME };
static const char *const links_names[] = { "", "assume", NULL };

struct options {
	struct opts shared;
	struct stream_opts streams;
	enum age_by age_by;
	int64_t scan_day; /* DAY_NONE: from the stream */
	enum links links;
	size_t stream_count;
};

static void parse_args(struct options *opt, int argc, char **argv)
{
	struct opt rows[] = {
		OPT_WORD(0, "age-by", "WHICH",
			 "age since atime, mtime or the newest of both [atime]",
			 &opt->age_by, age_by_names, AGE_ATIME),
		OPT_DATE(0, "scan-date", "DATE",
			 "count ages from this day, if the stream names none",
			 &opt->scan_day),
		OPT_WORD(0, "links", "HOW",
			 "assume: files of equal inodes are links where the log has no counts",
			 &opt->links, links_names, LINKS_ASSUME),
		STREAM_OPTS_WRITE(&opt->streams.out),
		STREAM_OPTS_READ(&opt->streams.in),
		STREAM_OPTS_FORCE(&opt->streams),
		OPTS_RESOURCES(&opt->shared),
		OPTS_PROGRESS(&opt->shared),
		OPTS_COMMON(&opt->shared),
		OPT_END,
	};
	const struct opts_program program = {
		.synopsis = "[options] [STREAM...]",
		.operand = "STREAM",
		.purpose = "Sum the files of entry streams by directory, uid, gid, age and size.",
		.rows = rows,
		.operands_max = OPERANDS_ANY,
		.stdin_below = 1,
		.about = { stream_opts_about },
	};

	*opt = (struct options){ .streams.in.kind = KIND_ENTRY,
				 .age_by = AGE_ATIME,
				 .scan_day = DAY_NONE };
	opts_init(&opt->shared);
	opt->stream_count = opts_parse(&program, argc, argv);
}

static void choose_scan_day(const struct options *opt, struct header *head)
{
	char have[DATE_TEXT_SIZE];

	if (head->scan_day == DAY_NONE)
		head->scan_day = opt->scan_day;
	else if (opt->scan_day != DAY_NONE && opt->scan_day != head->scan_day)
		die(EXIT_USAGE, "--scan-date: the stream says %s; say it to gpfs-parse",
		    scantime_date_text(have, head->scan_day));
	if (head->scan_day == DAY_NONE)
		die(EXIT_USAGE,
		    "the stream names no scan date; give --scan-date YYYY-MM-DD to gpfs-parse, "
		    "or to stats-accum");
}

static void open_output(struct stream_out *out, const struct options *opt, struct header *head)
{
	head->kind = KIND_USAGE;
	head->order = ORDER_TREE;
	head->age_by = opt->age_by;
	header_add_program(head, "stats-accum");
	stream_out_open(out, head, &opt->streams.out);
}

static void report(const struct usage_sum *sum, const struct opts *opt)
{
	struct extsort_stats stats = extsort_stats(sum->sort);

	warn("%" PRIu64 " files in, %" PRIu64 " with links, %" PRIu64 " rows out, memory %" PRIu64
	     " bytes, %" PRIu64 " runs, %" PRIu64 " early merges, %" PRIu64
	     " bytes spilled to %s, %" PRIu64 " at a time; %u threads",
	     sum->account.seen.count[COUNT_FILES], sum->links, sum->rows_written, opt->memory,
	     stats.runs, stats.merges, stats.spill_written, spill_directory(opt->temp_dir),
	     stats.spill_peak, sum->threads);
}

/* Add up what is in the streams, and write it. */
static void accumulate(const struct options *opt, struct stream_set *in, struct stream_out *out,
		       int64_t scan_day)
{
	const struct opts *shared = &opt->shared;
	struct progress progress;
	struct usage_sum sum;

	progress_init(&progress, shared->progress, shared->progress_file);
	usage_sum_init(&sum, &(struct usage_sum_config){
		.age_by = opt->age_by, .scan_day = scan_day,
		.assume_links = opt->links == LINKS_ASSUME, .memory = shared->memory,
		.threads = (unsigned)shared->threads, .temp_dir = shared->temp_dir,
		.quiet = shared->quiet,
	}, &progress);
	usage_sum_read(&sum, in);
	account_check(&sum.account, KIND_USAGE, &in->ledger, in->streams[0].name);
	usage_sum_write(&sum, out);
	if (shared->verbose)
		report(&sum, shared);
	in->ledger.sum.assumed.count[ASSUME_LINKS_ASSUMED] |= sum.links_assumed;
	stream_out_finish(out, &in->ledger);
	usage_sum_release(&sum);
}

int main(int argc, char **argv)
{
	struct options opt;
	struct stream_set in;
	struct stream_out out;
	struct header head;

	tool_begin(argv, "stats-accum");
	parse_args(&opt, argc, argv);
	stream_set_open(&in, argv + 1, opt.stream_count, &opt.streams.in, opt.streams.force);
	header_copy(&head, &in.head);
	choose_scan_day(&opt, &head);
	open_output(&out, &opt, &head);
	accumulate(&opt, &in, &out, head.scan_day);
	header_release(&head);
	stream_set_close(&in);
	return EXIT_OK;
}
