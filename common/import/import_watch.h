/* SPDX-License-Identifier: MIT */
/*
 * import_watch - the signals that end an import, which has programs to end and a place to leave as
 * it was.
 */
#ifndef TREETALLY_IMPORT_WATCH_H
#define TREETALLY_IMPORT_WATCH_H

/*
 * From now on SIGINT, SIGTERM and SIGHUP wait in the descriptor that is returned, except those that
 * our parent lets us ignore, and SIGPIPE does nothing.
 */
int import_watch(void);

/* The next of them; 0: none yet. */
int import_watch_next(int watch);

#endif
