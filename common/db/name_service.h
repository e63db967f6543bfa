/* SPDX-License-Identifier: MIT */
/*
 * name_service - what users and groups are called.
 *
 * The system's name service can ask machines that do not answer. So a child process asks, for as
 * many seconds as it was given in all; then it is killed, and what is not known by then stays
 * unknown. That is never an error: an id without a name is normal, since users leave.
 *
 * Or names come from files as passwd(5) and group(5) describe them; of two lines with one id the
 * first counts. Lines of another form are passed over.
 */
#ifndef TREETALLY_NAME_SERVICE_H
#define TREETALLY_NAME_SERVICE_H

#include "common/base/buf.h"
#include "common/base/process.h"

enum name_kind { NAME_USER, NAME_GROUP };

struct name {
	uint32_t id;
	const char *name;
	const char *full; /* users: the first part of the GECOS field; NULL when empty */
};

/* ---- files ---- */

/* Open a file for names_read; dies (4) when it cannot. */
FILE *names_open_file(const char *path);

/* The next name; valid until the next call. False at the end; dies (4) when reading fails. */
bool names_read(FILE *file, const char *path, enum name_kind kind, struct buf *line,
		struct name *name);

/* ---- the name service ---- */

#define NAMES_SECONDS 10 /* for all questions together; keep stats-load(1) in step */
#define NAMES_BATCH 512  /* ids in a question */

struct name_service {
	struct process child;
	int socket; /* to the child */
	bool gone;  /* it has ended on its own */
	struct timespec deadline;
	struct buf answer;
};

/* Start the child; dies (4) when no process can be started. */
void name_service_start(struct name_service *s);

/*
 * Ask for up to NAMES_BATCH ids and call `found` for each that has a name. False when time is up
 * or the child is gone: then asking again is of no use.
 */
bool name_service_ask(struct name_service *s, enum name_kind kind, const uint32_t *ids,
		      size_t count, void (*found)(void *arg, const struct name *name), void *arg);

/*
 * End the child. Returns how it had ended before that, as process_wait does; 0: it had not. Status
 * 4 is that it could not look names up for want of memory, descriptors or a disk.
 */
int name_service_stop(struct name_service *s) WARN_UNUSED;

#endif
