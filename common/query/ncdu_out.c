/* SPDX-License-Identifier: MIT */
#include "common/query/ncdu_out.h"

#define FLUSH_AT (64u << 10) /* bytes */

static void flush(struct ncdu_out *n)
{
	outfile_write(&n->file, n->out.data, n->out.len);
	n->out.len = 0;
}

static void add_string(struct ncdu_out *n, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	buf_add_char(&n->out, '"');
	for (size_t i = 0; i < len; i++) {
		if (at[i] == '"' || at[i] == '\\')
			buf_add_char(&n->out, '\\');
		if (at[i] < 0x20 || at[i] == 0x7f)
			buf_printf(&n->out, "\\u%04x", at[i]);
		else
			buf_add_char(&n->out, (char)at[i]);
	}
	buf_add_char(&n->out, '"');
}

void ncdu_out_open(struct ncdu_out *n, const char *output, int64_t timestamp)
{
	*n = (struct ncdu_out){ 0 };
	outfile_open(&n->file, output ? output : "-", FILE_OUTPUT);
	buf_printf(&n->out,
		   "[1,0,{\"progname\":\"treetally\",\"progver\":\"%s\",\"timestamp\":%" PRId64 "}",
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
	add_string(n, name, len);
	buf_add_char(&n->out, '}');
	n->depth++;
}

void ncdu_out_file(struct ncdu_out *n, const char *name, int64_t apparent_size, int64_t total_size)
{
	begin_entry(n);
	buf_add_str(&n->out, "{\"name\":");
	add_string(n, name, strlen(name));
	buf_printf(&n->out, ",\"asize\":%" PRId64 ",\"dsize\":%" PRId64 "}", apparent_size,
		   total_size);
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
