/* SPDX-License-Identifier: MIT */
#include "common/log/log_zstd.h"

#include <zstd.h>
#include <zstd_errors.h>

#include "common/base/buf.h"
#include "common/base/fd.h"
#include "common/base/pool.h"

#define PIECE (256u << 10)     /* bytes that are read at once */
#define STEP (128u << 10)      /* bytes unpacked at once: as near as damage can be told */
#define PACKED_MAX (2u << 20)  /* bytes of a run */
#define TEXT_MAX (8256u << 10) /* bytes of text of a run: a frame of pzstd -3 has 8 MiB */
#define RUN_MEMORY (12u << 20) /* bytes: both, and a decoder */
#define OWN_MEMORY (4u << 20)  /* bytes of what is read, when there are runs */
#define SMALL (4u << 10)       /* bytes of a run to which any frame is added */

struct packed {
	struct buf bytes;
	size_t at;       /* those before are done with */
	uint64_t offset; /* of bytes.data[at] in the log */
};

/* Whole frames for a thread. */
struct run {
	struct packed in;
	ZSTD_DCtx *decoder;
	char *text;
	size_t len, given;
	bool unpacked; /* else something is wrong, or there is more text than fits */
};

struct log_zstd {
	const char *name;
	int fd;
	struct packed in;   /* read, and not yet unpacked or part of a run */
	ZSTD_DCtx *decoder; /* the caller's own */
	bool inside;        /* it is inside a frame, ... */
	uint64_t frame;     /* which begins here in the log */
	unsigned threads;   /* for runs; 0: there are none */
	struct pool *pool;  /* NULL: not started */
	struct run *runs, **idle, *current;
	size_t run_count, idle_count;
};

static ZSTD_DCtx *new_decoder(void)
{
	ZSTD_DCtx *decoder = ZSTD_createDCtx();

	if (!decoder)
		die(EXIT_SYSTEM, "out of memory");
	return decoder;
}

static size_t bytes_left(const struct packed *p)
{
	return p->bytes.len - p->at;
}

static void skip(struct packed *p, size_t len)
{
	p->at += len;
	p->offset += len;
}

/* False at the end. */
static bool read_more(struct log_zstd *z)
{
	struct packed *p = &z->in;
	size_t left = bytes_left(p);
	ssize_t n;

	if (p->at && left)
		memmove(p->bytes.data, p->bytes.data + p->at, left);
	p->at = 0;
	p->bytes.len = left;
	n = fd_read(z->fd, buf_reserve(&p->bytes, PIECE), PIECE);
	if (n < 0)
		die_errno("cannot read %s", z->name);
	p->bytes.len += (size_t)n;
	return n;
}

/* ---- frames as they are read ---- */

static NORETURN void die_of(const struct log_zstd *z, const struct packed *p, size_t error)
{
	if (ZSTD_getErrorCode(error) == ZSTD_error_memory_allocation)
		die(EXIT_SYSTEM, "%s: out of memory: the zstd frame at byte %" PRIu64 " needs a large "
		    "window", z->name, z->frame);
	die(EXIT_INPUT, "%s: is damaged near byte %" PRIu64 ", in the zstd frame that begins at byte %"
	    PRIu64 ": %s", z->name, p->offset, z->frame, ZSTD_getErrorName(error));
}

/* Some of the frame that stands next in `p`, or all of it. */
static void unpack_some(struct log_zstd *z, struct packed *p, ZSTD_outBuffer *out)
{
	size_t left = bytes_left(p), before = out->pos, more;
	ZSTD_inBuffer in = { p->bytes.data + p->at, left < STEP ? left : STEP, 0 };

	if (!z->inside)
		z->frame = p->offset;
	more = ZSTD_decompressStream(z->decoder, out, &in);
	if (ZSTD_isError(more))
		die_of(z, p, more);
	skip(p, in.pos);
	z->inside = more;
	if (more && !bytes_left(p) && out->pos == before && (p != &z->in || !read_more(z)))
		die(EXIT_INPUT, "%s: ends at byte %" PRIu64 ", inside the zstd frame that begins at "
		    "byte %" PRIu64, z->name, p->offset, z->frame);
}

/* ---- runs of frames ---- */

/* In a thread. A decoder that knows where all of the text goes needs no window. */
static void unpack_run(void *arg, unsigned worker, void *item)
{
	struct run *run = item;
	size_t len = ZSTD_decompressDCtx(run->decoder, run->text, TEXT_MAX, run->in.bytes.data,
					 run->in.bytes.len);

	(void)arg;
	(void)worker;
	run->unpacked = !ZSTD_isError(len);
	run->len = len;
	run->given = 0;
}

/*
 * Bytes of the frame that follows `ahead` bytes; 0: it is not whole, or too large. Only for the
 * first one more is read.
 */
static size_t next_frame(struct log_zstd *z, size_t ahead)
{
	size_t left, len;

	for (;;) {
		left = bytes_left(&z->in) - ahead;
		len = ZSTD_findFrameCompressedSize(z->in.bytes.data + z->in.at + ahead, left);
		if (!ZSTD_isError(len))
			return len <= PACKED_MAX ? len : 0;
		if (ZSTD_getErrorCode(len) != ZSTD_error_srcSize_wrong || ahead || left > PACKED_MAX ||
		    !read_more(z))
			return 0;
	}
}

/* One frame, or as many small ones as a piece has. */
static size_t measure_run(struct log_zstd *z)
{
	size_t len = 0, frame;

	while ((frame = next_frame(z, len)) && (len < SMALL || len + frame <= PIECE))
		len += frame;
	return len;
}

static void put_run(struct log_zstd *z, size_t len)
{
	struct run *run = z->idle[--z->idle_count];

	if (!run->decoder) {
		run->decoder = new_decoder();
		run->text = xmalloc_large(TEXT_MAX);
	}
	run->in = (struct packed){ .bytes = run->in.bytes, .offset = z->in.offset };
	run->in.bytes.len = 0;
	buf_add(&run->in.bytes, z->in.bytes.data + z->in.at, len);
	skip(&z->in, len);
	pool_put(z->pool, run);
}

static void start_pool(struct log_zstd *z)
{
	z->runs = xcalloc(z->run_count, sizeof(*z->runs));
	z->idle = xcalloc(z->run_count, sizeof(*z->idle));
	for (size_t i = 0; i < z->run_count; i++)
		z->idle[z->idle_count++] = &z->runs[i];
	z->pool = pool_start(z->threads, z->run_count, unpack_run, NULL);
}

/* A log that is a single run needs no threads: many logs are small. */
static bool worth_threads(struct log_zstd *z, size_t len)
{
	return len && (bytes_left(&z->in) > len || read_more(z));
}

/* Give threads as much as they can take. */
static void put_runs(struct log_zstd *z)
{
	size_t len;

	if (z->threads && !z->pool && worth_threads(z, measure_run(z)))
		start_pool(z);
	while (z->threads && z->idle_count && (len = measure_run(z)))
		put_run(z, len);
}

static void stop_runs(struct log_zstd *z)
{
	if (!z->pool)
		return;
	while (pool_take(z->pool, true))
		;
	pool_stop(z->pool);
	for (size_t i = 0; i < z->run_count; i++) {
		ZSTD_freeDCtx(z->runs[i].decoder);
		free(z->runs[i].text);
		buf_release(&z->runs[i].in.bytes);
	}
	free(z->runs);
	free(z->idle);
}

/* Text of the run that is next. What its thread could not unpack is told when we try. */
static void give_run(struct log_zstd *z, ZSTD_outBuffer *out)
{
	struct run *run = z->current;
	size_t len = run->len - run->given, room = out->size - out->pos;

	if (run->unpacked) {
		len = len < room ? len : room;
		memcpy((char *)out->dst + out->pos, run->text + run->given, len);
		out->pos += len;
		run->given += len;
		if (run->given < run->len)
			return;
	} else {
		z->threads = 0; /* frames have too much text, or are damaged */
		unpack_some(z, &run->in, out);
		if (z->inside || bytes_left(&run->in))
			return;
	}
	z->idle[z->idle_count++] = run;
	z->current = NULL;
}

/* ---- both ---- */

/* Some text, or a step towards it; false at the end. */
static bool advance(struct log_zstd *z, ZSTD_outBuffer *out)
{
	if (z->current) {
		give_run(z, out);
		return true;
	}
	if (!z->inside) {
		put_runs(z);
		z->current = z->pool ? pool_take(z->pool, true) : NULL;
		if (z->current)
			return true;
	}
	if (!z->inside && !bytes_left(&z->in) && !read_more(z))
		return false;
	unpack_some(z, &z->in, out);
	return true;
}

struct log_zstd *log_zstd_open(const char *name, int fd, const void *begin, size_t len,
			       unsigned threads, uint64_t memory)
{
	struct log_zstd *z = xcalloc(1, sizeof(*z));

	*z = (struct log_zstd){ .name = name, .fd = fd, .decoder = new_decoder() };
	ZSTD_DCtx_setParameter(z->decoder, ZSTD_d_windowLogMax,
			       ZSTD_dParam_getBounds(ZSTD_d_windowLogMax).upperBound);
	buf_reserve(&z->in.bytes, PIECE);
	buf_add(&z->in.bytes, begin, len);
	if (memory > OWN_MEMORY)
		z->run_count = (size_t)((memory - OWN_MEMORY) / RUN_MEMORY);
	if (z->run_count > threads + 1)
		z->run_count = threads + 1;
	z->threads = threads > 1 && z->run_count > 1 ? threads : 0;
	return z;
}

size_t log_zstd_read(struct log_zstd *z, void *data, size_t len)
{
	ZSTD_outBuffer out = { data, len, 0 };

	while (out.pos < len && advance(z, &out))
		;
	return out.pos;
}

void log_zstd_close(struct log_zstd *z)
{
	stop_runs(z);
	ZSTD_freeDCtx(z->decoder);
	buf_release(&z->in.bytes);
	free(z);
}

void log_zstd_about(void)
{
	printf("zstd %s\n", ZSTD_versionString());
}
