/* SPDX-License-Identifier: MIT */
#include "common/stream/stream_out.h"

#include <unistd.h>

#include "common/stream/stream_format.h"
#include "common/stream/tsv.h"

/* Text collects to about this before it is written. */
#define TEXT_FLUSH (256u << 10)

static void write_all(struct stream_out *s, const void *data, size_t len)
{
	for (size_t i = 0; i < s->file_count; i++)
		outfile_write(&s->files[i], data, len);
}

static void flush(struct stream_out *s)
{
	write_all(s, s->out.data, s->out.len);
	s->out.len = 0;
}

static void add_binary_head(struct stream_out *s, const struct header *head)
{
	struct buf text = { 0 };
	unsigned char fixed[STREAM_HEADER_SIZE], hash[STREAM_HASH_SIZE];

	header_add_attrs(&text, head);
	if (text.len > HEAD_TEXT_MAX)
		die(EXIT_USAGE, "too many sources: the stream header would take %zu bytes",
		    text.len);
	memcpy(fixed, STREAM_MAGIC, STREAM_MAGIC_SIZE);
	put_le32(fixed + 8, STREAM_VERSION);
	put_le32(fixed + 12, (uint32_t)text.len);
	buf_add(&s->out, fixed, sizeof(fixed));
	buf_add(&s->out, text.data, text.len);
	s->chain = XXH3_64bits(s->out.data, s->out.len);
	put_le64(hash, s->chain);
	buf_add(&s->out, hash, sizeof(hash));
	buf_release(&text);
}

void stream_out_open(struct stream_out *s, const struct header *head,
		     const struct stream_out_options *opt)
{
	*s = (struct stream_out){ .kind = head->kind, .tsv = opt->tsv };
	s->file_count = opt->path_count ? opt->path_count : 1;
	s->files = xcalloc(s->file_count, sizeof(*s->files));
	for (size_t i = 0; i < s->file_count; i++) {
		outfile_open(&s->files[i], opt->path_count ? opt->paths[i] : "-", FILE_OUTPUT);
		if (!s->tsv && isatty(s->files[i].fd))
			die(EXIT_USAGE,
			    "%s is a terminal and the stream is binary; use --tsv, or -o FILE",
			    s->files[i].name);
	}
	block_build_init(&s->build, s->kind);
	if (s->tsv)
		tsv_add_head(&s->out, head);
	else
		add_binary_head(s, head);
	flush(s);
}

static void write_text_block(struct stream_out *s, const struct block_header *header,
			     const unsigned char *payload)
{
	const char *fault;

	block_open(&s->view, s->kind, header, payload);
	fault = tsv_add_block(&s->out, &s->view);
	if (fault)
		bug(fault);
	if (s->out.len >= TEXT_FLUSH)
		flush(s);
}

void stream_out_add_encoded(struct stream_out *s, unsigned char *blocks, size_t len)
{
	struct block_header header;
	size_t block_len;

	for (size_t done = 0; done < len; done += block_len + BLOCK_HASH_SIZE) {
		unsigned char *at = blocks + done;
		const char *fault = block_header_parse(&header, at, s->kind);

		if (fault)
			bug(fault);
		block_len = (size_t)BLOCK_HEADER_SIZE + header.payload;
		s->records += header.records;
		s->blocks++;
		if (s->tsv) {
			write_text_block(s, &header, at + BLOCK_HEADER_SIZE);
		} else {
			uint64_t hash = XXH3_64bits_withSeed(at, block_len, s->blocks);

			put_le64(at + block_len, hash);
			s->chain = stream_chain(s->chain, hash);
		}
	}
	if (!s->tsv && len)
		write_all(s, blocks, len);
}

/* Encode and write what the builder holds. */
static void end_block(struct stream_out *s)
{
	struct buf encoded = { 0 };

	block_build_settle(&s->build);
	block_encode(&s->build, &encoded);
	stream_out_add_encoded(s, encoded.data, encoded.len);
	buf_release(&encoded);
}

void stream_out_add_entry(struct stream_out *s, const char *path, size_t len, const struct entry *e)
{
	while (!block_add_entry(&s->build, path, len, e))
		end_block(s);
}

void stream_out_add_dir(struct stream_out *s, const char *path, size_t len,
			const struct inode_line *line)
{
	while (!block_add_dir(&s->build, path, len, line))
		end_block(s);
}

void stream_out_add_usage(struct stream_out *s, const char *path, size_t len,
			  const struct usage_key *key, const struct usage *usage)
{
	while (!block_add_usage(&s->build, path, len, key, usage))
		end_block(s);
}

void stream_out_add_link(struct stream_out *s, const char *path, size_t len,
			 const struct link_row *row, const char *name, size_t name_len)
{
	while (!block_add_link(&s->build, path, len, row, name, name_len))
		end_block(s);
}

static void add_binary_trailer(struct stream_out *s, const struct ledger *ledger)
{
	struct buf text = { 0 };
	unsigned char fixed[STREAM_TRAILER_SIZE], hash[STREAM_HASH_SIZE];

	ledger_add_attrs(&text, ledger);
	if (text.len > HEAD_TEXT_MAX)
		die(EXIT_USAGE, "too many sources: the stream trailer would take %zu bytes",
		    text.len);
	put_le32(fixed, TRAILER_TAG);
	put_le32(fixed + 4, (uint32_t)text.len);
	put_le64(fixed + 8, s->records);
	put_le64(fixed + 16, s->chain);
	buf_add(&s->out, fixed, sizeof(fixed));
	buf_add(&s->out, text.data, text.len);
	put_le64(hash, XXH3_64bits_withSeed(s->out.data, s->out.len, s->chain));
	buf_add(&s->out, hash, sizeof(hash));
	buf_release(&text);
}

void stream_out_finish(struct stream_out *s, const struct ledger *ledger)
{
	end_block(s);
	if (s->tsv)
		tsv_add_end(&s->out, s->records, ledger);
	else
		add_binary_trailer(s, ledger);
	flush(s);
	for (size_t i = 0; i < s->file_count; i++)
		outfile_commit(&s->files[i]);
	free(s->files);
	block_build_release(&s->build);
	block_release(&s->view);
	buf_release(&s->out);
}
