/* SPDX-License-Identifier: MIT */
#include "common/log/log_parse.h"

static void parse(void *workers, unsigned worker, void *chunk)
{
	chunk_parse((struct chunk_worker *)workers + worker, chunk);
}

/*
 * Two chunks more than workers: one that is being read and one that is being written. A single
 * worker is the caller itself, which does one after the other with one chunk.
 */
static size_t chunks_for(unsigned threads)
{
	return threads == 1 ? 1 : threads + 2;
}

static uint64_t memory_for(unsigned threads)
{
	return threads * CHUNK_WORKER_MEMORY + chunks_for(threads) * CHUNK_MEMORY;
}

void log_parse_init(struct log_parse *p, unsigned threads, uint64_t memory, bool keep_rejects)
{
	while (threads > 1 && memory_for(threads) > memory)
		threads--;
	*p = (struct log_parse){ .threads = threads, .chunk_count = chunks_for(threads) };
	if (memory > memory_for(threads))
		p->unpack_memory = memory - memory_for(threads);
	p->workers = xcalloc(threads + 1, sizeof(*p->workers));
	p->part.keep_rejects = keep_rejects;
	for (unsigned i = 0; i <= threads; i++)
		chunk_worker_init(&p->workers[i]);
	p->chunks = xcalloc(p->chunk_count, sizeof(*p->chunks));
	p->idle = xcalloc(p->chunk_count, sizeof(*p->idle));
	for (size_t i = 0; i < p->chunk_count; i++) {
		chunk_init(&p->chunks[i], keep_rejects);
		p->idle[p->idle_count++] = &p->chunks[i];
	}
	p->ordered = pool_start(threads, p->chunk_count, parse, p->workers);
}

bool log_parse_open(struct log_parse *p, const char *operand)
{
	log_source_open(&p->source, operand, p->threads, p->unpack_memory);
	p->reader = (struct chunk_reader){ .source = &p->source };
	p->name = (struct cut_name){ 0 };
	p->first = p->idle[--p->idle_count];
	p->at_end = !chunk_reader_fill(&p->reader, p->first);
	return !p->at_end;
}

/* Give the next chunk of the source to the workers; there is an idle one. */
static void read_chunk(struct log_parse *p)
{
	struct chunk *c = p->first;

	if (c) {
		p->first = NULL;
		chunk_reader_cut(&p->reader, c);
	} else {
		c = p->idle[--p->idle_count];
		if (!chunk_reader_next(&p->reader, c)) {
			p->idle[p->idle_count++] = c;
			p->at_end = true;
			return;
		}
	}
	pool_put(p->ordered, c);
}

/* The next chunk that is parsed, in order; NULL at the end of the source. */
static struct chunk *take_chunk(struct log_parse *p)
{
	for (;;) {
		bool can_read = !p->at_end && (p->first || p->idle_count);
		struct chunk *c = pool_take(p->ordered, !can_read);

		if (c || p->at_end)
			return c;
		read_chunk(p);
	}
}

struct chunk *log_parse_next(struct log_parse *p)
{
	if (p->part_given) {
		p->part_given = false;
		return p->given;
	}
	if (p->given)
		p->idle[p->idle_count++] = p->given;
	p->given = take_chunk(p);
	if (!p->given)
		return NULL;
	if (p->given->postponed) {
		chunk_take_postponed(&p->part, p->given, &p->name);
		chunk_parse(&p->workers[p->threads], &p->part);
		p->part_given = true;
		p->name = p->part.name;
	}
	if (p->given->postponed < p->given->len)
		p->name = p->given->name;
	return p->part_given ? &p->part : p->given;
}

void log_parse_close(struct log_parse *p)
{
	chunk_reader_release(&p->reader);
	log_source_close(&p->source);
}

void log_parse_release(struct log_parse *p)
{
	pool_stop(p->ordered);
	for (unsigned i = 0; i <= p->threads; i++)
		chunk_worker_release(&p->workers[i]);
	for (size_t i = 0; i < p->chunk_count; i++)
		chunk_release(&p->chunks[i]);
	p->part.text = NULL; /* never its own */
	chunk_release(&p->part);
	free(p->workers);
	free(p->chunks);
	free(p->idle);
}
