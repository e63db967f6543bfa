#include "common/db/db_holder.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where SQLite's unix locks are: the pending and the reserved byte, and those of readers. */
#define LOCK_FIRST 0x40000000
#define LOCK_BYTES 512

/* The process that is in the way of a writer; 0: none that has a number here. */
static pid_t find_holder(const char *database)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_FIRST, .l_len = LOCK_BYTES
	};
	int fd = open(database, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fcntl(fd, F_GETLK, &lock) || lock.l_type == F_UNLCK || lock.l_pid <= 0)
		return 0;
	return lock.l_pid;
}

/* Field 22 of /proc/PID/stat: clock ticks from the start of the machine to that of the process. */
static bool started_at(const char *stat, time_t *seconds)
{
	const char *at = strrchr(stat, ')'); /* the name before it may hold anything */
	struct timespec now, up;

	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at || clock_gettime(CLOCK_REALTIME, &now) || clock_gettime(CLOCK_BOOTTIME, &up))
		return false;
	*seconds = now.tv_sec - up.tv_sec +
		   (time_t)(strtoull(at, NULL, 10) / (uint64_t)sysconf(_SC_CLK_TCK));
	return true;
}

void holder_add(struct buf *out, const char *database)
{
	pid_t pid = find_holder(database);
	char path[40], text[1024] = "", *name, *end, since[40];
	struct stat st;
	struct tm local;
	time_t start;
	ssize_t len;
	int fd;

	if (!pid)
		return;
	buf_printf(out, ": process %d", (int)pid);
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	len = read(fd, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	name = strchr(text, '(');
	end = strrchr(text, ')');
	if (name && end && !fstat(fd, &st))
		buf_printf(out, " %.*s of uid %u", (int)(end - name + 1), name, st.st_uid);
	if (started_at(text, &start) && localtime_r(&start, &local) &&
	    strftime(since, sizeof(since), "%Y-%m-%d %H:%M:%S", &local))
		buf_printf(out, ", since %s", since);
	close(fd);
}
