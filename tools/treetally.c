/* SPDX-License-Identifier: MIT */
/*
 * treetally - all programs under one name, as `treetally import LOG` or `treetally dirs DB`.
 *
 * It becomes the program: same process, same descriptors, same status.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/opts.h"
#include "common/base/process.h"

/* Those that people use have a short name; the stages have only their own. */
static const struct command {
	const char *name, *program, *purpose;
} commands[] = {
	{ "import", "scan-import", "make a database of a scan" },
	{ "scan", "scan-tree", "make a scan of a mounted tree" },
	{ "dirs", "dir-query", "list directories by size, age, owner, name" },
	{ "usage", "stats-query", "add up by owner, group, age, size, directory" },
	{ "export", "dir-export", "write a database as ncdu reads it" },
	{ "audit", "scan-audit", "prove that a database is sound" },
};
static const char *const stages[] = { "gpfs-parse", "list-parse", "dir-extract", "depth-sort",
				      "dir-load", "stats-accum", "stats-load", "rec-cat" };
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *program_of(const char *word)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (strcmp(word, commands[i].name) == 0 || strcmp(word, commands[i].program) == 0)
			return commands[i].program;
	for (size_t i = 0; i < COUNT(stages); i++)
		if (strcmp(word, stages[i]) == 0)
			return stages[i];
	opts_die("%s: no such command", word);
}

/* This process goes on as the program. */
static void become(const char *program, char **argv) NORETURN;
static void become(const char *program, char **argv)
{
	char *file = process_beside(program);

	argv[0] = file;
	execv(file, argv);
	die_errno("cannot run %s", file);
}

static void read_manual(const char *section, const char *page) NORETURN;
static void read_manual(const char *section, const char *page)
{
	char *name = xasprintf("../man/%s.%s", page, section);
	char *file = process_beside(name);

	/* In a checkout, where man(1) does not look by itself. */
	if (access(file, R_OK) == 0)
		execlp("man", "man", "-l", file, (char *)NULL);
	else
		execlp("man", "man", section, page, (char *)NULL);
	die_errno("cannot run man");
}

static char *list_of_commands(void)
{
	struct buf text = { 0 };

	buf_add_str(&text, "Run a program of treetally:\n\n");
	for (size_t i = 0; i < COUNT(commands); i++)
		buf_printf(&text, "  %-8s %s (%s)\n", commands[i].name, commands[i].purpose,
			   commands[i].program);
	buf_add_str(&text, "\nThe name of any other program is a command too. `treetally help COMMAND`\n"
			   "shows its manual, `treetally help` that of all.");
	buf_add_char(&text, '\0');
	return (char *)text.data;
}

int main(int argc, char **argv)
{
	struct opts shared;
	struct opt rows[] = { { OPT_IS_HELP, 'h', .name = "help" },
			      { OPT_IS_VERSION, 'V', "version", .help = "" }, OPT_END };
	char *help[] = { argv[0], (char []){ "--help" }, NULL };

	tool_begin(argv, "treetally");
	opts_init(&shared);
	if (argc > 1 && argv[1][0] != '-' && strcmp(argv[1], "help") != 0)
		become(program_of(argv[1]), argv + 1);
	if (argc == 2 && strcmp(argv[1], "help") == 0)
		read_manual("7", "treetally");
	if (argc == 3 && strcmp(argv[1], "help") == 0)
		read_manual("1", program_of(argv[2]));
	opts_parse(&(struct opts_program){
			   .synopsis = "COMMAND [ARGUMENT...]", .purpose = list_of_commands(),
			   .rows = rows, .operands_max = 0 },
		   argc > 1 ? argc : 2, argc > 1 ? argv : help);
	return 0;
}
