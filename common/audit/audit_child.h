/*
 * audit_child - the programs that read a log again, as child processes with anonymous pipes.
 *
 *     log -> gpfs-parse -+-> dir-extract -> depth-sort -> dirs
 *                        +-> stats-accum ---------------> usage
 *
 * They stand beside this program, and end when it does, however it does. Neither branch gives
 * anything before the log has ended, and gpfs-parse has then written all; so the two streams can be
 * read in step with each other.
 */
#ifndef TREETALLY_AUDIT_CHILD_H
#define TREETALLY_AUDIT_CHILD_H

#include "common/base/process.h"

#define AUDIT_CHILDREN 4
#define AUDIT_PARSE_OPTIONS 4 /* of gpfs-parse, that can be passed on */

struct audit_log_options {
	const char *const *logs; /* NULL at the end */
	const char *parse[AUDIT_PARSE_OPTIONS + 1]; /* NULL at the end */
	const char *filesystem; /* NULL: not known */
	const char *scan_date, *age_by;
	uint64_t memory;        /* for all children, in bytes */
	const char *temp_dir;   /* NULL: they choose */
	const char *threads;    /* of each child: a number */
};

struct audit_children {
	struct process processes[AUDIT_CHILDREN];
	size_t count;
	int dirs, usage; /* where to read from */
};

void audit_children_start(struct audit_children *c, const struct audit_log_options *opt);

/* Dies unless all of them have ended with status 0: 4 if that is the status of one, else 3. */
void audit_children_wait(struct audit_children *c);

#endif
