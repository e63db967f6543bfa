/* SPDX-License-Identifier: MIT */
#include "common/import/import_watch.h"

#include <signal.h>

#include "common/base/process.h"

int import_watch(void)
{
	static const int all[] = { SIGINT, SIGTERM, SIGHUP };
	int heeded[sizeof(all) / sizeof(*all) + 1] = { 0 }, count = 0;
	struct sigaction action;
	sigset_t pipe_only;

	/* That nobody reads what we say is no reason to end. */
	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigprocmask(SIG_BLOCK, &pipe_only, NULL);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (!sigaction(all[i], NULL, &action) && action.sa_handler != SIG_IGN)
			heeded[count++] = all[i];
	}
	return process_watch(heeded);
}

int import_watch_next(int watch)
{
	int signal;

	do
		signal = process_watch_next(watch);
	while (signal == SIGCHLD);
	return signal;
}
