/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/answers.h"

#include "common/base/escape.h"
#include "common/query/render.h"
#include "common/base/scantime.h"
#include "tests/fuzz/fuzz.h"

#define ROWS_MAX 6
#define TEXTS 2
#define NUMBERS 4

/* A row: name, path, four numbers, a share. */
static const struct render_column columns[] = {
	{ "name", "Name", RENDER_TEXT, 2, 0 },
	{ "path", "Path", RENDER_PATH, 0, 0 },
	{ "files", "Files", RENDER_COUNT, 1, 0 },
	{ "size", "Size", RENDER_BYTES, 0, 0 },
	{ "accessed", "Accessed", RENDER_TIME, 3, 0 },
	{ "uid", NULL, RENDER_NUMBER, 0, 0 },
	{ "share", "Share", RENDER_SHARE, 4, 0 },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct row {
	struct render_cell cells[COLUMNS];
};

struct table {
	struct row rows[ROWS_MAX];
	size_t count;
	bool has_total; /* the last one */
	bool unicode;
	struct render_options options;
};

/* ---- from bytes to rows ---- */

static uint8_t take(struct answers *a)
{
	if (!a->len)
		return 0;
	a->len--;
	return *a->data++;
}

/* Either sign, any size: a byte says how many bytes a number has. */
static int64_t take_number(struct answers *a)
{
	int n = take(a) & 7;
	uint64_t v = take(a);

	while (n--)
		v = v << 8 | take(a);
	return (int64_t)v;
}

static struct render_cell take_text(struct answers *a)
{
	size_t len = take(a);
	struct render_cell cell;

	if (len == 255)
		return (struct render_cell){ .null = true };
	if (len > a->len)
		len = a->len;
	cell = render_text((const char *)a->data, len);
	a->data += len;
	a->len -= len;
	return cell;
}

static void take_row(struct answers *a, struct row *row)
{
	uint8_t flags;

	*row = (struct row){ 0 };
	for (size_t i = 0; i < TEXTS; i++)
		row->cells[i] = take_text(a);
	for (size_t i = TEXTS; i < TEXTS + NUMBERS; i++)
		row->cells[i] = render_number(take_number(a));
	/* Times of a database are times. */
	if (row->cells[4].number < TIME_MIN || row->cells[4].number > TIME_MAX)
		row->cells[4].number %= TIME_MAX / 10;
	flags = take(a);
	for (size_t i = 0; i < COLUMNS; i++)
		row->cells[i].null |= flags >> i & 1;
	row->cells[COLUMNS - 1].share = (double)take_number(a) / 200;
}

static void take_table(struct answers *a, struct table *t)
{
	uint8_t flags = take(a);
	char width[12];

	*t = (struct table){ .has_total = flags & 8, .unicode = flags & 16 };
	t->options.format = (enum render_format)(RENDER_TABLE + (flags & 7) % RENDER_NDJSON);
	snprintf(width, sizeof(width), "%u", flags & 32 ? take(a) : 0u);
	setenv("COLUMNS", width, 1);
	while (a->len && t->count < ROWS_MAX)
		take_row(a, &t->rows[t->count++]);
	t->has_total = t->has_total && t->count;
}

/* ---- UTF-8, by the table of RFC 3629 ---- */

static size_t character(const unsigned char *at, size_t len)
{
	static const struct {
		unsigned char first[2], second[2];
		size_t size;
	} forms[] = {
		{ { 0x00, 0x7f }, { 0, 0 }, 1 },       { { 0xc2, 0xdf }, { 0x80, 0xbf }, 2 },
		{ { 0xe0, 0xe0 }, { 0xa0, 0xbf }, 3 }, { { 0xe1, 0xec }, { 0x80, 0xbf }, 3 },
		{ { 0xed, 0xed }, { 0x80, 0x9f }, 3 }, { { 0xee, 0xef }, { 0x80, 0xbf }, 3 },
		{ { 0xf0, 0xf0 }, { 0x90, 0xbf }, 4 }, { { 0xf1, 0xf3 }, { 0x80, 0xbf }, 4 },
		{ { 0xf4, 0xf4 }, { 0x80, 0x8f }, 4 },
	};

	for (size_t i = 0; len && i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t size = forms[i].size;

		if (*at < forms[i].first[0] || *at > forms[i].first[1])
			continue;
		if (size > len || (size > 1 && (at[1] < forms[i].second[0] ||
						at[1] > forms[i].second[1])))
			return 0;
		for (size_t k = 2; k < size; k++) {
			if (at[k] >> 6 != 2)
				return 0;
		}
		return size;
	}
	return 0;
}

static bool is_utf8(const char *text, size_t len)
{
	size_t size;

	for (; (size = character((const unsigned char *)text, len)); len -= size)
		text += size;
	return !len;
}

/* ---- what came out ---- */

/* A reader of the output; every step that finds something else is a finding. */
struct reader {
	const char *at, *end;
};

static void expect(struct reader *r, const char *text)
{
	size_t len = strlen(text);

	fuzz_check((size_t)(r->end - r->at) >= len && !memcmp(r->at, text, len),
		   "'%s' is not there", text);
	r->at += len;
}

static bool accept(struct reader *r, const char *text)
{
	size_t len = strlen(text);
	bool is_there = (size_t)(r->end - r->at) >= len && !memcmp(r->at, text, len);

	r->at += is_there ? len : 0;
	return is_there;
}

static void check_same(const struct buf *value, const void *wanted, size_t len)
{
	fuzz_check(value->len == len && (!len || !memcmp(value->data, wanted, len)),
		   "another text");
}

static void expect_number(struct reader *r, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%jd", (intmax_t)number);
	expect(r, text);
}

static void add_hex(struct buf *out, const struct render_cell *cell)
{
	for (size_t i = 0; i < cell->len; i++)
		buf_printf(out, "%02x", (unsigned char)cell->text[i]);
}

/* A JSON string; what it stands for is added to `value`. Only \" \\ \u00XX are written. */
static void expect_string(struct reader *r, struct buf *value)
{
	expect(r, "\"");
	while (!accept(r, "\"")) {
		unsigned code = 0;

		fuzz_check(r->at < r->end && (unsigned char)*r->at >= 0x20, "a control byte");
		if (accept(r, "\\u00")) {
			fuzz_check(r->end - r->at >= 2 && sscanf(r->at, "%2x", &code) == 1 &&
					   code < 0xa0, "an escape");
			r->at += 2;
			if (code >= 0x80)
				buf_add_char(value, '\xc2');
			buf_add_char(value, (char)code);
			continue;
		}
		if (accept(r, "\\"))
			fuzz_check(*r->at == '"' || *r->at == '\\', "an escape");
		buf_add_char(value, *r->at++);
	}
}

static void expect_json_text(struct reader *r, const char *name, const struct render_cell *cell)
{
	struct buf value = { 0 }, hex = { 0 }, wanted = { 0 };
	bool valid = is_utf8(cell->text, cell->len);

	expect_string(r, &value);
	if (valid) {
		check_same(&value, cell->text, cell->len);
	} else {
		expect(r, ",\"");
		expect(r, name);
		expect(r, "_hex\":");
		expect_string(r, &hex);
		add_hex(&wanted, cell);
		check_same(&hex, wanted.data, wanted.len);
	}
	buf_release(&value);
	buf_release(&hex);
	buf_release(&wanted);
}

static bool is_null(size_t column, const struct render_cell *cell)
{
	return cell->null || (column < TEXTS && !cell->text);
}

static void expect_object(struct reader *r, const struct row *row)
{
	for (size_t i = 0; i < COLUMNS - 1; i++) {
		const struct render_cell *cell = &row->cells[i];

		expect(r, i ? ",\"" : "{\"");
		expect(r, columns[i].name);
		expect(r, "\":");
		if (is_null(i, cell))
			expect(r, "null");
		else if (i < TEXTS)
			expect_json_text(r, columns[i].name, cell);
		else
			expect_number(r, cell->number);
	}
	expect(r, "}");
}

static void expect_json(struct reader *r, const struct table *t)
{
	size_t rows = t->count - t->has_total;

	expect(r, "{\"kind\":\"fuzz\",\"columns\":"
		  "[\"name\",\"path\",\"files\",\"size\",\"accessed\",\"uid\"],\"rows\":[");
	for (size_t i = 0; i < rows; i++) {
		expect(r, i ? ",\n" : "\n");
		expect_object(r, &t->rows[i]);
	}
	expect(r, "\n]");
	if (t->has_total) {
		expect(r, ",\"total\":");
		expect_object(r, &t->rows[rows]);
	}
	expect(r, "}\n");
}

/* A field of RFC 4180. */
static void take_csv(struct reader *r, struct buf *value)
{
	if (!accept(r, "\"")) {
		while (r->at < r->end && !memchr(",\r\n\"", *r->at, 4))
			buf_add_char(value, *r->at++);
		return;
	}
	for (;;) {
		bool quote = accept(r, "\"");

		if (quote && !accept(r, "\""))
			return;
		fuzz_check(r->at < r->end, "a quote is open");
		buf_add_char(value, quote ? '"' : *r->at++);
	}
}

static void expect_csv_text(struct reader *r, const struct render_cell *cell)
{
	struct buf value = { 0 }, wanted = { 0 };

	if (is_utf8(cell->text, cell->len)) {
		buf_add(&wanted, cell->text, cell->len);
	} else {
		buf_add_str(&wanted, "\\x");
		add_hex(&wanted, cell);
	}
	take_csv(r, &value);
	check_same(&value, wanted.data, wanted.len);
	buf_release(&value);
	buf_release(&wanted);
}

static void expect_tsv_text(struct reader *r, const struct render_cell *cell)
{
	size_t len = 0;
	struct buf value = { 0 };

	while (r->at + len < r->end && r->at[len] != '\t' && r->at[len] != '\n')
		len++;
	buf_add(&value, r->at, len);
	buf_add_char(&value, '\0');
	r->at += len;
	value.len = escape_decode((char *)value.data, len);
	check_same(&value, cell->text, cell->len);
	buf_release(&value);
}

static void expect_fields(struct reader *r, const struct table *t, const char *separator,
			  const char *end,
			  void (*expect_text)(struct reader *, const struct render_cell *))
{
	for (size_t i = 0; i < COLUMNS - 1; i++) {
		expect(r, i ? separator : "");
		expect(r, columns[i].name);
	}
	expect(r, end);
	for (size_t k = 0; k < t->count; k++) {
		for (size_t i = 0; i < COLUMNS - 1; i++) {
			const struct render_cell *cell = &t->rows[k].cells[i];

			expect(r, i ? separator : "");
			if (is_null(i, cell))
				continue;
			if (i < TEXTS)
				expect_text(r, cell);
			else
				expect_number(r, cell->number);
		}
		expect(r, end);
	}
}

/* Nothing that a terminal obeys: neither control characters, of C1 either, nor broken ones. */
static void expect_table(struct reader *r, const struct table *t)
{
	size_t size;

	for (; (size = character((const unsigned char *)r->at, (size_t)(r->end - r->at)));
	     r->at += size) {
		unsigned char c = (unsigned char)*r->at;

		fuzz_check(c == '\n' || (c >= 0x20 && c != 0x7f), "a control byte");
		fuzz_check(c < 0x80 || t->unicode, "not ASCII");
		fuzz_check(c != 0xc2 || (unsigned char)r->at[1] >= 0xa0, "a control character");
		fuzz_check(size != 3 || memcmp(r->at, "\xe2\x80\xae", 3), "writing turned around");
	}
}

void answers_render(void *arg)
{
	struct answers a = *(struct answers *)arg;
	struct reader out;
	struct table t;
	struct render r;

	take_table(&a, &t);
	setenv("LC_ALL", t.unicode ? "C.UTF-8" : "C", 1);
	render_open(&r, &t.options, "fuzz", columns, COLUMNS);
	for (size_t i = 0; i < t.count; i++) {
		if (i + 1 == t.count && t.has_total)
			render_total(&r, t.rows[i].cells);
		else
			render_row(&r, t.rows[i].cells);
	}
	render_close(&r);
	out = (struct reader){ (char *)fuzz_written.data, (char *)fuzz_written.data +
							   fuzz_written.len };
	if (t.options.format != RENDER_TSV)
		fuzz_check(is_utf8(out.at, fuzz_written.len), "not UTF-8");
	switch (t.options.format) {
	case RENDER_AUTO: break;
	case RENDER_TABLE: expect_table(&out, &t); break;
	case RENDER_TSV: expect_fields(&out, &t, "\t", "\n", expect_tsv_text); break;
	case RENDER_CSV: expect_fields(&out, &t, ",", "\r\n", expect_csv_text); break;
	case RENDER_JSON: expect_json(&out, &t); break;
	case RENDER_NDJSON:
		for (size_t i = 0; i < t.count; i++) {
			expect_object(&out, &t.rows[i]);
			expect(&out, "\n");
		}
	}
	fuzz_check(out.at == out.end, "more than that");
}
