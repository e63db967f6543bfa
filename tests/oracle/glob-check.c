/* SPDX-License-Identifier: MIT */
/*
 * glob-check - do the patterns of dir-query --name-pattern mean what fnmatch(3) understands in the C
 * locale? glob-check COUNT SEED: that many random patterns and names; prints the first difference.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/query/name_glob.h"

/* No collating symbols as [.a.], and every range ends with a letter. */
static void draw(char *out, const char *bytes, size_t most)
{
	size_t len = (size_t)rand() % (most + 1);

	for (size_t i = 0; i < len; i++) {
		out[i] = bytes[(size_t)rand() % strlen(bytes)];
		if (i && out[i - 1] == '-' && strchr("-[]", out[i]))
			out[i] = 'c';
		if (i && out[i - 1] == '[' && out[i] == '.')
			out[i] = 'c';
	}
	if (len && out[len - 1] == '-')
		out[len - 1] = 'c';
	out[len] = '\0';
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 100000, matches = 0;

	srand(argc > 2 ? (unsigned)atol(argv[2]) : 1);
	for (long i = 0; i < count; i++) {
		char pattern[20], name[20];
		bool fold = rand() % 2, found;

		draw(pattern, "aabBc-*?[]!^.\xe9\xff\xc3\xa9", 10);
		draw(name, "aabBcC-*[]!^.\xe9\xff\xc3\xa9", 8);
		found = name_glob_match(pattern, name, strlen(name), fold);
		matches += found;
		if (found == !fnmatch(pattern, name, FNM_NOESCAPE | (fold ? FNM_CASEFOLD : 0)))
			continue;
		printf("pattern '%s' name '%s' fold %d: %d\n", pattern, name, fold, found);
		return 1;
	}
	/* Bytes behind a NUL are of the name, too. */
	if (name_glob_match("a", "a\0b", 3, false) || !name_glob_match("a?b", "a\0b", 3, false))
		return 1;
	printf("%ld\n", matches);
	return 0;
}
