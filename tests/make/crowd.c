/* SPDX-License-Identifier: MIT */
/*
 * crowd - a log of directories whose names were made to collide: crowd N [together].
 *
 * N directories with a file each; together: only those whose hash without a key falls into the same
 * sixteenth of a table of 65,536 times 16 slots.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

int main(int argc, char **argv)
{
	long left = argc > 1 ? atol(argv[1]) : 0, together = argc > 2;

	for (unsigned long n = 0; left; n++) {
		char path[256] = "\0gpfs\0fs1\0";
		size_t len = 10 + (size_t)sprintf(path + 10, "d%lx", n);

		if (together && (XXH3_64bits(path, len) >> 16 & 15))
			continue;
		left--;
		printf("<0> %lu 1 0  s=9 a=4 u=1 g=1 p=-rw-r--r-- ac=2025-01-01 10:00:00"
		       " -- /gpfs/fs1/%s/f\n", n, path + 10);
	}
}
