/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/lines.h"

#include "tests/fuzz/fuzz.h"

#define LINES_MAX 200
#define TRIED 12 /* ends of text behind a line */

static size_t measure(const struct line_format *format, const char *at, size_t left, bool whole,
		      size_t *content)
{
	size_t n = line_measure(format, at, left, whole, content);

	fuzz_check(n <= left && *content <= left, "a line beyond the text");
	fuzz_check(n || !whole, "no line in whole lines");
	return n;
}

/* The last line may be one that is cut. */
static void check_ends(const struct line_format *format, const char *text, const size_t *ends,
		       size_t count)
{
	size_t content;

	for (size_t i = 0; i + 1 < count; i++) {
		for (size_t j = i + 1; j < count && j < i + TRIED; j++)
			fuzz_check(measure(format, text + ends[i], ends[j] - ends[i], true,
					   &content) == ends[i + 1] - ends[i],
				   "a line that ends elsewhere");
	}
}

void lines_take(const struct line_format *format, const char *text, size_t len,
		void (*take)(void *arg, const char *at, size_t content, size_t left), void *arg)
{
	size_t ends[LINES_MAX + 1] = { 0 }, count = 1, at = 0, content;

	while (at < len && count <= LINES_MAX) {
		size_t n = measure(format, text + at, len - at, false, &content);

		take(arg, text + at, content, len - at);
		at += n ? n : len - at;
		ends[count++] = at;
	}
	check_ends(format, text, ends, count - 1);
}
