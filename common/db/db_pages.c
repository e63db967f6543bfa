/* SPDX-License-Identifier: MIT */
#include "common/db/db_pages.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "common/base/fd.h"
#include "common/db/db_record.h"

/* The header of the file: offsets, and what we want there. */
enum {
	HEADER_PAGE_SIZE = 16, HEADER_WRITE_VERSION = 18, HEADER_READ_VERSION = 19,
	HEADER_RESERVED = 20, HEADER_CHANGES = 24, HEADER_PAGES = 28, HEADER_SCHEMA_FORMAT = 44,
	HEADER_LARGEST_ROOT = 52, HEADER_ENCODING = 56, HEADER_VALID_FOR = 92, HEADER_BYTES = 100,
};
#define ROLLBACK_JOURNAL 1
#define SCHEMA_FORMAT 4
#define ENCODING_UTF8 1

/* Bytes from here on are for locks; no page may hold them. */
#define LOCK_BYTE 0x40000000u
/* SQLite's own limit for the number of pages, until one sets another. */
#define PAGES_MOST 1073741823u

#define HASH_BYTES (256u << 10) /* at a time */
#define WRITE_BACK_BYTES (256u << 10) /* a piece of so many is on its way to the disk at once */

/* ---- the file ---- */

void db_pages_write(struct db_pages *f, const unsigned char *pages, uint32_t first,
		    uint32_t count)
{
	const size_t len = (size_t)count * f->page_size;
	const uint64_t at = (uint64_t)(first - 1) * f->page_size;

	if (!fd_write_at(f->fd, pages, len, at))
		die_errno("cannot write %s", f->name);
	/* The file will be synced; the disk may as well begin. What fails here fails again then. */
	if (len >= WRITE_BACK_BYTES)
		(void)sync_file_range(f->fd, (off_t)at, (off_t)len, SYNC_FILE_RANGE_WRITE);
}

static void read_at(struct db_pages *f, unsigned char *to, size_t len, uint64_t offset)
{
	ssize_t n = fd_read_at(f->fd, to, len, offset);

	if (n < 0)
		die_errno("cannot read %s", f->name);
	if ((size_t)n < len)
		die(EXIT_SYSTEM, "%s: has become shorter meanwhile", f->name);
}

static uint32_t lock_page(const struct db_pages *f)
{
	return LOCK_BYTE / f->page_size + 1;
}

uint32_t db_pages_take(struct db_pages *f)
{
	uint32_t number = ++f->count;

	if (number == lock_page(f))
		number = ++f->count;
	if (number > PAGES_MOST)
		die(EXIT_SYSTEM, "%s: is too large for SQLite", f->name);
	return number;
}

void db_pages_await(struct db_pages *f, unsigned turn)
{
	pthread_mutex_lock(&f->lock);
	while (f->turn < turn)
		pthread_cond_wait(&f->turned, &f->lock);
	pthread_mutex_unlock(&f->lock);
}

void db_pages_pass(struct db_pages *f, unsigned turn)
{
	db_pages_await(f, turn);
	pthread_mutex_lock(&f->lock);
	f->turn = turn + 1;
	pthread_cond_broadcast(&f->turned);
	pthread_mutex_unlock(&f->lock);
}

static const char *wrong_header(const unsigned char *h, unsigned page_size)
{
	/* 65,536 does not fit, and stands as 1. */
	if (get_be16(h + HEADER_PAGE_SIZE) != (page_size & 0xffff) + (page_size >> 16))
		return "pages of another size";
	if (h[HEADER_WRITE_VERSION] != ROLLBACK_JOURNAL || h[HEADER_READ_VERSION] != ROLLBACK_JOURNAL)
		return "a write-ahead log";
	if (h[HEADER_RESERVED])
		return "reserved bytes in its pages";
	if (get_be32(h + HEADER_LARGEST_ROOT))
		return "pages that are vacuumed by themselves";
	if (get_be32(h + HEADER_SCHEMA_FORMAT) != SCHEMA_FORMAT)
		return "another schema format";
	if (get_be32(h + HEADER_ENCODING) != ENCODING_UTF8)
		return "another encoding";
	return NULL;
}

const char *db_pages_open(struct db_pages *f, int fd, const char *name, unsigned page_size)
{
	unsigned char h[HEADER_BYTES];
	const char *wrong;
	struct stat st;

	*f = (struct db_pages){ .name = name, .fd = fd, .page_size = page_size,
				.lock = PTHREAD_MUTEX_INITIALIZER,
				.turned = PTHREAD_COND_INITIALIZER };
	if (fstat(fd, &st))
		die_errno("cannot read %s", name);
	read_at(f, h, sizeof(h), 0);
	f->count = get_be32(h + HEADER_PAGES);
	wrong = wrong_header(h, page_size);
	if (!wrong && (get_be32(h + HEADER_CHANGES) != get_be32(h + HEADER_VALID_FOR) ||
		       (uint64_t)st.st_size != (uint64_t)f->count * page_size))
		wrong = "another length than it says";
	return wrong;
}

void db_pages_finish(struct db_pages *f)
{
	unsigned char h[HEADER_BYTES];
	uint32_t changes;

	read_at(f, h, sizeof(h), 0);
	changes = get_be32(h + HEADER_CHANGES) + 1;
	put_be32(h + HEADER_CHANGES, changes);
	put_be32(h + HEADER_VALID_FOR, changes);
	put_be32(h + HEADER_PAGES, f->count);
	if (!fd_write_at(f->fd, h, sizeof(h), 0))
		die_errno("cannot write %s", f->name);
}

void db_pages_hash(struct db_pages *f, uint32_t last, uint32_t except,
		   char text[DB_PAGES_HASH_SIZE])
{
	uint32_t piece = HASH_BYTES / f->page_size;
	unsigned char *pages = xmalloc((size_t)piece * f->page_size);
	XXH3_state_t *hash = XXH3_createState();
	XXH128_hash_t sum;

	if (!hash)
		die(EXIT_SYSTEM, "out of memory");
	XXH3_128bits_reset(hash);
	for (uint32_t at = 2; at <= last; at += piece) {
		uint32_t count = last - at < piece ? last - at + 1 : piece;

		read_at(f, pages, (size_t)count * f->page_size, (uint64_t)(at - 1) * f->page_size);
		if (except >= at && except - at < count)
			memset(pages + (size_t)(except - at) * f->page_size, 0, f->page_size);
		XXH3_128bits_update(hash, pages, (size_t)count * f->page_size);
	}
	sum = XXH3_128bits_digest(hash);
	snprintf(text, DB_PAGES_HASH_SIZE, "%016" PRIx64 "%016" PRIx64, sum.high64, sum.low64);
	XXH3_freeState(hash);
	free(pages);
}

/* ---- a row again ---- */

static const unsigned char *get_number(const unsigned char *p, uint64_t *v)
{
	*v = 0;
	for (int i = 0; i < DB_VARINT_MAX - 1; i++) {
		*v = *v << 7 | (*p & 0x7f);
		if (!(*p++ & 0x80))
			return p;
	}
	*v = *v << 8 | *p;
	return p + 1;
}

/* The number of the first cell whose rowid is not below `rowid`; that of cells if there is none. */
static unsigned find_cell(const unsigned char *page, int64_t rowid)
{
	bool inner = page[0] == INNER_ROWS;
	unsigned low = 0, high = get_be16(page + PAGE_CELLS);

	while (low < high) {
		unsigned middle = (low + high) / 2;
		const unsigned char *cell = page + get_be16(page + db_page_head(inner) + 2 * middle);
		uint64_t number;

		cell = inner ? cell + 4 : get_number(cell, &number);
		get_number(cell, &number);
		if ((int64_t)number < rowid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Read the leaf that has the row; returns its number. */
static uint32_t find_leaf(struct db_pages *f, uint32_t root, int64_t rowid, unsigned char *page)
{
	uint32_t number = root;

	for (;;) {
		unsigned i;

		read_at(f, page, f->page_size, (uint64_t)(number - 1) * f->page_size);
		if (page[0] != INNER_ROWS)
			return number;
		i = find_cell(page, rowid);
		number = get_be32(page + (i == get_be16(page + PAGE_CELLS) ?
						  PAGE_LAST_CHILD :
						  get_be16(page + db_page_head(1) + 2 * i)));
	}
}

/* Cell `i` gets shorter by `less` bytes: the cells behind it, which stand before it, move up. */
static void shorten_cell(unsigned char *page, unsigned i, unsigned less)
{
	unsigned start = get_be16(page + PAGE_START), count = get_be16(page + PAGE_CELLS);
	unsigned at = get_be16(page + db_page_head(0) + 2 * i);

	memmove(page + start + less, page + start, at - start);
	memset(page + start, 0, less);
	put_be16(page + PAGE_START, start + less);
	for (; i < count; i++) {
		unsigned char *to = page + db_page_head(0) + 2 * i;

		put_be16(to, get_be16(to) + less);
	}
}

void db_pages_replace(struct db_pages *f, uint32_t root, int64_t rowid,
		      const unsigned char *record, size_t len)
{
	unsigned char *page = xmalloc(f->page_size), head[2 * DB_VARINT_MAX], *end, *cell;
	uint32_t number = find_leaf(f, root, rowid, page);
	unsigned i = find_cell(page, rowid);
	uint64_t old_len = 0, row = 0;
	size_t old = 0;

	if (page[0] == LEAF_ROWS && i < get_be16(page + PAGE_CELLS)) {
		cell = page + get_be16(page + db_page_head(0) + 2 * i);
		old = (size_t)(get_number(get_number(cell, &old_len), &row) - cell) + old_len;
	}
	end = db_put_varint(db_put_varint(head, len), (uint64_t)rowid);
	if ((int64_t)row != rowid || len > old_len)
		bug("a row to be replaced is not there, or too short");
	shorten_cell(page, i, (unsigned)(old - (size_t)(end - head) - len));
	cell = page + get_be16(page + db_page_head(0) + 2 * i);
	memcpy(cell, head, (size_t)(end - head));
	memcpy(cell + (end - head), record, len);
	db_pages_write(f, page, number, 1);
	free(page);
}
