/* SPDX-License-Identifier: MIT */
#include "common/log/log_source.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/fd.h"
#include "common/base/file_use.h"

/*
 * Only programs that tell when something follows the last member that they understand: a member
 * with a damaged head is taken for that, and all behind it is lost. pigz and lbzip2 say nothing;
 * bzip2 says so on standard error and ends with status 0.
 */
#define MAX_PROGRAMS 2
static const struct compression {
	const char *name, *package; /* Debian's, of the last program, which is always enough */
	size_t magic_len;
	unsigned char magic[6];
	const char *programs[MAX_PROGRAMS][5]; /* the first that is installed is used */
} compressions[] = {
	{ "gzip", "gzip", 2, { 0x1f, 0x8b }, { { "gzip", "-dc" } } },
	{ "bzip2", "bzip2", 3, "BZh", { { "pbzip2", "-dc" }, { "bzip2", "-dc" } } },
	{ "xz", "xz-utils", 6, { 0xfd, '7', 'z', 'X', 'Z', 0 }, { { "xz", "-dc", "-T0" } } },
	{ "lzma", "xz-utils", 3, { 0x5d, 0, 0 }, { { "xz", "-dc" } } },
	{ "lz4", "lz4", 4, { 0x04, 0x22, 0x4d, 0x18 }, { { "lz4", "-dcq" } } },
};

/*
 * All that a decompressor gets of our environment: how it and its libraries are found. The rest
 * is full of options: XZ_DEFAULTS=--single-stream gives the first member only, with status 0.
 */
static const char *const environment[] = { "PATH", "LD_LIBRARY_PATH", "LC_ALL=C", NULL };

/* "BZh" could begin a text; then comes a digit, and a block (31 hex) or the end (17 hex). */
static bool is_bzip2(const unsigned char *bytes)
{
	return bytes[3] >= '1' && bytes[3] <= '9' && (bytes[4] == 0x31 || bytes[4] == 0x17);
}

/* A frame, or one to be skipped, with which files of pzstd begin. */
static bool is_zstd(const unsigned char *bytes, size_t len)
{
	static const unsigned char magic[] = { 0x28, 0xb5, 0x2f, 0xfd }, skip[] = { 0x2a, 0x4d, 0x18 };

	return len >= LOG_SOURCE_PEEK &&
	       (!memcmp(bytes, magic, sizeof(magic)) ||
		(bytes[0] >> 4 == 5 && !memcmp(bytes + 1, skip, sizeof(skip))));
}

static const struct compression *detect(const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < sizeof(compressions) / sizeof(compressions[0]); i++) {
		const struct compression *c = &compressions[i];

		if (len < LOG_SOURCE_PEEK || memcmp(bytes, c->magic, c->magic_len))
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

	if (is_stdin(operand)) {
		file_use_open(FILE_INPUT, "standard input", STDIN_FILENO);
		return;
	}
	if (faccessat(AT_FDCWD, operand, R_OK, AT_EACCESS) || stat(operand, &st))
		die_errno("cannot open %s", operand);
	if (S_ISDIR(st.st_mode))
		die(EXIT_SYSTEM, "cannot read %s: it is a directory", operand);
	file_use_name(FILE_INPUT, operand, NULL);
}

uint64_t log_source_size(const char *operand)
{
	struct stat st;
	int failed = is_stdin(operand) ? fstat(STDIN_FILENO, &st) : stat(operand, &st);

	return failed || !S_ISREG(st.st_mode) ? 0 : (uint64_t)st.st_size;
}

static size_t read_full(struct log_source *s, int fd, void *data, size_t len)
{
	ssize_t n = fd_read_full(fd, data, len);

	if (n < 0)
		die_errno("cannot read %s", s->name);
	return (size_t)n;
}

/* Look at the first bytes: those of a pipe are taken off it into s->peeked. */
static size_t peek(struct log_source *s)
{
	off_t at = lseek(s->fd, 0, SEEK_CUR);
	size_t have = read_full(s, s->fd, s->peeked, LOG_SOURCE_PEEK);
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

/* Start a program between descriptors of ours. False when it is not installed. */
static bool start(struct log_source *s, struct process *child, const char *const *argv, int in,
		  int out)
{
	return process_start(child, &(struct process_options){ .argv = argv, .in = in, .out = out,
							       .err = s->complaints,
							       .environment = environment });
}

/*
 * The bytes that were taken off a pipe go into a new one, which is large enough to hold them at
 * once, and cat(1) brings the rest. Returns the end to read.
 */
static int feed_from_start(struct log_source *s)
{
	static const char *const cat[] = { "cat", NULL };
	int ends[2];

	fd_pipe(ends);
	if (!fd_write(ends[1], s->peeked, s->peeked_len))
		die_errno("cannot write to a pipe");
	if (!start(s, &s->feeder, cat, s->fd, ends[1]))
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
	bool started = false;
	int ends[2];

	s->complaints = memfd_create("complaints", MFD_CLOEXEC);
	if (s->complaints < 0)
		die_errno("cannot make a file in memory");
	s->packed = s->file < 0 ? feed_from_start(s) : s->file;
	fd_pipe(ends);
	for (size_t i = 0; i < MAX_PROGRAMS && c->programs[i][0] && !started; i++) {
		usual = c->programs[i][0];
		started = start(s, &s->decompressor, c->programs[i], s->packed, ends[1]);
	}
	if (!started)
		die(EXIT_SYSTEM, "%s: is compressed (%s), and the program %s is not there "
		    "(Debian's package: %s)",
		    s->name, c->name, usual, c->package);
	close(ends[1]);
	s->fd = ends[0];
}

void log_source_open(struct log_source *s, const char *operand, unsigned threads, uint64_t memory)
{
	const struct compression *c;
	size_t len;

	*s = (struct log_source){ .name = operand, .file = -1, .packed = -1, .complaints = -1 };
	if (is_stdin(operand)) {
		s->name = "standard input";
		s->fd = STDIN_FILENO;
	} else {
		s->fd = open(operand, O_RDONLY | O_CLOEXEC);
		if (s->fd < 0)
			die_errno("cannot open %s", operand);
	}
	fd_widen_pipe(s->fd);
	len = peek(s);
	if (is_zstd(s->peeked, len)) {
		s->zstd = log_zstd_open(s->name, s->fd, s->peeked, s->peeked_len, threads, memory);
		return;
	}
	c = detect(s->peeked, len);
	if (c)
		decompress(s, c);
}

/* Hand on what the children have said; true if it was anything. */
static bool repeat_complaints(const struct log_source *s)
{
	char text[4096];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(s->complaints, text, sizeof(text), at)) > 0) {
		fwrite(text, 1, (size_t)n, stderr);
		at += n;
	}
	return at > 0;
}

/*
 * The decompressor has failed. Was it cut off by its feeder's end? One that still runs ends by the
 * signal that it gets here, or by SIGPIPE, and by no other.
 */
static void blame_feeder(struct log_source *s)
{
	int status;

	if (!s->feeder.pid)
		return;
	process_signal(&s->feeder, SIGUSR1);
	status = process_wait(&s->feeder);
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGUSR1 && WTERMSIG(status) != SIGPIPE)
		die(EXIT_SYSTEM, "%s: %s %s", s->name, s->feeder.name, process_failure(status));
}

static void check_child(struct log_source *s, struct process *child)
{
	int status = process_wait(child);
	bool complained = repeat_complaints(s);

	if (status && child == &s->decompressor)
		blame_feeder(s);
	if (status)
		die(WIFSIGNALED(status) ? EXIT_SYSTEM : EXIT_INPUT, "%s: %s %s", s->name,
		    child->name, process_failure(status));
	if (complained)
		die(EXIT_INPUT, "%s: %s complained, so the text may not be whole", s->name,
		    child->name);
}

/* Status 0 proves nothing about bytes that were never looked at. */
static void check_packed_end(struct log_source *s)
{
	char byte;

	if (read_full(s, s->packed, &byte, 1))
		die(EXIT_INPUT, "%s: %s has left bytes at the end unread", s->name,
		    s->decompressor.name);
}

/* In this order: the feeder waits for whoever reads what it brings. */
static void check_children(struct log_source *s)
{
	if (!s->decompressor.pid)
		return;
	check_child(s, &s->decompressor);
	check_packed_end(s);
	if (s->feeder.pid) {
		close(s->packed);
		check_child(s, &s->feeder);
	}
	close(s->complaints);
}

/* Of a pipe, what was taken off it comes first. */
static size_t read_text(struct log_source *s, void *data, size_t len)
{
	size_t have = s->peeked_len < len ? s->peeked_len : len;

	memcpy(data, s->peeked, have);
	memmove(s->peeked, s->peeked + have, s->peeked_len - have);
	s->peeked_len -= have;
	return have + read_full(s, s->fd, (char *)data + have, len - have);
}

size_t log_source_read(struct log_source *s, void *data, size_t len)
{
	size_t have;

	if (s->ended)
		return 0;
	have = s->zstd ? log_zstd_read(s->zstd, data, len) : read_text(s, data, len);
	s->text += have;
	if (have < len) {
		s->ended = true;
		check_children(s);
	}
	return have;
}

int64_t log_source_offset(const struct log_source *s)
{
	bool plain = s->file >= 0 && s->file == s->fd && !s->zstd;

	return plain && !s->ended ? lseek(s->fd, 0, SEEK_CUR) : -1;
}

size_t log_source_read_at(const struct log_source *s, void *data, size_t len, int64_t offset)
{
	ssize_t n = fd_read_at(s->fd, data, len, (uint64_t)offset);

	if (n < 0)
		die_errno("cannot read %s", s->name);
	return (size_t)n;
}

void log_source_skip_to(struct log_source *s, int64_t offset)
{
	if (lseek(s->fd, offset, SEEK_SET) < 0)
		die_errno("cannot read %s", s->name);
}

uint64_t log_source_position(const struct log_source *s)
{
	off_t at = s->file < 0 ? -1 : lseek(s->file, 0, SEEK_CUR);

	return at < 0 ? s->text : (uint64_t)at;
}

void log_source_close(struct log_source *s)
{
	if (s->zstd)
		log_zstd_close(s->zstd);
	if (s->file >= 0 && s->file != s->fd && s->file != STDIN_FILENO)
		close(s->file);
	if (s->fd != STDIN_FILENO)
		close(s->fd);
	*s = (struct log_source){ .fd = -1, .file = -1 };
}
