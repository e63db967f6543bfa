/* SPDX-License-Identifier: MIT */
#include "common/log/scan_log.h"

#include "common/base/input.h"

#define LINE_MAX_BYTES 65536
#define BEGIN "Directories scan: "

/* The number at *at and the words behind it; false if that is not what stands there. */
static bool take(const char **at, uint64_t *number, const char *words)
{
	char *end;

	errno = 0;
	*number = strtoull(*at, &end, 10);
	if (end == *at || errno || *number >= INT64_MAX || strncmp(end, words, strlen(words)))
		return false;
	*at = end + strlen(words);
	return true;
}

/* Returns false if the line is about something else. */
static bool add_line(struct scan_log *log, const char *line)
{
	const char *at = strstr(line, BEGIN);
	uint64_t files, directories, others, skipped;

	if (line[0] != '[' || !at)
		return false;
	at += strlen(BEGIN);
	if (!take(&at, &files, " files, ") || !take(&at, &directories, " directories, ") ||
	    !take(&at, &others, " other objects, ") || !take(&at, &skipped, " 'skipped' files"))
		die(EXIT_INPUT, "%s: cannot be read: %s", log->file, line);
	if (!add_checked(&log->files, files) || !add_checked(&log->directories, directories) ||
	    !add_checked(&log->others, others) || !add_checked(&log->skipped, skipped))
		die(EXIT_INPUT, "%s: numbers beyond 2^63-1", log->file);
	return true;
}

void scan_log_read(struct scan_log *log, const char *file)
{
	struct input in;
	enum input_line got;
	size_t len;
	char *line;
	bool found = false;

	*log = (struct scan_log){ .file = file };
	input_open(&in, file);
	while ((got = input_line(&in, LINE_MAX_BYTES, &line, &len)) == INPUT_LINE)
		found |= add_line(log, line);
	if (got == INPUT_TOO_LONG)
		die(EXIT_INPUT, "%s: is not the output of mmapplypolicy: a line of more than %d bytes",
		    file, LINE_MAX_BYTES);
	input_close(&in);
	if (!found)
		die(EXIT_INPUT, "%s: has no line `%s...`: is it the output of mmapplypolicy?", file,
		    BEGIN);
}

bool scan_log_agrees(const struct scan_log *log, const uint64_t count[LEDGER_COUNTS])
{
	uint64_t lines = count[COUNT_ENTRIES] + count[COUNT_REJECTED];
	uint64_t files = log->files + log->others, all = files + log->directories;

	if (!count[COUNT_DIRECTORY_LINES])
		return lines == log->files || lines == files;
	return (lines == all || lines == all + 1) &&
	       (count[COUNT_REJECTED] || count[COUNT_FILES] == files);
}
