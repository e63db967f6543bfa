/* SPDX-License-Identifier: MIT */
#include "common/parse/log_detect.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/fd.h"
#include "common/parse/list_format.h"
#include "common/log/log_source.h"

#define LOOK_BYTES (64u << 10)

bool log_format_is_list(const char *format)
{
	struct list_format f;
	char *fault = list_format_parse(&f, format);
	/* What is wrong behind "find:" is for list-parse to say. */
	bool known = !fault || strncmp(format, "find:", 5) == 0;

	free(fault);
	list_format_release(&f);
	return known;
}

static size_t read_first(const char *operand, char *text)
{
	struct log_source source;

	if (strcmp(operand, "-") == 0) {
		off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);
		ssize_t n = fd_read_at(STDIN_FILENO, text, LOOK_BYTES, at > 0 ? (uint64_t)at : 0);

		return n > 0 ? (size_t)n : 0;
	}
	log_source_open(&source, operand, 1, 0);
	return log_source_read(&source, text, LOOK_BYTES);
}

/* In a process of its own, with its decompressor: whatever is wrong, nobody hears of it here. */
static NORETURN void look(void *operand)
{
	char *text = xmalloc(LOOK_BYTES);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct list_format f;
	size_t len;

	if (null >= 0)
		(void)dup2(null, STDERR_FILENO);
	len = read_first(operand, text);
	quit(list_format_detect(&f, text, len) ? EXIT_OK : EXIT_NO);
}

bool log_is_list(const char *operand)
{
	bool from_stdin = strcmp(operand, "-") == 0;
	struct process child;
	struct stat st;

	if (from_stdin ? fstat(STDIN_FILENO, &st) : stat(operand, &st))
		return false;
	if (!S_ISREG(st.st_mode))
		return false;
	process_fork(&child, operand, look, (void *)(uintptr_t)operand);
	return process_wait(&child) == 0;
}
