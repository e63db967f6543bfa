/* SPDX-License-Identifier: MIT */
#include "common/base/input.h"

#include <fcntl.h>
#include <unistd.h>

#include "common/base/fd.h"
#include "common/base/file_use.h"

/* The first read is small, so that a thousand open shards cost little; then whole blocks. */
#define READ_FIRST 4096
#define READ_SIZE (128u << 10)

void input_open(struct input *in, const char *name)
{
	bool is_stdin = !name || strcmp(name, "-") == 0;

	*in = (struct input){ .name = xstrdup(is_stdin ? "standard input" : name) };
	if (is_stdin)
		file_use_open(FILE_INPUT, in->name, STDIN_FILENO);
	else
		file_use_name(FILE_INPUT, name, NULL);
	in->fd = is_stdin ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0)
		die_errno("cannot open %s", name);
	if (isatty(in->fd))
		die(EXIT_USAGE, "%s is a terminal; give a stream or try '%s --help'", in->name,
		    program_invocation_short_name);
	fd_widen_pipe(in->fd);
}

size_t input_fill(struct input *in, size_t need)
{
	while (in->bytes.len - in->at < need && !in->at_eof) {
		size_t have = in->bytes.len - in->at, want = in->offset ? READ_SIZE : READ_FIRST;
		ssize_t n;

		if (in->at) {
			memmove(in->bytes.data, in->bytes.data + in->at, have);
			in->bytes.len = have;
			in->at = 0;
		}
		if (want < need - have)
			want = need - have;
		n = fd_read(in->fd, buf_reserve(&in->bytes, want), want);
		if (n < 0)
			die_errno("cannot read %s", in->name);
		in->at_eof = n == 0;
		in->bytes.len += (size_t)n;
	}
	return in->bytes.len - in->at;
}

void input_consume(struct input *in, size_t len)
{
	in->at += len;
	in->offset += len;
}

void input_leave(struct input *in, struct buf *bytes)
{
	struct buf left = in->bytes;

	bytes->len = 0;
	buf_add(bytes, left.data + in->at, left.len - in->at);
	in->bytes = *bytes;
	in->at = 0;
	*bytes = left;
}

enum input_line input_line(struct input *in, size_t max, char **line, size_t *len)
{
	size_t seen = 0, have = in->bytes.len - in->at;
	char *end;

	for (;;) {
		end = have > seen ?
			memchr(in->bytes.data + in->at + seen, '\n', have - seen) : NULL;
		if (end)
			break;
		if (have > max)
			return INPUT_TOO_LONG;
		seen = have;
		have = input_fill(in, have + 1);
		if (have == seen)
			return have ? INPUT_CUT : INPUT_END;
	}
	*end = '\0';
	*line = (char *)in->bytes.data + in->at;
	*len = (size_t)(end - *line);
	input_consume(in, *len + 1);
	return INPUT_LINE;
}

void input_close(struct input *in)
{
	if (in->fd > STDERR_FILENO)
		close(in->fd);
	buf_release(&in->bytes);
	free(in->name);
	*in = (struct input){ .fd = -1 };
}
