/* SPDX-License-Identifier: MIT */
/*
 * name_service - what users and groups are called.
 *
 * The system's name service can ask machines that do not answer. So a child process asks, while its
 * parent does other work; it is waited for as many seconds as it is given in all, then it is killed,
 * and what is not known by then stays unknown. That is never an error: an id without a name is normal, since users leave.
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

typedef void name_found(void *arg, enum name_kind kind, const struct name *name);

#define NAMES_SECONDS 10 /* to wait for answers, in all; keep stats-load(1) in step */
#define NAMES_BATCH 512  /* ids in a question, at most */

struct name_service {
	struct process child;
	int socket;        /* to the child */
	bool gone;         /* it has ended on its own */
	uint64_t open;     /* questions without an answer */
	struct timespec deadline; /* 0: nobody has waited yet */
	struct buf asked;  /* of questions, what the child has not taken yet: from `sent` on */
	size_t sent;
	struct buf answer; /* what has come */
};

/* Start the child; dies (4) when no process can be started. */
void name_service_start(struct name_service *s);

/* Ask for ids. This does not wait: the child answers while other work is done. */
void name_service_ask(struct name_service *s, enum name_kind kind, const uint32_t *ids,
		      size_t count);

/*
 * Wait for the answers to all questions so far and call `found` for each id that has a name. False
 * when time is up, which begins with the first wait, or the child is gone: asking again is of no use.
 */
bool name_service_await(struct name_service *s, name_found *found, void *arg);

/*
 * End the child. Returns how it had ended before that, as process_wait does; 0: it had not. Status
 * 4 is that it could not look names up for want of memory, descriptors or a disk.
 */
int name_service_stop(struct name_service *s) WARN_UNUSED;

#endif
