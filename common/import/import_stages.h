/* SPDX-License-Identifier: MIT */
/*
 * import_stages - the six programs of an import, run side by side.
 *
 *                     +-> dir-extract -> depth-sort -> dir-load DB --+
 *     log -> gpfs-parse                                              +-> DB
 *                     +-> stats-accum ----------------> stats-load DB+
 *
 * Pipes. All are anonymous: a FIFO can block in open for ever. gpfs-parse writes the same bytes to
 * both branches, so a branch that stopped reading would block the other one. It cannot come to
 * that: no program of a branch emits before its input has ended (dir-extract does, but depth-sort
 * takes whatever it gets), and none waits for the other branch before that. stats-load needs what
 * dir-load builds and starts when that has succeeded; until then stats-accum, which has long read
 * everything, blocks on its pipe. Every process holds the pipe ends it uses and no others, or an
 * end of file would never be seen.
 *
 * Words. When a program fails, the others complain too, since their input broke off. So what a
 * program says waits until it has ended, or for two seconds while nothing has failed; after a
 * failure only the one that is to blame is heard. With `talkative` everybody is heard at once.
 *
 * Dies (4) when the system refuses a process or a pipe; then, and in every other case in which the
 * program ends, its children end before.
 */
#ifndef TREETALLY_IMPORT_STAGES_H
#define TREETALLY_IMPORT_STAGES_H

#include "common/base/process.h"
#include "common/import/import_progress.h"

enum import_pipe { PIPE_ENTRIES, PIPE_COUNTED, PIPE_PATHS, PIPE_TREE, PIPE_USAGE, IMPORT_PIPES };

struct import_child {
	const char **args; /* NULL at the end; texts are not copied */
	size_t arg_count;
	struct process process;
	bool started, ended;
	bool stopped;      /* it was us who ended it */
	bool late;         /* it ended when the failure of another had been noticed */
	int status;        /* as waitpid(2) gives it */
	int errors;        /* its stderr; -1: closed */
	struct buf said;   /* on it, and not shown yet */
	double spoke;      /* when it said the first of that */
};

struct import_stages {
	struct import_progress progress;
	struct import_child child[IMPORT_STAGES];
	bool talkative;
	int watch;        /* see import_watch.h */
	int reports[2];   /* the pipe of machine lines */
	struct buf heard; /* the beginning of one */
	int pipe[IMPORT_PIPES][2]; /* between the programs; -1: closed here */
	bool failed, noticed;
};

/*
 * The programs are in $TREETALLY_BUILD, else beside this one, else in PATH. Dies (4) if one is not
 * there. With `reports` they tell where they are; progress must be set up before.
 */
void import_stages_init(struct import_stages *s, bool reports);

/* One more argument. */
void import_stages_add(struct import_stages *s, enum import_stage stage, const char *arg);

/*
 * Run them all. Returns 0 when all have ended, or the signal that came; then they run on until
 * the program ends.
 */
int import_stages_run(struct import_stages *s);

/*
 * The program whose failure is the cause of the others', whose words are shown now; -1: all went
 * well.
 */
int import_stages_blamed(struct import_stages *s);

#endif
