/* SPDX-License-Identifier: MIT */
#include "common/base/opts_help.h"

#include "common/base/hash.h"

#define COLUMNS 80
#define LABEL_MAX 26 /* bytes; a longer label has its line for itself */
#define NAME_MAX_LEN 32
#define LIKE_MAX 3   /* names that are offered instead of an unknown one */

void opts_add_words(struct buf *out, const struct opt *row, const char *between)
{
	for (const char *const *word = row->words + row->least; *word; word++) {
		if (word > row->words + row->least)
			buf_add_str(out, between);
		buf_add_str(out, *word);
	}
}

static NORETURN void print_and_exit(struct buf *text)
{
	fwrite(text->data, 1, text->len, stdout);
	if (fflush(stdout) || ferror(stdout))
		die_errno("cannot write standard output");
	buf_release(text);
	quit(EXIT_OK);
}

/* ---- help ---- */

/* "-S, --memory SIZE"; aligned: what has no letter begins where long names do. */
static void add_label(struct buf *out, const struct opt *row, bool aligned)
{
	if (row->letter)
		buf_printf(out, "-%c, ", row->letter);
	else if (aligned)
		buf_add_str(out, "    ");
	buf_printf(out, "--%s", row->name);
	if (row->arg)
		buf_printf(out, "%s%s", row->arg[0] == '[' ? "" : " ", row->arg);
}

/* Text that is folded into lines. */
struct page {
	struct buf text;
	size_t line;   /* where the last line begins */
	size_t indent; /* where help begins */
};

static size_t column(const struct page *p)
{
	return p->text.len - p->line;
}

static void new_line(struct page *p, size_t indent)
{
	buf_add_char(&p->text, '\n');
	p->line = p->text.len;
	while (column(p) < indent)
		buf_add_char(&p->text, ' ');
}

/* A piece that is not torn, `gap` blanks behind what is there or on a new line. */
static void add_piece(struct page *p, const char *piece, size_t len, size_t gap, size_t indent)
{
	if (column(p) + gap + len > COLUMNS)
		new_line(p, indent);
	else
		buf_printf(&p->text, "%*s", (int)gap, "");
	buf_add(&p->text, piece, len);
}

static void add_help(struct page *p, const struct opt *row, size_t gap)
{
	struct buf help = { 0 };
	const char *words = strstr(row->help, "%s"), *at;

	if (words) {
		buf_add(&help, row->help, (size_t)(words - row->help));
		opts_add_words(&help, row, ", ");
	}
	buf_add_str(&help, words ? words + 2 : row->help);
	buf_add_char(&help, '\0');
	for (at = (char *)help.data; *at;) {
		size_t len = strcspn(at, " ");

		add_piece(p, at, len, gap, p->indent);
		gap = 1;
		at += len + strspn(at + len, " ");
	}
	buf_release(&help);
}

/* Rows up to the first with a help, which is for all of them, or to a heading. Returns the next. */
static const struct opt *add_rows(struct page *p, const struct opt *row)
{
	struct buf label = { 0 };

	new_line(p, 2);
	add_label(&p->text, row, true);
	if (row->help && column(p) < p->indent)
		buf_printf(&p->text, "%*s", (int)(p->indent - column(p)), "");
	else if (row->help && *row->help)
		new_line(p, p->indent);
	if (row->help) {
		add_help(p, row, 0);
		return row + 1;
	}
	while (!row->help && (++row)->type != OPT_IS_HEADING) {
		label.len = 0;
		add_label(&label, row, false);
		add_piece(p, (char *)label.data, label.len, 3, 6);
	}
	buf_release(&label);
	if (row->type == OPT_IS_HEADING)
		return row;
	add_help(p, row, 3);
	return row + 1;
}

/* With an empty line above it: for the first one it is there. */
static void add_heading(struct page *p, const char *text)
{
	buf_printf(&p->text, "%s\n%s:", p->line ? "\n" : "", text);
}

static size_t choose_indent(const struct opt *row)
{
	size_t longest = 0;
	struct buf label = { 0 };

	for (; row->type; row++) {
		if (row->type == OPT_IS_HEADING || !row->help || !*row->help)
			continue;
		label.len = 0;
		add_label(&label, row, true);
		if (label.len <= LABEL_MAX && label.len > longest)
			longest = label.len;
	}
	buf_release(&label);
	return 2 + longest + 2;
}

void opts_print_help(const struct opts_program *program)
{
	struct page p = { .indent = choose_indent(program->rows) };
	const struct opt *row = program->rows;

	buf_printf(&p.text, "usage: %s %s\n%s\n", program_invocation_short_name,
		   program->synopsis, program->purpose);
	while (row->type) {
		if (row->type != OPT_IS_HEADING)
			row = add_rows(&p, row);
		else
			add_heading(&p, row++->name);
	}
	buf_printf(&p.text, "\n%s%s", program->footer ? program->footer : "",
		   program->footer ? "\n" : "");
	print_and_exit(&p.text);
}

void opts_print_version(const struct opts_program *program)
{
	struct buf text = { 0 };

	printf("%s (treetally) " TREETALLY_VERSION "\nxxHash %u.%u.%u\n",
	       program_invocation_short_name, XXH_VERSION_MAJOR, XXH_VERSION_MINOR,
	       XXH_VERSION_RELEASE);
	for (size_t i = 0; program->about[i]; i++)
		program->about[i]();
	buf_add_str(&text, "licence MIT\n");
	print_and_exit(&text);
}

void opts_print_completion(const struct opts_program *program)
{
	struct buf text = { 0 };

	buf_printf(&text, "%s\n", program->operand ? program->operand : "");
	for (const struct opt *row = program->rows; row->type; row++) {
		if (row->type == OPT_IS_HEADING)
			continue;
		if (row->letter)
			buf_printf(&text, "-%c", row->letter);
		buf_printf(&text, "|--%s|%s|", row->name, row->arg ? row->arg : "");
		if (row->words)
			opts_add_words(&text, row, " ");
		buf_add_char(&text, '\n');
	}
	print_and_exit(&text);
}

/* ---- names that are like another one ---- */

/* How many letters differ, are missing or too many (Levenshtein). */
static size_t distance(const char *a, size_t a_len, const char *b)
{
	size_t b_len = strlen(b), row[NAME_MAX_LEN + 1];

	if (b_len > NAME_MAX_LEN)
		return NAME_MAX_LEN;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b_len];
}

static bool is_like(const struct opt *row, const char *name, size_t len)
{
	return row->type != OPT_IS_HEADING &&
	       (strncmp(row->name, name, len) == 0 || distance(name, len, row->name) <= len / 4);
}

char *opts_advice(const struct opt *rows, const char *name, size_t len)
{
	struct buf like = { 0 };
	size_t found = 0;

	for (; rows->type; rows++) {
		if (is_like(rows, name, len) && ++found <= LIKE_MAX)
			buf_printf(&like, "%s --%s", found > 1 ? " or" : "; did you mean",
				   rows->name);
	}
	buf_add_str(&like, found ? "?" : "");
	buf_add_char(&like, '\0');
	return (char *)like.data;
}
