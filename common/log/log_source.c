#include "common/log/log_source.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/fd.h"

extern char **environ;

#define MAX_PROGRAMS 3
static const struct compression {
	const char *name, *package; /* Debian's, of the last program, which is always enough */
	size_t magic_len;
	unsigned char magic[6];
	const char *programs[MAX_PROGRAMS][5]; /* the first that is installed is used */
} compressions[] = {
	{ "gzip", "gzip", 2, { 0x1f, 0x8b }, { { "pigz", "-dc" }, { "gzip", "-dc" } } },
	{ "bzip2", "bzip2", 3, "BZh",
	  { { "lbzip2", "-dc" }, { "pbzip2", "-dc" }, { "bzip2", "-dc" } } },
	{ "xz", "xz-utils", 6, { 0xfd, '7', 'z', 'X', 'Z', 0 }, { { "xz", "-dc", "-T0" } } },
	{ "lzma", "xz-utils", 3, { 0x5d, 0, 0 }, { { "xz", "-dc" } } },
	/* --long: logs packed with a large window are read too. */
	{ "zstd", "zstd", 4, { 0x28, 0xb5, 0x2f, 0xfd }, { { "zstd", "-dcq", "--long=31" } } },
	{ "lz4", "lz4", 4, { 0x04, 0x22, 0x4d, 0x18 }, { { "lz4", "-dcq" } } },
};

/* "BZh" could begin a text; then comes a digit, and a block (31 hex) or the end (17 hex). */
static bool is_bzip2(const unsigned char *bytes)
{
	return bytes[3] >= '1' && bytes[3] <= '9' && (bytes[4] == 0x31 || bytes[4] == 0x17);
}

static const struct compression *detect(const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < sizeof(compressions) / sizeof(compressions[0]); i++) {
		const struct compression *c = &compressions[i];

		if (len < LOGSOURCE_PEEK || memcmp(bytes, c->magic, c->magic_len))
			continue;
		if (c->magic[0] != 'B' || is_bzip2(bytes))
			return c;
	}
	return NULL;
}

static bool is_stdin(const char *operand)
{
	return strcmp(operand, "-") == 0;
}

void log_source_check(const char *operand)
{
	struct stat st;

	if (is_stdin(operand))
		return;
	if (faccessat(AT_FDCWD, operand, R_OK, AT_EACCESS) || stat(operand, &st))
		die_errno("cannot open %s", operand);
	if (S_ISDIR(st.st_mode))
		die(EXIT_SYSTEM, "cannot read %s: it is a directory", operand);
}

uint64_t log_source_size(const char *operand)
{
	struct stat st;
	int failed = is_stdin(operand) ? fstat(STDIN_FILENO, &st) : stat(operand, &st);

	return failed || !S_ISREG(st.st_mode) ? 0 : (uint64_t)st.st_size;
}

/* read(2) until `len` bytes are there or the end. */
static size_t read_full(struct log_source *s, int fd, void *data, size_t len)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = read(fd, (char *)data + have, len - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die_errno("cannot read %s", s->name);
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return have;
}

/* Look at the first bytes: those of a pipe are taken off it into s->peeked. */
static size_t peek(struct log_source *s)
{
	off_t at = lseek(s->fd, 0, SEEK_CUR);
	size_t have = read_full(s, s->fd, s->peeked, LOGSOURCE_PEEK);
	struct stat st;

	if (at < 0 || fstat(s->fd, &st) || !S_ISREG(st.st_mode)) {
		s->peeked_len = have;
		return have;
	}
	s->file = s->fd;
	if (lseek(s->fd, at, SEEK_SET) < 0)
		die_errno("cannot read %s", s->name);
	posix_fadvise(s->fd, at, 0, POSIX_FADV_SEQUENTIAL);
	return have;
}

/* Start a program between two descriptors of ours. False when it is not installed. */
static bool spawn(struct log_source *s, pid_t *pid, const char *const *argv, int in, int out)
{
	posix_spawn_file_actions_t actions;
	int err;

	err = posix_spawn_file_actions_init(&actions);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (!err)
		err = posix_spawnp(pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err == ENOENT)
		return false;
	if (err) {
		errno = err;
		die_errno("%s: cannot run %s", s->name, argv[0]);
	}
	return true;
}

static void make_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC))
		die_errno("cannot make a pipe");
	fd_widen_pipe(ends[1]);
}

/*
 * The bytes that were taken off a pipe go into a new one, which is large enough to hold them at
 * once, and cat(1) brings the rest. Returns the end to read.
 */
static int feed_from_start(struct log_source *s)
{
	static const char *const cat[] = { "cat", NULL };
	int ends[2];

	make_pipe(ends);
	for (size_t at = 0; at < s->peeked_len;) {
		ssize_t n = write(ends[1], s->peeked + at, s->peeked_len - at);

		if (n < 0 && errno != EINTR)
			die_errno("cannot write to a pipe");
		at += n > 0 ? (size_t)n : 0;
	}
	if (!spawn(s, &s->feeder, cat, s->fd, ends[1]))
		die(EXIT_SYSTEM, "%s: the program cat is not there", s->name);
	close(ends[1]);
	if (s->fd != STDIN_FILENO)
		close(s->fd);
	s->peeked_len = 0;
	return ends[0];
}

/* Put the decompressor between the operand and s->fd. */
static void decompress(struct log_source *s, const struct compression *c)
{
	const char *usual = NULL;
	int ends[2], in = s->file < 0 ? feed_from_start(s) : s->file;

	make_pipe(ends);
	for (size_t i = 0; i < MAX_PROGRAMS && c->programs[i][0] && !s->program; i++) {
		usual = c->programs[i][0];
		if (spawn(s, &s->decompressor, c->programs[i], in, ends[1]))
			s->program = usual;
	}
	if (!s->program)
		die(EXIT_SYSTEM, "%s: is compressed (%s), and the program %s is not there "
		    "(Debian's package: %s)",
		    s->name, c->name, usual, c->package);
	close(ends[1]);
	if (s->file < 0)
		close(in);
	s->fd = ends[0];
}

void log_source_open(struct log_source *s, const char *operand)
{
	const struct compression *c;

	*s = (struct log_source){ .name = operand, .file = -1 };
	if (is_stdin(operand)) {
		s->name = "standard input";
		s->fd = STDIN_FILENO;
	} else {
		s->fd = open(operand, O_RDONLY | O_CLOEXEC);
		if (s->fd < 0)
			die_errno("cannot open %s", operand);
	}
	fd_widen_pipe(s->fd);
	c = detect(s->peeked, peek(s));
	if (c)
		decompress(s, c);
}

static void check_child(struct log_source *s, pid_t pid, const char *program, bool pipe_is_fine)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			die_errno("cannot wait for %s", program);
	}
	if (WIFSIGNALED(status) && !(pipe_is_fine && WTERMSIG(status) == SIGPIPE))
		die(EXIT_SYSTEM, "%s: %s was killed by signal %d", s->name, program,
		    WTERMSIG(status));
	if (WIFEXITED(status) && WEXITSTATUS(status))
		die(EXIT_INPUT, "%s: %s failed with status %d", s->name, program,
		    WEXITSTATUS(status));
}

/* A feeder may be cut off by a decompressor that has seen the end of what it understands. */
static void check_children(struct log_source *s)
{
	if (s->decompressor)
		check_child(s, s->decompressor, s->program, false);
	if (s->feeder)
		check_child(s, s->feeder, "cat", true);
	s->decompressor = s->feeder = 0;
}

size_t log_source_read(struct log_source *s, void *data, size_t len)
{
	size_t have = 0;

	if (s->ended)
		return 0;
	if (s->peeked_len && s->file < 0) {
		have = s->peeked_len < len ? s->peeked_len : len;
		memcpy(data, s->peeked, have);
		memmove(s->peeked, s->peeked + have, s->peeked_len - have);
		s->peeked_len -= have;
	}
	have += read_full(s, s->fd, (char *)data + have, len - have);
	s->text += have;
	if (have < len) {
		s->ended = true;
		check_children(s);
	}
	return have;
}

uint64_t log_source_position(const struct log_source *s)
{
	off_t at = s->file < 0 ? -1 : lseek(s->file, 0, SEEK_CUR);

	return at < 0 ? s->text : (uint64_t)at;
}

void log_source_close(struct log_source *s)
{
	if (s->file >= 0 && s->file != s->fd && s->file != STDIN_FILENO)
		close(s->file);
	if (s->fd != STDIN_FILENO)
		close(s->fd);
	*s = (struct log_source){ .fd = -1, .file = -1 };
}
