/* SPDX-License-Identifier: MIT */
#include "common/base/opts.h"

#include <sched.h>
#include <unistd.h>

#include "common/base/opts_help.h"

/* ---- what is wrong ---- */

void opts_die(const char *fmt, ...)
{
	char reason[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	warn("%s", reason);
	fprintf(stderr, "try '%s --help'\n", program_invocation_short_name);
	quit(EXIT_USAGE);
}

void opts_wrong(const struct opt *row, const char *value, const char *what)
{
	opts_die("--%s: '%s' is not %s", row->name, value, what);
}

/* ---- values ---- */

static void set_size(const struct opt *row, const char *value)
{
	uint64_t size;

	if (!human_parse_size(value, &size))
		opts_wrong(row, value, "a size (examples: 64M, 2G)");
	if (size < (uint64_t)row->least)
		opts_die("--%s: %s is below the least that works, %" PRId64 "M", row->name, value,
			 row->least >> 20);
	*(uint64_t *)row->to = size;
}

static void set_number(const struct opt *row, const char *value)
{
	uint64_t number;
	char range[80] = "a number (examples: 4, 10K)";

	if (row->most < INT64_MAX)
		snprintf(range, sizeof(range), "a number from %" PRId64 " to %" PRId64, row->least,
			 row->most);
	else if (row->least)
		snprintf(range, sizeof(range), "a number from %" PRId64 " up", row->least);
	if (!human_parse_count(value, &number) || number < (uint64_t)row->least ||
	    number > (uint64_t)row->most)
		opts_wrong(row, value, range);
	*(uint64_t *)row->to = number;
}

static void add_to_list(const struct opt *row, const char *value)
{
	const char ***list = row->to;

	GROW_BY_ONE(*list, *row->count);
	(*list)[(*row->count)++] = value;
}

static void set_word(const struct opt *row, const char *value)
{
	struct buf what = { 0 };

	for (unsigned i = (unsigned)row->least; row->words[i]; i++) {
		if (strcmp(row->words[i], value) == 0) {
			*(unsigned *)row->to = i;
			return;
		}
	}
	buf_add_str(&what, "one of ");
	opts_add_words(&what, row, ", ");
	buf_add_char(&what, '\0');
	opts_wrong(row, value, (char *)what.data);
}

void opts_set_progress(void *to, const struct opt *row, const char *value)
{
	struct opts *o = to;

	(void)row;
	o->progress = true;
	o->progress_file = value;
}

static void set_value(const struct opts_program *p, const struct opt *row, const char *value)
{
	switch (row->type) {
	case OPT_IS_FLAG: *(bool *)row->to = true; break;
	case OPT_IS_COUNT: ++*(unsigned *)row->to; break;
	case OPT_IS_SIZE: set_size(row, value); break;
	case OPT_IS_NUMBER: set_number(row, value); break;
	case OPT_IS_TEXT: *(const char **)row->to = value; break;
	case OPT_IS_LIST: add_to_list(row, value); break;
	case OPT_IS_WORD: set_word(row, value); break;
	case OPT_IS_AGE:
		if (!human_parse_age(value, row->to))
			opts_wrong(row, value, "an age (examples: 90d, 6mo, 3yrs)");
		break;
	case OPT_IS_WHEN:
		if (!human_parse_when(value, row->to))
			opts_wrong(row, value, "a date or an age (examples: 2024-12-31, 90d, 6mo)");
		break;
	case OPT_IS_DATE:
		if (!scantime_parse_date(value, row->to))
			opts_wrong(row, value, "a date (YYYY-MM-DD)");
		break;
	case OPT_IS_MODE:
		if (!human_parse_mode(value, row->to))
			opts_wrong(row, value, "a mode (octal, at most 777)");
		break;
	case OPT_IS_CALL: row->call(row->to, row, value); break;
	case OPT_IS_HELP: opts_print_help(p); break;
	case OPT_IS_VERSION: opts_print_version(p); break;
	case OPT_IS_END:
	case OPT_IS_HEADING: break;
	}
}

/* ---- argv ---- */

static bool is_option(const struct opt *row)
{
	return row->type != OPT_IS_HEADING;
}

static struct opt *by_letter(struct opt *rows, char letter)
{
	while (rows->type && !(is_option(rows) && rows->letter == letter))
		rows++;
	return rows->type ? rows : NULL;
}

static struct opt *by_name(struct opt *rows, const char *name, size_t len)
{
	while (rows->type &&
	       !(is_option(rows) && strncmp(rows->name, name, len) == 0 && !rows->name[len]))
		rows++;
	return rows->type ? rows : NULL;
}

/* What is left to read. */
struct words {
	char **next, **end;
	const struct opts_program *program;
};

static char *value_of(struct words *w, const struct opt *row, char *attached)
{
	if (attached || row->arg[0] == '[')
		return attached;
	if (w->next == w->end)
		opts_die("--%s needs a value: %s", row->name, row->arg);
	return *w->next++;
}

static void take_long(struct words *w, char *word)
{
	size_t len = strcspn(word, "=");
	struct opt *row = by_name(w->program->rows, word, len);
	char *value = word[len] ? word + len + 1 : NULL;

	if (!row && strcmp(word, "completion") == 0)
		opts_print_completion(w->program);
	if (!row)
		opts_die("unknown option --%.*s%s", (int)len, word,
			 opts_advice(w->program->rows, word, len));
	if (!row->arg && value)
		opts_die("--%s takes no value", row->name);
	row->given++;
	set_value(w->program, row, row->arg ? value_of(w, row, value) : NULL);
}

static void take_letters(struct words *w, char *letters)
{
	while (*letters) {
		struct opt *row = by_letter(w->program->rows, *letters);

		if (!row)
			opts_die("unknown option -%c", *letters);
		row->given++;
		letters++;
		if (!row->arg) {
			set_value(w->program, row, NULL);
			continue;
		}
		set_value(w->program, row, value_of(w, row, *letters ? letters : NULL));
		return;
	}
}

/* ---- what does not go together ---- */

/* As it stands in the program: it is there. */
static const struct opt *named(const struct opt *rows, const char *name)
{
	const struct opt *row = by_name((struct opt *)rows, name, strcspn(name, " "));

	if (!row)
		bug("an option that the table does not have");
	return row;
}

bool opts_given(const struct opt *rows, const char *name)
{
	return named(rows, name)->given;
}

/* Of the names behind the first one: is any given? *other becomes it, or else the last of them. */
static bool others_given(const struct opt *rows, const char *list, const struct opt **other)
{
	bool found = false;

	for (const char *at = strchr(list, ' '); at && !found; at = strchr(at + 1, ' ')) {
		*other = named(rows, at + 1);
		found = (*other)->given;
	}
	return found;
}

static void check_lists(const struct opt *rows, const char *const *lists, bool needed)
{
	for (; lists && *lists; lists++) {
		const struct opt *first = named(rows, *lists), *other = NULL;

		if (others_given(rows, *lists, &other) != needed && first->given)
			opts_die("--%s %s --%s", first->name, needed ? "needs" : "contradicts",
				 other->name);
	}
}

static void check_operands(const struct opts_program *p, char **operands, size_t count)
{
	if (count < p->operands_min)
		opts_die("%s is missing", p->operand);
	if (count > p->operands_max)
		opts_die("'%s': one operand too many", operands[p->operands_max]);
	/* Somebody who wants to type can say `-`. */
	if (count < p->stdin_below && isatty(STDIN_FILENO))
		die(EXIT_USAGE,
		    "standard input is a terminal: name a file, or - to type; try '%s --help'",
		    program_invocation_short_name);
}

size_t opts_parse(const struct opts_program *p, int argc, char **argv)
{
	static const char *const everywhere[] = { "quiet verbose", NULL };
	struct words w = { argv + 1, argv + argc, p };
	size_t count = 0;

	while (w.next < w.end) {
		char *word = *w.next++;

		if (word[0] != '-' || !word[1])
			argv[++count] = word;
		else if (word[1] != '-')
			take_letters(&w, word + 1);
		else if (word[2])
			take_long(&w, word + 2);
		else
			while (w.next < w.end)
				argv[++count] = *w.next++;
	}
	argv[count + 1] = NULL;
	if (by_name(p->rows, "quiet", 5))
		check_lists(p->rows, everywhere, false);
	check_lists(p->rows, p->contradictions, false);
	check_lists(p->rows, p->needs, true);
	check_operands(p, argv + 1, count);
	return count;
}

/* Those that we may use: batch systems, containers and taskset(1) leave fewer. */
static long count_cores(void)
{
	cpu_set_t ours;

	if (sched_getaffinity(0, sizeof(ours), &ours))
		return sysconf(_SC_NPROCESSORS_ONLN); /* there are more than cpu_set_t holds */
	return CPU_COUNT(&ours);
}

void opts_init(struct opts *o)
{
	long cores = count_cores();

	*o = (struct opts){ .memory = MEMORY_DEFAULT };
	o->threads = cores < 1 ? 1 : cores > 4 ? 4 : (uint64_t)cores;
}
