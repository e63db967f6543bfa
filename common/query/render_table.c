/* SPDX-License-Identifier: MIT */
#include "common/query/render_table.h"

#include <inttypes.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/human.h"
#include "common/base/screen.h"
#include "common/query/render_number.h"

#define GAP 2          /* columns of the screen between columns of the table */
#define PATH_LEAST 24  /* columns are dropped before a path is cut below this or 2/5 of the line */
#define TEXT_MOST 24   /* other text is cut to this where the width is limited */
#define PATH_FLOOR 8   /* a path is cut no shorter, even if no column is left to drop */
#define BAR_LEAST 6
#define BAR_MOST 21    /* with the blank before it */
#define SHARE_LEAST 7  /* "100.0 %" */

/* What will be seen in one cell. */
struct seen {
	size_t at, len; /* in `text` */
	size_t columns;
	double share;   /* RENDER_SHARE, below 0: none */
};

struct render_layout {
	const struct render_options *options;
	const struct render_column *columns;
	size_t column_count;
	size_t limit;   /* of a line; 0: none */
	bool unicode, colour;
	bool laid_out;
	char *title;
	bool shown[RENDER_COLUMNS_MAX];
	size_t width[RENDER_COLUMNS_MAX];
	size_t last;    /* the last column that is shown */
	struct buf text;
	struct seen *cells; /* rows that wait */
	bool *is_total;
	size_t rows, cells_cap, totals_cap;
};

/* ---- the terminal ---- */

/* COLUMNS, if it is exported, as for ls; else that of the terminal; elsewhere no limit. */
static size_t line_limit(bool terminal)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (columns && strtoul(columns, NULL, 10))
		return strtoul(columns, NULL, 10);
	if (!terminal)
		return 0;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no && *no) && term && strcmp(term, "dumb") != 0;
}

struct render_layout *render_table_new(const struct render_options *options,
				       const struct render_column *columns, size_t column_count)
{
	struct render_layout *t = xcalloc(1, sizeof(*t));
	bool terminal = !options->output && isatty(STDOUT_FILENO);

	if (column_count > RENDER_COLUMNS_MAX)
		die(EXIT_SYSTEM, "a table has at most %d columns", RENDER_COLUMNS_MAX);
	t->options = options;
	t->columns = columns;
	t->column_count = column_count;
	t->unicode = screen_utf8();
	t->colour = terminal && wants_colour();
	t->limit = options->wide ? 0 : line_limit(terminal);
	t->title = options->title ? xstrdup(options->title) : NULL;
	buf_reserve(&t->text, 1); /* cells without text point into it, too */
	return t;
}

/* ---- cells as they are seen ---- */

static void see_number(const struct render_options *options, struct buf *out,
		       enum render_type type, int64_t number)
{
	char text[HUMAN_TEXT_SIZE];

	switch (type) {
	case RENDER_BYTES: render_number_bytes(out, options, number); break;
	case RENDER_COUNT: buf_add_str(out, human_count(text, number)); break;
	case RENDER_TIME:
		if (options->iso)
			render_number_iso(out, number);
		else
			buf_add(out, human_time(text, number), strlen("YYYY-MM-DD"));
		break;
	default: buf_printf(out, "%" PRId64, number);
	}
}

static struct seen see(struct render_layout *t, const struct render_column *column,
		       const struct render_cell *cell)
{
	struct seen seen = { .at = t->text.len, .share = -1 };
	bool is_text = column->type == RENDER_TEXT || column->type == RENDER_PATH;

	if (column->type == RENDER_SHARE) {
		seen.share = cell->null || !(cell->share >= 0) ? -1 : cell->share;
		seen.share = seen.share > 1 ? 1 : seen.share;
		seen.columns = SHARE_LEAST;
	} else if (cell->null || (is_text && !cell->text)) {
		seen.columns = 0;
	} else if (is_text) {
		seen.columns = screen_add(&t->text, cell->text, cell->len, !t->unicode);
	} else {
		see_number(t->options, &t->text, column->type, cell->number);
		seen.columns = t->text.len - seen.at;
	}
	seen.len = t->text.len - seen.at;
	return seen;
}

/* ---- widths ---- */

/* A title can be a name that somebody chose. */
static size_t add_title(const struct render_layout *t, struct buf *out, size_t column)
{
	const char *title = t->columns[column].title;

	return screen_add(out, title, strlen(title), !t->unicode);
}

static size_t natural_width(const struct render_layout *t, size_t column)
{
	struct buf title = { 0 };
	size_t width = add_title(t, &title, column);

	buf_release(&title);

	for (size_t row = 0; row < t->rows; row++) {
		size_t columns = t->cells[row * t->column_count + column].columns;

		width = columns > width ? columns : width;
	}
	if (t->limit && t->columns[column].type == RENDER_TEXT && width > TEXT_MOST)
		return TEXT_MOST;
	return width;
}

/* Columns of a line when no path has more than `path_most`. */
static size_t line_width(const struct render_layout *t, size_t path_most)
{
	size_t line = 0;

	for (size_t i = 0; i < t->column_count; i++) {
		bool is_path = t->columns[i].type == RENDER_PATH;
		size_t width = is_path && t->width[i] > path_most ? path_most : t->width[i];

		if (t->shown[i])
			line += width + (line ? GAP : 0);
	}
	return line;
}

/* Leave out the column that matters least; false when all that are left matter. */
static bool drop_column(struct render_layout *t)
{
	size_t worst = t->column_count;

	for (size_t i = 0; i < t->column_count; i++) {
		if (t->shown[i] && t->columns[i].rank &&
		    (worst == t->column_count || t->columns[i].rank > t->columns[worst].rank))
			worst = i;
	}
	if (worst == t->column_count)
		return false;
	t->shown[worst] = false;
	return true;
}

/* Bars take what is left; where nothing limits the line they have their full length. */
static void widen_bars(struct render_layout *t)
{
	size_t line = line_width(t, SIZE_MAX), limit = t->limit ? t->limit : line + BAR_MOST;
	size_t room = limit > line ? limit - line : 0;

	for (size_t i = 0; i < t->column_count; i++) {
		if (!t->shown[i] || t->columns[i].type != RENDER_SHARE || room < BAR_LEAST)
			continue;
		t->width[i] += room < BAR_MOST ? room : BAR_MOST;
		room = 0;
	}
}

/* The path that has most room to give; column_count: none has any. */
static size_t widest_path(const struct render_layout *t)
{
	size_t widest = t->column_count;

	for (size_t i = 0; i < t->column_count; i++) {
		size_t floor = t->columns[i].least ? t->columns[i].least : PATH_FLOOR;

		if (t->shown[i] && t->columns[i].type == RENDER_PATH && t->width[i] > floor &&
		    (widest == t->column_count || t->width[i] > t->width[widest]))
			widest = i;
	}
	return widest;
}

static void lay_out(struct render_layout *t)
{
	size_t path, path_least = t->limit * 2 / 5 > PATH_LEAST ? t->limit * 2 / 5 : PATH_LEAST;

	for (size_t i = 0; i < t->column_count; i++) {
		t->shown[i] = t->columns[i].title != NULL;
		t->width[i] = t->shown[i] ? natural_width(t, i) : 0;
	}
	while (t->limit && line_width(t, path_least) > t->limit && drop_column(t))
		;
	while (t->limit && line_width(t, SIZE_MAX) > t->limit &&
	       (path = widest_path(t)) < t->column_count)
		t->width[path]--;
	for (size_t i = 0; i < t->column_count; i++) {
		if (t->shown[i])
			t->last = i;
	}
	widen_bars(t);
	t->laid_out = true;
}

/* ---- drawing ---- */

#define BOLD "1"
#define DIM "2"
#define CYAN "36"

static void colour(const struct render_layout *t, struct buf *out, const char *code)
{
	if (t->colour)
		buf_printf(out, "\033[%sm", code);
}

static void repeat(struct buf *out, const char *what, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_add_str(out, what);
}

/* The last name of a path is what the eye looks for. */
static void add_path(const struct render_layout *t, struct buf *out, const char *text, size_t len)
{
	const char *slash = memrchr(text, '/', len);
	size_t before = slash && len > 1 ? (size_t)(slash - text) + 1 : 0;

	if (!t->colour || !before) {
		buf_add(out, text, len);
		return;
	}
	colour(t, out, DIM);
	buf_add(out, text, before);
	colour(t, out, "0");
	buf_add(out, text + before, len - before);
}

static void add_share(const struct render_layout *t, struct buf *out, double share, size_t width)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	size_t bar = width > SHARE_LEAST + 1 ? width - SHARE_LEAST - 1 : 0, parts, cells;

	if (share < 0) {
		repeat(out, " ", width);
		return;
	}
	buf_printf(out, "%5.1f %%", share * 100);
	if (!bar)
		return;
	parts = (size_t)(share * (double)(bar * 8) + 0.5);
	cells = t->unicode ? parts / 8 : (parts + 4) / 8;
	buf_add_char(out, ' ');
	colour(t, out, CYAN);
	repeat(out, t->unicode ? "█" : "#", cells);
	if (t->unicode && parts % 8) {
		buf_add_str(out, eighths[parts % 8]);
		cells++;
	}
	colour(t, out, "0");
	repeat(out, " ", bar - cells);
}

static bool is_left(const struct render_column *column)
{
	return column->type == RENDER_TEXT || column->type == RENDER_PATH ||
	       column->type == RENDER_SHARE;
}

static void add_cell(const struct render_layout *t, struct buf *out, size_t i,
		     const struct seen *seen, const char *text)
{
	const struct render_column *column = &t->columns[i];
	size_t width = t->width[i], columns = seen->columns;
	struct buf shortened = { 0 };

	if (column->type == RENDER_SHARE) {
		add_share(t, out, seen->share, width);
		return;
	}
	if (!is_left(column))
		repeat(out, " ", width > columns ? width - columns : 0);
	if (is_left(column) && t->limit && columns > width) {
		columns = screen_add_shortened(&shortened, text, seen->len, width,
					     column->type == RENDER_PATH, t->unicode ? "…" : "...");
		text = (char *)shortened.data;
	}
	if (column->type == RENDER_PATH)
		add_path(t, out, text, shortened.data ? shortened.len : seen->len);
	else
		buf_add(out, text, shortened.data ? shortened.len : seen->len);
	if (is_left(column) && i != t->last)
		repeat(out, " ", width > columns ? width - columns : 0);
	buf_release(&shortened);
}

static void end_line(struct buf *out)
{
	while (out->len && out->data[out->len - 1] == ' ')
		out->len--;
	buf_add_char(out, '\n');
}

static void add_rule(const struct render_layout *t, struct buf *out)
{
	size_t line = line_width(t, SIZE_MAX);

	colour(t, out, DIM);
	repeat(out, t->unicode ? "─" : "-", t->limit && line > t->limit ? t->limit : line);
	colour(t, out, "0");
	buf_add_char(out, '\n');
}

static void add_head(const struct render_layout *t, struct buf *out)
{
	if (t->title) {
		colour(t, out, BOLD);
		buf_add_str(out, t->title);
		colour(t, out, "0");
		buf_add_str(out, "\n\n");
	}
	colour(t, out, BOLD);
	for (size_t i = 0; i < t->column_count; i++) {
		struct buf title = { 0 };
		size_t columns, pad;

		if (!t->shown[i])
			continue;
		columns = add_title(t, &title, i);
		pad = t->width[i] > columns ? t->width[i] - columns : 0;
		repeat(out, " ", is_left(&t->columns[i]) ? 0 : pad);
		if (columns > t->width[i])
			screen_add_shortened(out, (char *)title.data, title.len, t->width[i], false,
					     t->unicode ? "…" : "...");
		else
			buf_add(out, title.data, title.len);
		repeat(out, " ", i == t->last ? 0 : GAP + (is_left(&t->columns[i]) ? pad : 0));
		buf_release(&title);
	}
	colour(t, out, "0");
	buf_add_char(out, '\n');
	add_rule(t, out);
}

static void add_line(const struct render_layout *t, struct buf *out, const struct seen *cells,
		     bool is_total)
{
	if (is_total)
		add_rule(t, out);
	for (size_t i = 0; i < t->column_count; i++) {
		if (!t->shown[i])
			continue;
		add_cell(t, out, i, &cells[i], (char *)t->text.data + cells[i].at);
		if (i != t->last)
			repeat(out, " ", GAP);
	}
	end_line(out);
}

/* Write the table as far as it is known. */
static void show_waiting(struct render_layout *t, struct buf *out)
{
	if (!t->laid_out) {
		lay_out(t);
		add_head(t, out);
	}
	for (size_t row = 0; row < t->rows; row++)
		add_line(t, out, t->cells + row * t->column_count, t->is_total[row]);
	t->rows = 0;
	t->text.len = 0;
}

void render_table_row(struct render_layout *t, struct buf *out, const struct render_cell *cells,
		      bool is_total)
{
	GROW(t->cells, t->cells_cap, (t->rows + 1) * t->column_count);
	GROW(t->is_total, t->totals_cap, t->rows + 1);
	for (size_t i = 0; i < t->column_count; i++)
		t->cells[t->rows * t->column_count + i] = see(t, &t->columns[i], &cells[i]);
	t->is_total[t->rows++] = is_total;
	if (t->laid_out || t->rows == RENDER_AHEAD)
		show_waiting(t, out);
}

void render_table_note(struct render_layout *t, struct buf *out, const char *text)
{
	show_waiting(t, out);
	colour(t, out, DIM);
	screen_add(out, text, strlen(text), !t->unicode);
	colour(t, out, "0");
	buf_add_char(out, '\n');
}

void render_table_end(struct render_layout *t, struct buf *out)
{
	show_waiting(t, out);
	buf_release(&t->text);
	free(t->cells);
	free(t->is_total);
	free(t->title);
	free(t);
}
