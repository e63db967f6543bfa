/*
 * gpfs-parse - turn lists of GPFS policies into one entry stream.
 *
 * The program that knows what such a list looks like; common/log/parse_run does the work.
 */
#include "common/log/gpfs_line.h"
#include "common/log/parse_run.h"

static void parse_args(struct parse_opts *parse, int argc, char **argv)
{
	struct opt rows[] = { PARSE_OPTS(parse), OPT_END };
	const struct opts_program program = {
		.synopsis = "[options] [LOG...]",
		.operand = "LOG",
		.purpose = "Parse scan logs, plain or compressed, into an entry stream.",
		.rows = rows,
		.operands_max = OPERANDS_ANY,
		.stdin_below = 1,
		.about = { stream_opts_about },
	};

	parse_opts_init(parse);
	parse_opts_finish(parse, opts_parse(&program, argc, argv), argv);
}

static void choose(void *to, const char *source, const struct chunk *first,
		   int64_t scan_day, struct line_format *format)
{
	(void)to, (void)source, (void)first, (void)scan_day;
	format->layout = &gpfs_layout;
}

int main(int argc, char **argv)
{
	const struct parse_program program = { .choose = choose };
	struct parse_opts parse;

	tool_begin(argv, "gpfs-parse");
	parse_args(&parse, argc, argv);
	parse_run(&parse, &program);
	parse_opts_release(&parse);
	return EXIT_OK;
}
