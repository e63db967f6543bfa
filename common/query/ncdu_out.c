/* SPDX-License-Identifier: MIT */
#include "common/query/ncdu_out.h"

#include "common/base/escape.h"

#define FLUSH_AT (64u << 10) /* bytes */

static void flush(struct ncdu_out *n)
{
	outfile_write(&n->file, n->out.data, n->out.len);
	n->out.len = 0;
}

void ncdu_out_open(struct ncdu_out *n, const char *output, int64_t timestamp)
{
	*n = (struct ncdu_out){ 0 };
	outfile_open(&n->file, output ? output : "-", FILE_OUTPUT);
	buf_printf(&n->out,
		   "[1,2,{\"progname\":\"treetally\",\"progver\":\"%s\",\"timestamp\":%" PRId64 "}",
		   TREETALLY_VERSION, timestamp);
}

static void begin_entry(struct ncdu_out *n)
{
	if (n->out.len >= FLUSH_AT)
		flush(n);
	buf_add_str(&n->out, ",\n");
	n->entries++;
}

void ncdu_out_begin(struct ncdu_out *n, const void *name, size_t len)
{
	begin_entry(n);
	buf_add_str(&n->out, "[{\"name\":");
	escape_add_json(&n->out, name, len, true);
	buf_add_char(&n->out, '}');
	n->depth++;
}

void ncdu_out_file(struct ncdu_out *n, const char *name, int64_t apparent_size, int64_t total_size)
{
	begin_entry(n);
	buf_add_str(&n->out, "{\"name\":");
	escape_add_json(&n->out, name, strlen(name), true);
	buf_printf(&n->out, ",\"asize\":%" PRId64 ",\"dsize\":%" PRId64 "}", apparent_size,
		   total_size);
}

void ncdu_out_link(struct ncdu_out *n, const struct ncdu_link *link)
{
	begin_entry(n);
	buf_add_str(&n->out, "{\"name\":");
	escape_add_json(&n->out, link->name, link->len, true);
	buf_printf(&n->out,
		   ",\"asize\":%" PRId64 ",\"dsize\":%" PRId64 ",\"ino\":%" PRId64
		   ",\"hlnkc\":true",
		   link->apparent_size, link->total_size, link->ino);
	if (link->links > 1)
		buf_printf(&n->out, ",\"nlink\":%" PRId64, link->links);
	buf_add_char(&n->out, '}');
}

void ncdu_out_end(struct ncdu_out *n)
{
	buf_add_char(&n->out, ']');
	n->depth--;
}

void ncdu_out_close(struct ncdu_out *n)
{
	buf_add_str(&n->out, "]\n");
	flush(n);
	outfile_commit(&n->file);
	buf_release(&n->out);
}
