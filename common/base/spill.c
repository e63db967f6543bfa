/* SPDX-License-Identifier: MIT */
#include "common/base/spill.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "common/base/fd.h"

const char *spill_directory(const char *dir)
{
	const char *env = getenv("TMPDIR");

	if (dir)
		return dir;
	return env && *env ? env : "/var/tmp";
}

void spill_init(struct spill *s, const char *dir, bool quiet)
{
	*s = (struct spill){ .dir = xstrdup(spill_directory(dir)), .quiet = quiet, .fd = -1 };
}

static void open_file(struct spill *s)
{
	struct statfs fs;

	s->fd = open(s->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		char *name = xasprintf("%s/treetally.XXXXXX", s->dir);

		s->fd = mkostemp(name, O_CLOEXEC);
		if (s->fd >= 0 && unlink(name))
			die_errno("cannot unlink spill file %s", name);
		free(name);
	}
	if (s->fd < 0)
		die_errno("cannot create spill file in %s", s->dir);
	if (!s->quiet && fstatfs(s->fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC)
		warn("%s: is a tmpfs: what is spilled there takes memory; choose a disk with -T",
		     s->dir);
}

void spill_append(struct spill *s, const void *data, size_t len)
{
	if (s->fd < 0)
		open_file(s);
	if (!fd_write_at(s->fd, data, len, s->end))
		die_errno("cannot write spill file in %s", s->dir);
	s->written += len;
	s->end += len;
	if (s->end - s->freed > s->peak)
		s->peak = s->end - s->freed;
}

void spill_read(struct spill *s, uint64_t offset, void *data, size_t len)
{
	ssize_t n = fd_read_at(s->fd, data, len, offset);

	if (n < 0)
		die_errno("cannot read spill file in %s", s->dir);
	if ((size_t)n < len)
		die(EXIT_SYSTEM, "spill file in %s is shorter than what was written to it", s->dir);
}

void spill_discard(struct spill *s, uint64_t offset, uint64_t len)
{
	/* A file system that cannot punch holes only keeps the space until the end. */
	if (fallocate(s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
		      (off_t)len) == 0)
		s->freed += len;
}

void spill_release(struct spill *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->dir);
	*s = (struct spill){ .fd = -1 };
}
