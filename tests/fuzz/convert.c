/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/convert.h"

#include "common/stream/stream_out.h"
#include "tests/fuzz/fuzz.h"

static void check_path(const struct buf *path)
{
	size_t name = 0;

	fuzz_check(path->len <= PATH_BYTES_MAX, "a path of %zu bytes", path->len);
	for (size_t i = path->len; i--; name++) {
		const unsigned char *at = path->data + i;

		fuzz_check(*at != '/', "a slash in a name");
		if (*at)
			continue;
		fuzz_check(name && !(name == 1 && at[1] == '.') &&
				   !(name == 2 && at[1] == '.' && at[2] == '.'), "a name");
		name = SIZE_MAX;
	}
	fuzz_check(!name, "a path that does not begin at the root");
}

static void check_time(int64_t time)
{
	fuzz_check(time >= TIME_MIN && time <= TIME_MAX, "a time out of range");
}

static void check_own(const struct inode_line *own)
{
	fuzz_check(own->allocated <= INT64_MAX && own->mode <= 0177777, "a number");
}

static void check_entry(const struct entry *e)
{
	check_own(&e->own);
	fuzz_check(e->size <= INT64_MAX, "a size");
	check_time(e->atime);
	if (e->mtime != TIME_NONE)
		check_time(e->mtime);
}

static void check_usage(const struct usage_key *key, const struct usage *usage)
{
	fuzz_check(key->age_bucket < 10 && key->size_bucket < 10, "a bucket");
	fuzz_check(usage->sums.files && usage->sums.files <= INT64_MAX &&
			   usage->sums.allocated <= INT64_MAX && usage->sums.apparent <= INT64_MAX,
		   "a sum");
	check_time(usage->max_atime);
	if (usage->max_mtime != TIME_NONE)
		check_time(usage->max_mtime);
}

static void check_link(const struct block *b)
{
	fuzz_check(b->link.key.age_bucket < 10, "a bucket");
	fuzz_check(link_row_valid(&b->link), "a link row");
	fuzz_check(b->link.allocated >= 0 && b->link.apparent >= 0, "a size");
	fuzz_check(name_valid(b->name, b->name_len) &&
			   b->path.len + 1 + b->name_len <= PATH_BYTES_MAX, "a name");
}

static bool copy_record(struct block *b, struct block_paths *paths, struct stream_out *out)
{
	const char *path;

	if (b->kind == KIND_ENTRY) {
		if (!block_next_entry_record(b, paths))
			return false;
		check_entry(&b->entry);
	} else if (b->kind == KIND_DIR) {
		if (!block_next_dir_record(b))
			return false;
		check_own(&b->entry.own);
	} else {
		if (!block_next_usage_record(b))
			return false;
		if (b->is_link)
			check_link(b);
		else
			check_usage(&b->key, &b->usage);
	}
	check_path(&b->path);
	path = (const char *)b->path.data;
	if (b->kind == KIND_ENTRY)
		stream_out_add_entry(out, path, b->path.len, &b->entry);
	else if (b->kind == KIND_DIR)
		stream_out_add_dir(out, path, b->path.len, b->has_line ? &b->entry.own : NULL);
	else if (b->is_link)
		stream_out_add_link(out, path, b->path.len, &b->link, b->name, b->name_len);
	else
		stream_out_add_usage(out, path, b->path.len, &b->key, &b->usage);
	return true;
}

/* What is written stays in fuzz_written. */
static void copy(struct conversion *c, const void *data, size_t len, bool text)
{
	struct stream_out_options options = { .tsv = text };
	struct block_paths paths = { 0 };
	struct block b = { 0 };
	struct stream_out out;
	struct stream_in in;
	uint64_t records = 0;

	fuzz_file(data, len, c->piece);
	stream_in_open(&in, "stream", &c->options);
	c->kind = in.head.kind;
	stream_out_open(&out, &in.head, &options);
	while (stream_in_next(&in, &b)) {
		while (copy_record(&b, &paths, &out))
			records++;
		if (b.fault)
			stream_in_die(&in, "corrupt block: %s", b.fault);
		fuzz_check(in.tsv || records == in.records, "a block is short of records");
	}
	fuzz_check(records == in.records, "%ju records of %ju", (uintmax_t)records,
		   (uintmax_t)in.records);
	stream_out_finish(&out, &in.ledger);
	stream_in_close(&in);
	block_paths_release(&paths);
	block_release(&b);
}

static struct buf copied(struct conversion *c, const void *data, size_t len, bool text)
{
	struct buf result = { 0 };

	copy(c, data, len, text);
	buf_add(&result, fuzz_written.data, fuzz_written.len);
	return result;
}

static int compare_rows(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Rows of an entry stream change places when they are cut into blocks once more. */
static void sort_rows(struct buf *text)
{
	size_t count = 0, len = 0;
	struct buf sorted = { 0 };
	char **rows;

	for (size_t i = 0; i < text->len; i++)
		count += text->data[i] == '\n';
	rows = xcalloc(count, sizeof(*rows));
	for (size_t i = 0; i < count; i++) {
		char *end = memchr(text->data + len, '\n', text->len - len);

		rows[i] = (char *)text->data + len;
		*end = '\0';
		len = (size_t)(end + 1 - (char *)text->data);
	}
	qsort(rows, count, sizeof(*rows), compare_rows);
	for (size_t i = 0; i < count; i++)
		buf_printf(&sorted, "%s\n", rows[i]);
	free(rows);
	buf_release(text);
	*text = sorted;
}

static void check_same(const struct buf *a, const struct buf *b, const char *what)
{
	fuzz_check(a->len == b->len && !memcmp(a->data, b->data, a->len), "%s differs", what);
}

/* A copy that outlives fuzz_try. */
static void keep_text(struct conversion *c, const struct buf *text)
{
	static struct buf kept;

	if (kept.cap < text->len) {
		free(kept.data);
		kept.cap = 2 * text->len;
		kept.data = realloc(NULL, kept.cap);
	}
	memcpy(kept.data, text->data, text->len);
	kept.len = text->len;
	c->text = kept;
}

void convert(void *conversion)
{
	struct conversion *c = conversion;
	struct conversion again = { .piece = SIZE_MAX };
	struct buf text = copied(c, c->data, c->len, true), binary, other;

	fuzz_accepted();
	binary = copied(c, c->data, c->len, false);
	keep_text(c, &text);
	other = copied(&again, text.data, text.len, false);
	check_same(&other, &binary, "text to binary");
	buf_release(&other);
	other = copied(&again, binary.data, binary.len, false);
	check_same(&other, &binary, "binary to binary");
	buf_release(&other);
	other = copied(&again, binary.data, binary.len, true);
	if (c->kind == KIND_ENTRY) {
		sort_rows(&text);
		sort_rows(&other);
	}
	check_same(&other, &text, "binary to text");
	buf_release(&other);
	buf_release(&text);
	buf_release(&binary);
}
