/* SPDX-License-Identifier: MIT */
#include "common/query/render.h"

#include <inttypes.h>
#include <unistd.h>

#include "common/base/escape.h"
#include "common/query/render_number.h"
#include "common/query/render_table.h"
#include "common/base/human.h"
#include "common/base/opts.h"
#include "common/base/utf8.h"

#define OUT_BYTES (64u << 10) /* written in pieces of about this many */

const char *const render_format_names[] = { "", "table", "tsv", "csv", "json", "ndjson", NULL };

bool render_format_from_name(const char *name, enum render_format *format)
{
	for (int i = RENDER_TABLE; i <= RENDER_NDJSON; i++) {
		if (strcmp(name, render_format_names[i]) == 0) {
			*format = (enum render_format)i;
			return true;
		}
	}
	return false;
}

enum render_format render_format(const struct render_options *options)
{
	const char *dot = options->output ? strrchr(options->output, '.') : NULL;
	enum render_format format;

	if (options->format)
		return options->format;
	if (dot && render_format_from_name(dot + 1, &format))
		return format;
	return !options->output && isatty(STDOUT_FILENO) ? RENDER_TABLE : RENDER_TSV;
}

static void flush(struct render *r, size_t keep)
{
	if (r->out.len <= keep)
		return;
	outfile_write(&r->file, r->out.data, r->out.len);
	r->out.len = 0;
}

/* ---- cells ---- */

static bool is_text(const struct render_column *column)
{
	return column->type == RENDER_TEXT || column->type == RENDER_PATH;
}

static bool is_null(const struct render_column *column, const struct render_cell *cell)
{
	return cell->null || (is_text(column) && !cell->text);
}

static bool is_iso(const struct render *r, const struct render_column *column)
{
	return column->type == RENDER_TIME && r->options->iso;
}

static void add_number(struct render *r, const struct render_column *column,
		       const struct render_cell *cell)
{
	if (column->type == RENDER_SHARE)
		buf_printf(&r->out, "%.6f", cell->share);
	else if (is_iso(r, column))
		render_number_iso(&r->out, cell->number);
	else
		buf_printf(&r->out, "%" PRId64, cell->number);
}

/* Shares are for people, unless somebody asked for them. */
static bool is_left_out(const struct render *r, const struct render_column *column)
{
	return column->type == RENDER_SHARE && !r->options->columns;
}

static void add_tsv(struct buf *out, const char *text, size_t len)
{
	escape_add(out, text, len);
}

static void add_hex(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_printf(out, "%02x", (unsigned char)text[i]);
}

static void add_csv(struct buf *out, const char *text, size_t len)
{
	if (!utf8_valid(text, len)) {
		buf_add_str(out, "\\x");
		add_hex(out, text, len);
		return;
	}
	if (!memchr(text, '"', len) && !memchr(text, ',', len) && !memchr(text, '\r', len) &&
	    !memchr(text, '\n', len)) {
		buf_add(out, text, len);
		return;
	}
	buf_add_char(out, '"');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, text[i]);
	}
	buf_add_char(out, '"');
}

static void add_json(struct buf *out, const char *text, size_t len)
{
	escape_add_json(out, text, len, false);
}

/* A row of fields between separators. */
static void add_fields(struct render *r, const struct render_cell *cells, char separator,
		       const char *end, void (*add_text)(struct buf *, const char *, size_t))
{
	bool first = true;

	for (size_t i = 0; i < r->column_count; i++) {
		if (is_left_out(r, &r->columns[i]))
			continue;
		if (!first)
			buf_add_char(&r->out, separator);
		first = false;
		if (!cells)
			buf_add_str(&r->out, r->columns[i].name);
		else if (is_null(&r->columns[i], &cells[i]))
			continue;
		else if (is_text(&r->columns[i]))
			add_text(&r->out, cells[i].text, cells[i].len);
		else
			add_number(r, &r->columns[i], &cells[i]);
	}
	buf_add_str(&r->out, end);
}

/* A value of JSON. */
static void add_value(struct render *r, const struct render_column *column,
		      const struct render_cell *cell)
{
	if (is_null(column, cell)) {
		buf_add_str(&r->out, "null");
	} else if (is_text(column)) {
		add_json(&r->out, cell->text, cell->len);
	} else {
		buf_add_str(&r->out, is_iso(r, column) ? "\"" : "");
		add_number(r, column, cell);
		buf_add_str(&r->out, is_iso(r, column) ? "\"" : "");
	}
}

/* A row as a JSON object; the members are in the order of the columns. */
static void add_object(struct render *r, const struct render_cell *cells)
{
	const char *before = "{";

	for (size_t i = 0; i < r->column_count; i++) {
		const struct render_column *column = &r->columns[i];

		if (is_left_out(r, column))
			continue;
		buf_printf(&r->out, "%s\"%s\":", before, column->name);
		before = ",";
		add_value(r, column, &cells[i]);
		if (is_text(column) && !is_null(column, &cells[i]) &&
		    !utf8_valid(cells[i].text, cells[i].len)) {
			buf_printf(&r->out, ",\"%s_hex\":\"", column->name);
			add_hex(&r->out, cells[i].text, cells[i].len);
			buf_add_char(&r->out, '"');
		}
	}
	buf_add_char(&r->out, '}');
}

/* ---- the whole ---- */

static void add_scans(struct render *r)
{
	const struct render_column text = { .name = "", .type = RENDER_TEXT },
				   time = { .name = "", .type = RENDER_TIME };

	buf_add_str(&r->out, "\"scans\":[");
	for (size_t i = 0; i < r->options->scan_count; i++) {
		const struct render_scan *scan = &r->options->scans[i];

		buf_printf(&r->out, "%s{\"filesystem\":", i ? "," : "");
		add_value(r, &text, &(struct render_cell){ .text = scan->filesystem,
							   .len = strlen(scan->filesystem) });
		buf_add_str(&r->out, ",\"scan_date\":");
		add_value(r, &time, &(struct render_cell){ .number = scan->seconds });
		buf_add_str(&r->out, ",\"assumptions\":");
		add_value(r, &text, &(struct render_cell){ .text = scan->assumptions,
							   .len = strlen(scan->assumptions) });
		buf_add_char(&r->out, '}');
	}
	buf_add_str(&r->out, "],");
}

static void begin_json(struct render *r)
{
	bool first = true;

	buf_printf(&r->out, "{\"kind\":\"%s\",", r->kind);
	if (r->options->scan_count)
		add_scans(r);
	buf_add_str(&r->out, "\"columns\":[");
	for (size_t i = 0; i < r->column_count; i++) {
		if (is_left_out(r, &r->columns[i]))
			continue;
		buf_printf(&r->out, "%s\"%s\"", first ? "" : ",", r->columns[i].name);
		first = false;
	}
	buf_add_str(&r->out, "],\"rows\":[");
}

NORETURN static void no_column(const struct render_column *columns, size_t count, const char *name)
{
	struct buf names = { 0 };

	for (size_t i = 0; i < count; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", columns[i].name);
	buf_add_char(&names, '\0');
	opts_die("--columns: '%s' is no column; there are %s", name, (char *)names.data);
}

static void choose_column(struct render *r, const struct render_column *columns, size_t count,
			  const char *name)
{
	struct render_column *chosen = &r->chosen[r->column_count];
	size_t at = 0;

	while (at < count && strcmp(columns[at].name, name) != 0)
		at++;
	if (at == count)
		no_column(columns, count, name);
	if (r->column_count == RENDER_COLUMNS_MAX)
		opts_die("--columns: more than %d", RENDER_COLUMNS_MAX);
	*chosen = columns[at];
	chosen->rank = 0;
	if (!chosen->title)
		chosen->title = chosen->name;
	r->place[r->column_count++] = at;
}

static void choose_columns(struct render *r, const struct render_column *columns, size_t count)
{
	char *list = xstrdup(r->options->columns), *rest = list, *name;

	r->column_count = 0;
	while ((name = strsep(&rest, ",")))
		choose_column(r, columns, count, name);
	r->columns = r->chosen;
	free(list);
}

/* The cells of the columns that are shown. */
static const struct render_cell *choose_cells(struct render *r, const struct render_cell *cells,
					      struct render_cell chosen[RENDER_COLUMNS_MAX])
{
	if (!r->options->columns)
		return cells;
	for (size_t i = 0; i < r->column_count; i++)
		chosen[i] = cells[r->place[i]];
	return chosen;
}

void render_open(struct render *r, const struct render_options *options, const char *kind,
		 const struct render_column *columns, size_t column_count)
{
	*r = (struct render){ .format = render_format(options), .kind = kind, .columns = columns,
			      .column_count = column_count, .options = options };
	if (options->columns)
		choose_columns(r, columns, column_count);
	outfile_open(&r->file, options->output ? options->output : "-", FILE_OUTPUT);
	r->file.terminal &= r->format != RENDER_TABLE; /* which is safe, and has colours */
	switch (r->format) {
	case RENDER_AUTO: break; /* render_format has chosen another one */
	case RENDER_TABLE: r->layout = render_table_new(options, r->columns, r->column_count); break;
	case RENDER_TSV: add_fields(r, NULL, '\t', "\n", add_tsv); break;
	case RENDER_CSV: add_fields(r, NULL, ',', "\r\n", add_csv); break;
	case RENDER_JSON: begin_json(r); break;
	case RENDER_NDJSON: break;
	}
}

static void add_row(struct render *r, const struct render_cell *cells)
{
	switch (r->format) {
	case RENDER_AUTO: break; /* render_format has chosen another one */
	case RENDER_TABLE: render_table_row(r->layout, &r->out, cells, false); break;
	case RENDER_TSV: add_fields(r, cells, '\t', "\n", add_tsv); break;
	case RENDER_CSV: add_fields(r, cells, ',', "\r\n", add_csv); break;
	case RENDER_JSON:
		buf_add_str(&r->out, r->rows ? ",\n" : "\n");
		add_object(r, cells);
		break;
	case RENDER_NDJSON:
		add_object(r, cells);
		buf_add_char(&r->out, '\n');
		break;
	}
	r->rows++;
	flush(r, OUT_BYTES);
}

void render_row(struct render *r, const struct render_cell *cells)
{
	struct render_cell chosen[RENDER_COLUMNS_MAX];

	add_row(r, choose_cells(r, cells, chosen));
}

void render_total(struct render *r, const struct render_cell *cells)
{
	struct render_cell chosen[RENDER_COLUMNS_MAX];

	cells = choose_cells(r, cells, chosen);
	if (r->format == RENDER_TABLE) {
		render_table_row(r->layout, &r->out, cells, true);
	} else if (r->format == RENDER_JSON) {
		buf_add_str(&r->out, "\n],\"total\":");
		add_object(r, cells);
		r->has_total = true;
	} else {
		add_row(r, cells);
		r->rows--;
	}
}

void render_note(struct render *r, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	if (r->format != RENDER_TABLE)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	render_table_note(r->layout, &r->out, text);
}

void render_note_cut(struct render *r, uint64_t all)
{
	char rows[HUMAN_TEXT_SIZE], text[HUMAN_TEXT_SIZE];

	human_count(rows, (int64_t)r->rows);
	if (all > INT64_MAX)
		render_note(r, "the first %s shown (-n 0: all)", rows);
	else
		render_note(r, "%s of %s shown (-n 0: all)", rows, human_count(text, (int64_t)all));
}

void render_close(struct render *r)
{
	if (r->format == RENDER_TABLE)
		render_table_end(r->layout, &r->out);
	if (r->format == RENDER_JSON)
		buf_add_str(&r->out, r->has_total ? "}\n" : "\n]}\n");
	flush(r, 0);
	outfile_commit(&r->file);
	buf_release(&r->out);
	*r = (struct render){ 0 };
}
