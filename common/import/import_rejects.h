/* SPDX-License-Identifier: MIT */
/*
 * import_rejects - the file of rejected lines that an import was asked for.
 *
 * Those of an import that failed must not take the place of those of one that did not: they are
 * written to FILE.failed, which becomes FILE in the end. What is no file is written straight.
 */
#ifndef TREETALLY_IMPORT_REJECTS_H
#define TREETALLY_IMPORT_REJECTS_H

struct import_rejects {
	const char *write_to; /* for the parser; NULL: nobody asked */
	char *file;           /* what `write_to` becomes; NULL: nothing */
	int pin;              /* what had the name `write_to` before */
};

/* `name` as the user gave it, or NULL; it must live as long as the struct. */
void import_rejects_place(struct import_rejects *r, const char *name);

/* The import succeeded. Dies (4), saying that the database's fate is `fate`. */
void import_rejects_publish(const struct import_rejects *r, const char *fate);

#endif
