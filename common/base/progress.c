/* SPDX-License-Identifier: MIT */
#include "common/base/progress.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/outfile.h"

static double seconds_between(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) + (double)(to->tv_nsec - from->tv_nsec) / 1e9;
}

void progress_init(struct progress *p, bool on, const char *file)
{
	*p = (struct progress){
		.on = on, .machine = file != NULL, .fd = STDERR_FILENO, .phase = ""
	};
	if (!on)
		return;
	if (file) {
		if (!outfile_descriptor(file, &p->fd)) {
			p->fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
			file_use_open(FILE_OUTPUT, file, p->fd);
		}
		if (p->fd < 0)
			die_errno("cannot open %s", file);
	}
	p->terminal = !file && isatty(p->fd);
	clock_gettime(CLOCK_MONOTONIC, &p->born);
}

static void report(struct progress *p)
{
	struct timespec now;
	char text[256];
	int n;

	clock_gettime(CLOCK_MONOTONIC, &now);
	p->last = now;
	if (p->machine)
		n = snprintf(text, sizeof(text),
			     "%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t%s\t%" PRIu64 "\n",
			     program_invocation_short_name, p->phase, p->done, p->total, p->unit,
			     p->lines);
	else if (p->total)
		n = snprintf(text, sizeof(text),
			     "%s%s: %s: %" PRIu64 " of %" PRIu64 " %s (%.0f %%), %.0f s%s",
			     p->terminal ? "\r" : "", program_invocation_short_name, p->phase,
			     p->done, p->total, p->unit, 100.0 * (double)p->done / (double)p->total,
			     seconds_between(&p->started, &now), p->terminal ? "\033[K" : "\n");
	else
		n = snprintf(text, sizeof(text), "%s%s: %s: %" PRIu64 " %s, %.0f s%s",
			     p->terminal ? "\r" : "", program_invocation_short_name, p->phase,
			     p->done, p->unit, seconds_between(&p->started, &now),
			     p->terminal ? "\033[K" : "\n");
	if (write(p->fd, text, (size_t)n) < 0 && errno != EINTR && errno != EAGAIN)
		p->on = false;
}

void progress_phase(struct progress *p, const char *phase, const char *unit, uint64_t total)
{
	if (!p->on)
		return;
	if (*p->phase)
		report(p);
	clock_gettime(CLOCK_MONOTONIC, &p->started);
	p->phase = phase;
	p->unit = unit;
	p->total = total;
	p->done = p->lines = 0;
	report(p);
}

void progress_update(struct progress *p, uint64_t done, uint64_t lines)
{
	struct timespec now;

	if (!p->on)
		return;
	p->done = done;
	p->lines = lines;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (seconds_between(&p->last, &now) >= (p->machine || p->terminal ? 0.5 : 10.0))
		report(p);
}

static uint64_t cpu_ms(int who)
{
	struct rusage used = { 0 };

	getrusage(who, &used);
	return (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
	       (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
}

void progress_end(struct progress *p)
{
	struct timespec now;

	if (p->on && *p->phase)
		report(p);
	if (p->on && p->machine) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		p->phase = "end";
		p->unit = "ms";
		p->done = cpu_ms(RUSAGE_SELF);
		p->total = (uint64_t)(seconds_between(&p->born, &now) * 1e3);
		p->lines = cpu_ms(RUSAGE_CHILDREN);
		report(p);
	}
	if (p->on && p->terminal && write(p->fd, "\n", 1) < 0)
		p->on = false;
}
