/* SPDX-License-Identifier: MIT */
/*
 * The reader of text streams: what it takes must be the same stream in every form, and the rows
 * that come out must be those that went in, but for zeros before numbers and a CR not escaped.
 *
 * Input: a byte of options, then the text. UNVERIFIED and ASSUME are --unverified and --kind.
 */
#include "tests/fuzz/fuzz.h"

#include "tests/fuzz/convert.h"

enum { UNVERIFIED = 1, PIECES = 2, ASSUME = 0x0c, KIND = 0x30 };

/* Append a field of a row as it would be written. */
static void add_field(struct buf *out, enum rec_kind kind, int column, const char *at, size_t len)
{
	bool is_mode = column == 6 && kind != KIND_USAGE;
	bool is_text = column == 0 || (kind == KIND_ENTRY && column == 1) ||
		       (kind == KIND_USAGE && column == 17);
	bool negative = len && *at == '-' && !is_text;

	if (is_text || !len) {
		/* A CR that came as it is goes out escaped. */
		for (size_t i = 0; i < len; i++) {
			if (at[i] == '\r')
				buf_add_str(out, "\\r");
			else
				buf_add_char(out, at[i]);
		}
		return;
	}
	at += negative;
	len -= negative;
	while (len > 1 && *at == '0') {
		at++;
		len--;
	}
	if (negative && *at != '0')
		buf_add_char(out, '-');
	for (size_t i = len; is_mode && i < 6; i++)
		buf_add_char(out, '0');
	/* No links stands for links that are not known. */
	if (*at != '0' || column != (kind == KIND_ENTRY ? 7 : kind == KIND_USAGE ? 10 : -1))
		buf_add(out, at, len);
}

/* Lines of text between header and #end, each with its fields as they would be written. */
static size_t take_rows(struct buf *out, enum rec_kind kind, const char *text, size_t len)
{
	const char *end = text + len;
	size_t count = 0;

	while (text < end) {
		const char *lf = memchr(text, '\n', (size_t)(end - text)), *stop = lf ? lf : end;

		if (memchr("#p", *text, 2)) {
			text = stop + 1;
			continue;
		}
		for (int column = 0;; column++) {
			const char *tab = memchr(text, '\t', (size_t)(stop - text));

			add_field(out, kind, column, text, (size_t)((tab ? tab : stop) - text));
			if (!tab)
				break;
			buf_add_char(out, '\t');
			text = tab + 1;
		}
		buf_add_char(out, '\n');
		text = stop + 1;
		count++;
	}
	return count;
}

static uint64_t sum_of_lines(const struct buf *rows)
{
	uint64_t sum = 0;

	for (size_t at = 0; at < rows->len;) {
		const unsigned char *line = rows->data + at;
		size_t len = (size_t)((const unsigned char *)memchr(line, '\n', rows->len - at) - line);
		uint64_t hash = 14695981039346656037u;

		for (size_t i = 0; i < len; i++)
			hash = (hash ^ line[i]) * 1099511628211u;
		sum += hash;
		at += len + 1;
	}
	return sum;
}

static void check_rows(const struct conversion *c)
{
	struct buf in = { 0 }, out = { 0 };
	size_t rows = take_rows(&in, c->kind, c->data, c->len);

	fuzz_check(rows == take_rows(&out, c->kind, (char *)c->text.data, c->text.len), "rows");
	fuzz_check(sum_of_lines(&in) == sum_of_lines(&out), "a row has changed");
	/* Rows of entries are grouped by directories and files. */
	if (c->kind != KIND_ENTRY)
		fuzz_check(in.len == out.len && (!in.len || !memcmp(in.data, out.data, in.len)),
			   "rows have changed places");
	buf_release(&in);
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t options = len ? *data : 0;
	struct conversion c = { .data = data + 1, .len = len ? len - 1 : 0, .piece = SIZE_MAX };

	c.options.unverified = options & UNVERIFIED;
	c.options.assume = (enum rec_kind)((options & ASSUME) >> 2);
	c.options.kind = (enum rec_kind)((options & KIND) >> 4);
	if (options & PIECES)
		c.piece = 5;
	if (c.len && *(const char *)c.data == '\x89')
		return 0;
	if (fuzz_try(convert, &c)) {
		check_rows(&c);
		return 0;
	}
	fuzz_check(fuzz_status == EXIT_INPUT, "not status 3");
	fuzz_check(strstr(fuzz_message, "line ") || strstr(fuzz_message, "record ") ||
			   strstr(fuzz_message, "ledger") || strstr(fuzz_message, "empty") ||
			   strstr(fuzz_message, " stream where ") ||
			   strstr(fuzz_message, "stream format version") ||
			   strstr(fuzz_message, "not a treetally stream") ||
			   strstr(fuzz_message, "stream format version"),
		   "the message does not say where");
	return 0;
}
