/* SPDX-License-Identifier: MIT */
/*
 * import_progress - where the six programs of an import are: one line on a terminal, or a line for
 * each phase that has ended, and where the time went.
 *
 * The programs say it in machine lines (progress.h). While the log is read, the line on the
 * terminal is about gpfs-parse; later about the program furthest downstream among those that get
 * ahead.
 */
#ifndef TREETALLY_IMPORT_PROGRESS_H
#define TREETALLY_IMPORT_PROGRESS_H

#include "common/base/buf.h"

/* From the log to the database: "the most upstream" is the first one here. */
enum import_stage {
	STAGE_PARSE, STAGE_EXTRACT, STAGE_SORT, STAGE_DIRS, STAGE_ACCUM, STAGE_STATS, IMPORT_STAGES
};

#define IMPORT_WORD_SIZE 32

struct import_report {
	char phase[IMPORT_WORD_SIZE]; /* empty: in no phase */
	char unit[IMPORT_WORD_SIZE];
	uint64_t done, total, lines;
	double began, moved;          /* seconds: of the phase, and when `done` last grew */
	bool ended;                   /* it has told the times below, all in ms */
	uint64_t busy, life, children;
};

struct import_progress {
	const char *program[IMPORT_STAGES]; /* the names of the programs */
	struct import_report report[IMPORT_STAGES];
	bool paint;   /* there is a line on the terminal to be kept */
	bool phases;  /* a line when a phase has ended */
	bool painted; /* the line is there */
	double born, last_paint;
};

/* Seconds of a clock that nobody sets. */
double import_now(void);

/* `parser`: the program that reads the log, not copied. */
void import_progress_init(struct import_progress *p, const char *parser, bool paint, bool phases);

/* Take in one machine line, without LF; any other line is ignored. */
void import_progress_take(struct import_progress *p, char *line);

/* The program has ended, and with it the phase that it was in. */
void import_progress_ended(struct import_progress *p, enum import_stage stage);

/* Draw the line anew when that is due. */
void import_progress_paint(struct import_progress *p);
/* Take it off the terminal, so that a message can stand there. */
void import_progress_clear(struct import_progress *p);

/* For each program how long it was busy, and how long it waited for others or for the disk. */
void import_progress_times(const struct import_progress *p);

#endif
