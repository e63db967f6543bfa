/* SPDX-License-Identifier: MIT */
#include "common/stream/stream_set.h"

void stream_set_open(struct stream_set *set, char *const *names, size_t count,
		     const struct stream_in_options *opt, bool force)
{
	bool stdin_used = false;

	*set = (struct stream_set){ .count = count ? count : 1, .force = force };
	set->streams = xcalloc(set->count, sizeof(*set->streams));
	for (size_t i = 0; i < set->count; i++) {
		struct stream_in *s = &set->streams[i];
		const char *name = count ? names[i] : "-", *differs;

		if (strcmp(name, "-") == 0) {
			if (stdin_used)
				die(EXIT_USAGE, "-: standard input can be read only once");
			stdin_used = true;
		}
		stream_in_open(s, name, opt);
		if (i == 0) {
			header_copy(&set->head, &s->head);
			continue;
		}
		differs = header_merge(&set->head, &s->head, force);
		if (differs)
			die(EXIT_INPUT, "%s: its %s is not that of %s%s", s->name, differs,
			    set->streams[0].name,
			    strcmp(differs, "file system") && strcmp(differs, "scan date")
				    ? ""
				    : " (--force takes both)");
	}
}

struct stream_in *stream_set_current(struct stream_set *set)
{
	return &set->streams[set->current];
}

bool stream_set_next(struct stream_set *set, struct block *b)
{
	while (!stream_in_next(stream_set_current(set), b)) {
		if (set->current + 1 == set->count) {
			stream_set_merge_ledgers(set);
			return false;
		}
		set->current++;
	}
	return true;
}

void stream_set_merge_ledgers(struct stream_set *set)
{
	const struct ledger_source *repeated;

	for (size_t i = 0; i < set->count; i++)
		ledger_merge(&set->ledger, &set->streams[i].ledger);
	repeated = ledger_repeated_source(&set->ledger);
	if (repeated && !set->force)
		die(EXIT_INPUT, "%s: the same lines came in twice (--force takes them twice)",
		    repeated->name);
}

void stream_set_close(struct stream_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		stream_in_close(&set->streams[i]);
	free(set->streams);
	header_release(&set->head);
	ledger_release(&set->ledger);
}
