/* SPDX-License-Identifier: MIT */
/*
 * gpfs-parse - turn lists of GPFS policies into one entry stream.
 *
 * The program that knows what such a list looks like; common/parse/parse_run does the work.
 */
#include "common/parse/gpfs_choose.h"
#include "common/parse/gpfs_explain.h"
#include "common/parse/parse_run.h"

struct options {
	struct parse_opts parse;
	struct gpfs_choose choose;
	bool explain;
};

static void parse_args(struct options *o, int argc, char **argv)
{
	struct opt rows[] = {
		OPT_CALL(0, "format", "FORMAT",
			 "of lines: a name, a template, or auto [auto]",
			 gpfs_choose_set, &o->choose),
		OPT_FLAG(0, "explain", "only say how LOG would be read", &o->explain),
		OPT_CALL(0, "list-formats", NULL, "print the names and templates",
			 gpfs_explain_list, NULL),
		OPT_CALL(0, "show-clause", "FORMAT",
			 "print the SHOW clause that writes it",
			 gpfs_explain_show, NULL),
		OPT_TEXT(0, "root", "DIR", "directory that paths which are not absolute lie in",
			 &o->choose.root),
		PARSE_OPTS(&o->parse),
		OPT_END,
	};
	const struct opts_program program = {
		.synopsis = "[options] [LOG...]",
		.operand = "LOG",
		.purpose = "Parse scan logs, plain or compressed, into an entry stream.",
		.rows = rows,
		.operands_max = OPERANDS_ANY,
		.stdin_below = 1,
		.about = { stream_opts_about, log_zstd_about },
	};

	parse_opts_init(&o->parse);
	o->choose = (struct gpfs_choose){ .parse = &o->parse };
	parse_opts_finish(&o->parse, opts_parse(&program, argc, argv), argv);
	parse_opts_check_root(o->choose.root);
	if (o->explain && o->parse.log_count > 1)
		opts_die("--explain: one LOG at a time");
}

int main(int argc, char **argv)
{
	struct options o = { .explain = false };
	const struct parse_program program = { gpfs_choose, &o.choose };
	bool good = true;

	tool_begin(argv, "gpfs-parse");
	parse_args(&o, argc, argv);
	if (o.explain)
		good = gpfs_explain(&o.choose, &o.parse);
	else
		parse_run(&o.parse, &program);
	gpfs_choose_release(&o.choose);
	parse_opts_release(&o.parse);
	return good ? EXIT_OK : EXIT_NO;
}
