/* SPDX-License-Identifier: MIT */
#include "common/import/import_summary.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "common/base/human.h"
#include "common/db/db_column.h"
#include "common/db/db_reader.h"

/* In the order of the SELECT below. */
enum column {
	LINES, REJECTED, SKIPPED, UNPROVED, DIRECTORIES, IMPLIED, FILES, ALLOCATED, APPARENT,
	ONCE_FILES, ONCE_ALLOCATED, ONCE_APPARENT, LINKED, PATHS, OUTSIDE, COLUMNS
};

static void read_numbers(struct db_reader_db *reader, int64_t number[COLUMNS])
{
	sqlite3_stmt *select = db_prepare(
		&reader->db,
		"SELECT lines, rejected,"
		" skipped_blank + skipped_comment + skipped_message + skipped_unrecognised +"
		" skipped_continued, unproved_sources,"
		" total_directories, implied_directories, total_files, total_size, apparent_size,"
		" once_files, once_size, once_apparent, linked_inodes, multilink_files,"
		" links_outside FROM scan_metadata");

	db_step(&reader->db, select);
	for (int i = 0; i < COLUMNS; i++)
		number[i] = sqlite3_column_int64(select, i);
	db_reader_finalize(reader, select);
}

static void add_count(struct buf *out, const char *label, int64_t count, const char *end)
{
	char text[HUMAN_TEXT_SIZE];

	buf_printf(out, "  %-12s %s%s", label, human_count(text, count), end);
}

/* What counts once; behind it what was seen, each link counted, if that is another number. */
static void add_sum(struct buf *out, const char *label, int64_t once, int64_t seen,
		    const char *(*human)(char *, int64_t))
{
	char text[HUMAN_TEXT_SIZE];

	buf_printf(out, "  %-12s %s", label, human(text, once));
	if (seen != once)
		buf_printf(out, ", %s with each link", human(text, seen));
	buf_add_char(out, '\n');
}

static void add_links(struct buf *out, const int64_t number[COLUMNS])
{
	char text[HUMAN_TEXT_SIZE];

	add_count(out, "hard links", number[LINKED], number[LINKED] == 1 ? " file" : " files");
	if (number[LINKED])
		buf_printf(out, " with %s paths", human_count(text, number[PATHS]));
	if (number[OUTSIDE])
		buf_printf(out, ", %s links not seen", human_count(text, number[OUTSIDE]));
	buf_add_char(out, '\n');
}

static void add_bytes(struct buf *out, const char *label, int64_t bytes)
{
	char text[HUMAN_TEXT_SIZE];

	buf_printf(out, "  %-12s %s\n", label, human_bytes(text, bytes));
}

static void add_assumed(struct buf *out, const struct assumptions *assumed)
{
	for (int i = 0; i < ASSUMPTIONS; i++) {
		char *note;

		if (!assumed->count[i])
			continue;
		note = assume_note(i, assumed->count[i]);
		buf_printf(out, "  %-12s %s\n", "assumed", note);
		free(note);
	}
}

static void write_lines(struct buf *out, const int64_t number[COLUMNS],
			const struct assumptions *assumed, double seconds, off_t size)
{
	char text[HUMAN_TEXT_SIZE];

	add_count(out, "lines", number[LINES], "\n");
	add_count(out, "rejected", number[REJECTED], "\n");
	add_count(out, "skipped", number[SKIPPED], "\n");
	buf_printf(out, "  %-12s %s\n", "whole", number[UNPROVED] ? "not told" : "proved");
	add_count(out, "directories", number[DIRECTORIES], "");
	buf_printf(out, ", %s implied\n", human_count(text, number[IMPLIED]));
	add_sum(out, "files", number[ONCE_FILES], number[FILES], human_count);
	add_sum(out, "allocated", number[ONCE_ALLOCATED], number[ALLOCATED], human_bytes);
	add_sum(out, "apparent", number[ONCE_APPARENT], number[APPARENT], human_bytes);
	if (assumed->count[ASSUME_LINKS_UNKNOWN])
		buf_printf(out, "  %-12s not told\n", "hard links");
	else
		add_links(out, number);
	buf_printf(out, "  %-12s %.1f\n", "seconds", seconds);
	add_count(out, "lines/s", (int64_t)((double)number[LINES] / (seconds + 1e-6)), "\n");
	add_bytes(out, "database", size);
	add_assumed(out, assumed);
}

void import_summary_read(struct import_summary *s, const char *file, double seconds)
{
	char *operand = xstrdup(file);
	struct db_reader_set set;
	int64_t number[COLUMNS];
	struct stat st;

	*s = (struct import_summary){ 0 };
	if (stat(file, &st))
		die_errno("cannot open %s", file);
	db_reader_open(&set, &operand, 1, true, false);
	read_numbers(&set.dbs[0], number);
	s->filesystem = set.dbs[0].filesystem ? xstrdup(set.dbs[0].filesystem) : NULL;
	s->scan_day = set.dbs[0].scan_day;
	write_lines(&s->text, number, &set.dbs[0].assumed, seconds, st.st_size);
	db_reader_close(&set);
	free(operand);
}

void import_summary_release(struct import_summary *s)
{
	free(s->filesystem);
	buf_release(&s->text);
}
