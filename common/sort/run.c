/* SPDX-License-Identifier: MIT */
#include "common/sort/run.h"

#include "common/base/wire.h"

void run_begin(struct run_writer *w, struct spill *spill, size_t tail_len)
{
	*w = (struct run_writer){ .spill = spill,
				  .tail_len = tail_len,
				  .run = { .offset = spill->end } };
}

static bool all_zero(const unsigned char *bytes, size_t len)
{
	static const unsigned char zero[RUN_TAIL_MAX];

	return memcmp(bytes, zero, len) == 0;
}

static void flush(struct run_writer *w)
{
	spill_append(w->spill, w->out.data, w->out.len);
	w->run.length += w->out.len;
	w->out.len = 0;
}

void run_put(struct run_writer *w, const char *path, size_t len, const unsigned char *tail)
{
	size_t shared = path_common(path, len, w->path.data, w->path.len);
	bool empty = all_zero(tail, w->tail_len);
	unsigned char *to = buf_reserve(&w->out, 2 * VARINT_MAX + len + w->tail_len);

	to = put_varint(to, shared);
	to = put_varint(to, (len - shared) << 1 | empty);
	if (len > shared)
		memcpy(to, path + shared, len - shared);
	to += len - shared;
	if (!empty) {
		memcpy(to, tail, w->tail_len);
		to += w->tail_len;
	}
	w->out.len = (size_t)(to - w->out.data);
	w->path.len = shared;
	buf_add(&w->path, path + shared, len - shared);
	w->run.records++;
	if (w->out.len >= RUN_BUFFER)
		flush(w);
}

struct run run_end(struct run_writer *w)
{
	flush(w);
	buf_release(&w->out);
	buf_release(&w->path);
	return w->run;
}

void run_open(struct run_reader *r, struct spill *spill, size_t tail_len, const struct run *run,
	      size_t buffer_size)
{
	*r = (struct run_reader){
		.spill = spill,
		.tail_len = tail_len,
		.offset = run->offset,
		.left = run->length,
		.records_left = run->records,
		.buffer_size = buffer_size,
		.buffer = xmalloc(buffer_size),
	};
}

static void refill(struct run_reader *r)
{
	size_t n = r->left < r->buffer_size ? (size_t)r->left : r->buffer_size;

	if (!n)
		die(EXIT_SYSTEM, "spill file in %s ends inside a record", r->spill->dir);
	spill_read(r->spill, r->offset, r->buffer, n);
	spill_discard(r->spill, r->offset, n);
	r->offset += n;
	r->left -= n;
	r->at = 0;
	r->have = n;
}

static void read_bytes(struct run_reader *r, unsigned char *to, size_t len)
{
	while (len) {
		size_t n = r->have - r->at;

		if (!n) {
			refill(r);
			continue;
		}
		if (n > len)
			n = len;
		memcpy(to, r->buffer + r->at, n);
		r->at += n;
		to += n;
		len -= n;
	}
}

static uint64_t read_varint(struct run_reader *r)
{
	unsigned char bytes[VARINT_MAX];
	struct wire_in in = { bytes, bytes, false };
	size_t n = 0;

	do
		read_bytes(r, &bytes[n], 1);
	while (bytes[n++] >= 0x80 && n < VARINT_MAX);
	in.end = bytes + n;
	return get_varint(&in);
}

bool run_next(struct run_reader *r)
{
	uint64_t shared, more;
	bool empty;

	if (!r->records_left)
		return false;
	r->records_left--;
	shared = read_varint(r);
	more = read_varint(r);
	empty = more & 1;
	more >>= 1;
	if (shared > r->path.len || shared + more > RUN_PATH_MAX)
		die(EXIT_SYSTEM, "spill file in %s does not hold what was written to it",
		    r->spill->dir);
	r->path.len = shared;
	read_bytes(r, buf_reserve(&r->path, more), more);
	r->path.len += more;
	if (empty)
		memset(r->tail, 0, r->tail_len);
	else
		read_bytes(r, r->tail, r->tail_len);
	return true;
}

void run_close(struct run_reader *r)
{
	free(r->buffer);
	buf_release(&r->path);
}
