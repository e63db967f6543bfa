/* SPDX-License-Identifier: MIT */
#include "common/parse/list_format.h"

#include "common/base/path.h"
#include "common/parse/gufi_line.h"
#include "common/parse/lfs_line.h"
#include "common/parse/list_lines.h"
#include "common/parse/polimor_line.h"

const struct scanner *const list_scanners[] = {
	&lfs_scanner, &find_scanner, &ne2scan_scanner, &wrstat_scanner, &wrstat11_scanner,
	&mpistat_scanner, &gufi_scanner, &pwalk_scanner, &polimor_scanner, NULL
};

char *list_format_parse(struct list_format *f, const char *text)
{
	static const char find[] = "find:";
	char *fault = NULL;

	*f = (struct list_format){ 0 };
	if (strcmp(text, "auto") == 0)
		return NULL;
	f->name = xstrdup(text);
	if (strncmp(text, find, strlen(find)) == 0)
		f->scanner = &find_scanner;
	for (size_t i = 0; list_scanners[i]; i++) {
		if (strcmp(text, list_scanners[i]->name) == 0)
			f->scanner = list_scanners[i];
	}
	if (!f->scanner)
		return xstrdup("no format has this name (--list-formats)");
	if (f->scanner == &find_scanner)
		f->template = find_template_compile(strchr(text, ':') ? text + strlen(find) :
						    FIND_DEFAULT "\\0", &fault);
	return fault;
}

/* Bytes of the first line with its end, 0 if that is not there. */
static size_t measure(const struct scanner *s, bool nul, const char *text, size_t len)
{
	const char *end;

	if (s->layout->measure)
		return s->layout->measure(text, len, false);
	end = memchr(text, nul ? '\0' : '\n', len);
	return end ? (size_t)(end + 1 - text) : 0;
}

/* Is this line a whole record? */
static bool is_record(const struct scan_form *form, struct record *r, const char *at,
		      const char *end)
{
	const unsigned others = FIELD_BIT(FIELD_MTIME) | FIELD_BIT(FIELD_CTIME);
	unsigned needed = form->scanner->given & ~others;

	r->fields.seen = r->fields.bad = 0;
	r->begins = false;
	return form->scanner->read(r, form, at, end) == REJECT_NONE && r->begins &&
	       !(needed & (~r->fields.seen | r->fields.bad));
}

/* How many of the first lines are records of this scanner? */
static unsigned records(const struct scan_form *form, bool nul, const char *text, size_t len)
{
	struct record *r = scanner_new_parser(NULL);
	const char *at = text, *end = text + len;
	unsigned found = 0;
	size_t n;

	for (int i = 0; i < LIST_FORMAT_LINES; i++, at += n) {
		n = measure(form->scanner, nul, at, (size_t)(end - at));
		if (!n)
			break;
		found += (nul || !memchr(at, '\0', n)) && is_record(form, r, at, at + n - 1);
	}
	scanner_free_parser(r);
	return found;
}

unsigned list_format_count(const struct list_format *f, const char *text, size_t len)
{
	struct scan_form form = { .scanner = f->scanner, .find = f->template };

	return records(&form, f->template && f->template->nul, text, len);
}

/* Try the format; `most` is what others have reached. */
static void try(struct list_format *f, const char *name, unsigned *most, const char *text,
		size_t len)
{
	struct list_format mine;
	char *fault = list_format_parse(&mine, name);
	unsigned found;

	if (fault)
		bug(fault);
	found = list_format_count(&mine, text, len);
	if (found > *most) {
		list_format_release(f);
		*f = mine;
		*most = found;
	} else {
		list_format_release(&mine);
	}
}

bool list_format_detect(struct list_format *f, const char *text, size_t len)
{
	unsigned most = 0;

	*f = (struct list_format){ 0 };
	for (size_t i = 0; list_scanners[i]; i++)
		try(f, list_scanners[i]->name, &most, text, len);
	try(f, LIST_FORMAT_FIND_LINES, &most, text, len);
	return most > 0;
}

char *list_format_advice(const char *text, size_t len)
{
	struct list_format f;
	char *advice = NULL;

	if (list_format_detect(&f, text, len)) {
		const char *quote = strchr(f.name, ' ') ? "'" : "";

		advice = xasprintf("its records are those of %s, which list-parse reads: "
				   "--format %s%s%s", f.scanner->name, quote, f.name, quote);
	}
	list_format_release(&f);
	return advice;
}

void list_format_release(struct list_format *f)
{
	find_template_free(f->template);
	free(f->name);
	*f = (struct list_format){ 0 };
}
