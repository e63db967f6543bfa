/* SPDX-License-Identifier: MIT */
#include "common/import/import_progress.h"

#include <inttypes.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/human.h"

#define PAINT_EVERY 0.5 /* seconds */
#define STILL_MOVING 3.0
#define RATE_AFTER 2.0  /* before that there is nothing to judge the time left by */
#define COLUMNS_USUAL 80
#define COLUMNS_MOST 200

static const char *const programs[IMPORT_STAGES] = {
	NULL, "dir-extract", "depth-sort", "dir-load", "stats-accum", "stats-load",
};

double import_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void import_progress_init(struct import_progress *p, const char *parser, bool paint, bool phases)
{
	*p = (struct import_progress){ .paint = paint, .phases = phases, .born = import_now() };
	memcpy(p->program, programs, sizeof(programs));
	p->program[STAGE_PARSE] = parser;
}

/* ---- what the programs say ---- */

static bool take_number(char **at, uint64_t *number)
{
	char *word = strsep(at, "\t"), *end;

	if (!word || *word < '0' || *word > '9')
		return false;
	*number = strtoull(word, &end, 10);
	return !*end;
}

static void add_amount(struct buf *out, const char *unit, uint64_t amount)
{
	char text[HUMAN_TEXT_SIZE];

	if (strcmp(unit, "bytes") == 0)
		buf_add_str(out, human_bytes(text, (int64_t)amount));
	else
		buf_printf(out, "%s %s", human_count(text, (int64_t)amount), unit);
}

/* How far it came is told only when that is known: the last report is from before the end. */
void import_progress_ended(struct import_progress *p, enum import_stage stage)
{
	struct import_report *r = &p->report[stage];
	struct buf text = { 0 };

	if (!*r->phase)
		return;
	if (p->phases) {
		if (r->total) {
			buf_add_char(&text, ' ');
			add_amount(&text, r->unit, r->total);
			buf_add_char(&text, ',');
		}
		buf_add_char(&text, '\0');
		import_progress_clear(p);
		warn("%s: %s:%s %.1f s", p->program[stage], r->phase, (char *)text.data,
		     import_now() - r->began);
		buf_release(&text);
	}
	*r->phase = '\0';
}

void import_progress_take(struct import_progress *p, char *line)
{
	const char *program = strsep(&line, "\t"), *phase = strsep(&line, "\t"), *unit;
	uint64_t done, total, lines;
	struct import_report *r;
	int stage = 0;

	if (!phase || !*phase || !take_number(&line, &done) || !take_number(&line, &total) ||
	    !(unit = strsep(&line, "\t")) || !take_number(&line, &lines))
		return;
	while (stage < IMPORT_STAGES && strcmp(program, p->program[stage]))
		stage++;
	if (stage == IMPORT_STAGES)
		return;
	r = &p->report[stage];
	if (strcmp(phase, "end") == 0) {
		import_progress_ended(p, (enum import_stage)stage);
		r->ended = true;
		r->busy = done;
		r->life = total;
		r->children = lines;
		return;
	}
	if (strncmp(r->phase, phase, IMPORT_WORD_SIZE - 1)) {
		import_progress_ended(p, (enum import_stage)stage);
		r->began = r->moved = import_now();
		snprintf(r->phase, sizeof(r->phase), "%s", phase);
	}
	if (r->done != done)
		r->moved = import_now();
	snprintf(r->unit, sizeof(r->unit), "%s", unit);
	r->done = done;
	r->total = total;
	r->lines = lines;
}

/* ---- the line ---- */

/* 1:23:45, 0:07 */
static void add_clock(struct buf *out, double seconds)
{
	uint64_t s = seconds > 0 ? (uint64_t)seconds : 0;

	if (s >= 3600)
		buf_printf(out, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s / 3600, s / 60 % 60, s % 60);
	else
		buf_printf(out, "%" PRIu64 ":%02" PRIu64, s / 60, s % 60);
}

/* 1234567 as 1.2 M */
static void add_rate(struct buf *out, double rate)
{
	static const char units[] = "KMGT";
	int unit = -1;

	for (; rate >= 1000 && unit < 3; unit++)
		rate /= 1000;
	if (unit < 0)
		buf_printf(out, "%.0f", rate);
	else
		buf_printf(out, "%.1f %c", rate, units[unit]);
}

static int shown_stage(const struct import_progress *p)
{
	double now = import_now();
	int shown = -1;

	for (int i = 0; i < IMPORT_STAGES; i++) {
		if (!*p->report[i].phase || (shown >= 0 && now - p->report[i].moved >= STILL_MOVING))
			continue;
		shown = i;
		if (i == STAGE_PARSE)
			break;
	}
	return shown;
}

/* Bytes, share, lines per second and the time left, as far as `detail` allows. */
static void add_reading(struct buf *out, const struct import_report *r, int detail)
{
	double took = import_now() - r->began, left;

	buf_add_char(out, ' ');
	add_amount(out, r->unit, r->done);
	if (r->total) {
		buf_add_str(out, " of ");
		add_amount(out, r->unit, r->total);
		buf_printf(out, ", %.0f %%", 100.0 * (double)r->done / (double)r->total);
	}
	if (detail > 1) {
		buf_add_str(out, ", ");
		add_rate(out, (double)r->lines / (took + 0.001));
		buf_add_str(out, " lines/s");
	}
	if (detail > 0 && took >= RATE_AFTER && r->total > r->done && r->done) {
		left = took * (double)(r->total - r->done) / (double)r->done;
		buf_add_str(out, ", ");
		add_clock(out, left);
		buf_add_str(out, " left");
	}
}

static void compose(struct buf *out, const struct import_progress *p, int detail)
{
	int stage = shown_stage(p);
	const struct import_report *r;

	out->len = 0;
	if (stage < 0) {
		buf_add_str(out, "starting");
	} else {
		r = &p->report[stage];
		buf_printf(out, "%s: %s", p->program[stage], r->phase);
		if (strcmp(r->unit, "bytes") == 0)
			add_reading(out, r, detail);
		else if (r->total > 20)
			buf_printf(out, " %.0f %%", 100.0 * (double)r->done / (double)r->total);
		else if (r->total)
			buf_printf(out, " %" PRIu64 "/%" PRIu64, r->done, r->total);
		else if (r->done)
			buf_add_char(out, ' '), add_amount(out, r->unit, r->done);
	}
	buf_add_str(out, "  [");
	add_clock(out, import_now() - p->born);
	buf_add_char(out, ']');
}

static size_t terminal_columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col <= 20)
		return COLUMNS_USUAL;
	return size.ws_col < COLUMNS_MOST ? size.ws_col : COLUMNS_MOST;
}

/* Straight to the terminal, past the escaping of messages. That it fails changes nothing. */
static void draw(const char *text, size_t len)
{
	if (write(STDERR_FILENO, text, len) < 0)
		return;
}

void import_progress_paint(struct import_progress *p)
{
	size_t room = terminal_columns() - 1;
	struct buf line = { 0 }, text = { 0 };

	if (!p->paint || import_now() - p->last_paint < PAINT_EVERY)
		return;
	p->last_paint = import_now();
	for (int detail = 2; detail >= 0; detail--) {
		compose(&text, p, detail);
		if (text.len <= room)
			break;
	}
	buf_add_str(&line, "\r\033[K");
	buf_add(&line, text.data, text.len < room ? text.len : room);
	draw((char *)line.data, line.len);
	p->painted = true;
	buf_release(&line);
	buf_release(&text);
}

void import_progress_clear(struct import_progress *p)
{
	if (p->painted)
		draw("\r\033[K", 4);
	p->painted = false;
}

/* ---- where the time went ---- */

static void report_time(const char *name, uint64_t busy, uint64_t life)
{
	warn("%s: %.1f s busy, %.1f s waiting", name, (double)busy / 1e3,
	     life > busy ? (double)(life - busy) / 1e3 : 0.0);
}

/* With threads a program may have worked more seconds than went by. */
void import_progress_times(const struct import_progress *p)
{
	for (int i = 0; i < IMPORT_STAGES; i++) {
		const struct import_report *r = &p->report[i];

		if (!r->ended)
			continue;
		if (i == STAGE_PARSE && r->children)
			report_time("decompressor", r->children, r->life);
		/* The child of stats-load asks for names; it is a part of it. */
		report_time(p->program[i],
			    r->busy + (i == STAGE_PARSE ? 0 : r->children), r->life);
	}
}
