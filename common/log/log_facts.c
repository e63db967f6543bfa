/* SPDX-License-Identifier: MIT */
#include "common/log/log_facts.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/base/fd.h"
#include "common/log/claims.h"
#include "common/log/log_source.h"

#define FIRST_LINE 1000 /* bytes, more than a header has */

/* Its first line, if it can be read without taking it from anybody; else false. */
static bool first_line(const char *log, char text[FIRST_LINE + 1])
{
	bool from_stdin = strcmp(log, "-") == 0;
	struct log_source source;
	struct stat st;
	ssize_t len;

	if (from_stdin ? fstat(STDIN_FILENO, &st) : stat(log, &st))
		return false;
	if (!S_ISREG(st.st_mode))
		return false;
	if (from_stdin) {
		off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);

		len = fd_read_at(STDIN_FILENO, text, FIRST_LINE, at > 0 ? (uint64_t)at : 0);
		/* Nor what a decompressor would be needed for. */
		if (len > 0 && (!memchr(text, '\n', (size_t)len) || memchr(text, '\0', (size_t)len)))
			return false;
	} else {
		log_source_open(&source, log, 1, 0);
		len = (ssize_t)log_source_read(&source, text, FIRST_LINE);
		log_source_close(&source);
	}
	text[len > 0 ? len : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return true;
}

bool log_facts_add(struct log_facts *facts, const char *log, const char *source)
{
	char *name = source ? xstrdup(source) : claims_of_operand(log), text[FIRST_LINE + 1];
	struct scan_claim claim;
	const char *fault;
	bool seen = true;

	claims_claim(&claim, name);
	if (!claim.filesystem || claim.scan_day == DAY_NONE) {
		seen = first_line(log, text);
		fault = seen ? claims_claim_line(&claim, text, strlen(text)) : NULL;
		if (fault)
			die(EXIT_INPUT, "%s:1: %s", name, fault);
	}
	if (claim.filesystem && !facts->filesystem)
		facts->filesystem = xstrdup(claim.filesystem);
	if (facts->scan_day == DAY_NONE)
		facts->scan_day = claim.scan_day;
	claims_release(&claim);
	free(name);
	return seen;
}
