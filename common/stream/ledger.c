/* SPDX-License-Identifier: MIT */
#include "common/stream/ledger.h"

#include <inttypes.h>
#include <limits.h>
#include <xxhash.h>

#include "common/base/human.h"
#include "common/stream/attrs.h"

/* Bytes before the name in what the digest of an entry is made of. */
#define DIGEST_FIELDS 88

#define NAME(id, name, column) name,
#define COLUMN(id, name, column) column,
const char *const ledger_count_names[LEDGER_COUNTS] = { LEDGER_TABLE(NAME) };
const char *const ledger_count_columns[LEDGER_COUNTS] = { LEDGER_TABLE(COLUMN) };

const char *const reject_names[REJECT_REASONS] = {
	"nul", "too long", "no absolute path", "missing field", "bad inode", "bad generation",
	"bad snapshot", "bad size", "bad allocated", "bad uid", "bad gid", "bad mode", "bad time",
	"interleaved", "bad escape", "slash", "dot component", "root is no directory", "cut",
};

void digest_add(struct digest *sum, struct digest more)
{
	sum->low += more.low;
	sum->high += more.high + (sum->low < more.low);
}

/* Fields of a fixed width, so that no two entries give the same bytes. */
static void put_fields(unsigned char *to, const struct entry *e, const struct digest *dir)
{
	put_le64(to, e->own.inode);
	put_le64(to + 8, e->own.generation);
	/* Eight bytes at once, as they are read again: else the processor waits for both halves. */
	put_le64(to + 16, e->own.uid | (uint64_t)e->own.gid << 32);
	put_le64(to + 24, e->own.mode | (uint64_t)e->nlink << 32);
	put_le64(to + 32, e->own.allocated);
	put_le64(to + 40, e->size);
	put_le64(to + 48, (uint64_t)e->atime);
	put_le64(to + 56, (uint64_t)e->mtime);
	put_le64(to + 64, e->snapshot);
	put_le64(to + 72, dir->low);
	put_le64(to + 80, dir->high);
}

struct digest digest_of_dir(const char *path, size_t len)
{
	XXH128_hash_t hash = XXH3_128bits(len ? path : "", len);

	return (struct digest){ hash.high64, hash.low64 };
}

void digest_add_entry(struct digest *sum, const struct digest *dir, const char *name, size_t len,
		      const struct entry *e)
{
	unsigned char few[DIGEST_FIELDS + NAME_MAX], *bytes = few;
	XXH128_hash_t hash;

	if (len > NAME_MAX)
		bytes = xmalloc(DIGEST_FIELDS + len);
	put_fields(bytes, e, dir);
	if (len)
		memcpy(bytes + DIGEST_FIELDS, name, len);
	hash = XXH3_128bits(bytes, DIGEST_FIELDS + len);
	if (bytes != few)
		free(bytes);
	digest_add(sum, (struct digest){ hash.high64, hash.low64 });
}

bool tally_add(struct tally *sum, const struct tally *more, uint64_t lines_before)
{
	for (int i = 0; i < LEDGER_COUNTS; i++) {
		if (i == COUNT_APPARENT)
			sum->count[i] = add_saturating(sum->count[i], more->count[i]);
		else if (!add_checked(&sum->count[i], more->count[i]))
			return false;
	}
	for (int i = 0; i < REJECT_REASONS; i++) {
		sum->rejects[i] += more->rejects[i];
		if (more->rejects[i] && !sum->reject_line[i])
			sum->reject_line[i] = lines_before + more->reject_line[i];
	}
	digest_add(&sum->digest, more->digest);
	return assume_add(&sum->assumed, &more->assumed);
}

bool tally_entry(struct tally *t, const struct entry *e, bool inline_data)
{
	uint64_t *count = t->count;

	count[COUNT_ENTRIES]++;
	count[COUNT_SNAPSHOT_ENTRIES] += e->snapshot != 0;
	if (S_ISDIR(e->own.mode)) {
		count[COUNT_DIRECTORY_LINES]++;
		return add_checked(&count[COUNT_DIRECTORY_BYTES], e->own.allocated);
	}
	count[COUNT_FILES]++;
	count[COUNT_APPARENT] = add_saturating(count[COUNT_APPARENT], e->size);
	if (inline_data) {
		count[COUNT_INLINE_FILES]++;
		count[COUNT_INLINE_BYTES] += e->own.allocated;
	}
	if (e->nlink > 1) {
		count[COUNT_MULTILINK_FILES]++;
		count[COUNT_MULTILINK_BYTES] += e->own.allocated;
	}
	return add_checked(&count[COUNT_ALLOCATED], e->own.allocated);
}

/* By name, then digest, then lines. */
static int source_compare(const void *left, const void *right)
{
	const struct ledger_source *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	if (order)
		return order;
	if (a->digest.high != b->digest.high)
		return a->digest.high < b->digest.high ? -1 : 1;
	if (a->digest.low != b->digest.low)
		return a->digest.low < b->digest.low ? -1 : 1;
	return (a->lines > b->lines) - (a->lines < b->lines);
}

/* Merge `n` sources, which are in order too, from behind; their names are copied. */
static void merge_sources(struct ledger *l, const struct ledger_source *more, size_t n)
{
	size_t have = l->source_count, to = have + n;

	l->sources = xrealloc_array(l->sources, to, sizeof(*l->sources));
	l->source_count = to;
	while (n) {
		if (have && source_compare(&l->sources[have - 1], &more[n - 1]) > 0) {
			l->sources[--to] = l->sources[--have];
		} else {
			l->sources[--to] = more[--n];
			l->sources[to].name = xstrdup(more[n].name);
		}
	}
}

/* Keep the first rejected line of each reason: the one of the lowest source name, then number. */
static void merge_first_reject(struct ledger *l, int reason, const char *source, uint64_t line)
{
	char **have = &l->reject_source[reason];
	int order = *have ? strcmp(source, *have) : -1;

	if (order > 0 || (order == 0 && line >= l->sum.reject_line[reason]))
		return;
	free(*have);
	*have = xstrdup(source);
	l->sum.reject_line[reason] = line;
}

static void add_tally(struct ledger *l, const struct tally *t)
{
	uint64_t kept[REJECT_REASONS];

	memcpy(kept, l->sum.reject_line, sizeof(kept));
	if (!tally_add(&l->sum, t, 0))
		die(EXIT_INPUT, "ledger: a sum over all sources exceeds 2^63-1");
	memcpy(l->sum.reject_line, kept, sizeof(kept));
}

void ledger_add_source(struct ledger *l, const char *name, const struct tally *t)
{
	add_tally(l, t);
	for (int i = 0; i < REJECT_REASONS; i++) {
		if (t->rejects[i])
			merge_first_reject(l, i, name, t->reject_line[i]);
	}
	merge_sources(l, &(struct ledger_source){ (char *)(uintptr_t)name, t->digest,
						  t->count[COUNT_LINES] }, 1);
}

void ledger_merge(struct ledger *l, const struct ledger *more)
{
	add_tally(l, &more->sum);
	for (int i = 0; i < REJECT_REASONS; i++) {
		if (more->reject_source[i])
			merge_first_reject(l, i, more->reject_source[i], more->sum.reject_line[i]);
	}
	merge_sources(l, more->sources, more->source_count);
}

static int by_digest(const void *a, const void *b)
{
	const struct ledger_source *sa = *(struct ledger_source *const *)a;
	const struct ledger_source *sb = *(struct ledger_source *const *)b;

	if (sa->digest.high != sb->digest.high)
		return sa->digest.high < sb->digest.high ? -1 : 1;
	if (sa->digest.low != sb->digest.low)
		return sa->digest.low < sb->digest.low ? -1 : 1;
	return (sa->lines > sb->lines) - (sa->lines < sb->lines);
}

const struct ledger_source *ledger_repeated_source(const struct ledger *l)
{
	struct ledger_source **order = xcalloc(l->source_count, sizeof(*order));
	const struct ledger_source *repeated = NULL;

	for (size_t i = 0; i < l->source_count; i++)
		order[i] = &l->sources[i];
	qsort(order, l->source_count, sizeof(*order), by_digest);
	for (size_t i = 1; i < l->source_count && !repeated; i++) {
		if (order[i]->digest.high | order[i]->digest.low &&
		    !by_digest(&order[i - 1], &order[i]))
			repeated = order[i];
	}
	free(order);
	return repeated;
}

bool ledger_equal(const struct ledger *a, const struct ledger *b)
{
	return !memcmp(a->sum.count, b->sum.count, sizeof(a->sum.count)) &&
	       !memcmp(a->sum.rejects, b->sum.rejects, sizeof(a->sum.rejects)) &&
	       !memcmp(&a->sum.digest, &b->sum.digest, sizeof(a->sum.digest)) &&
	       !memcmp(&a->sum.assumed, &b->sum.assumed, sizeof(a->sum.assumed));
}

bool ledger_verified(const struct ledger *l)
{
	return !l->sum.assumed.count[ASSUME_UNVERIFIED];
}

#define COUNT(id, name, column) COUNT_##id,

const char *ledger_fault(const struct ledger *l)
{
	static const enum ledger_count skipped[] = { LEDGER_SKIPPED(COUNT) };
	const uint64_t *count = l->sum.count;
	uint64_t kinds = count[COUNT_ENTRIES], rejected = 0, lines = 0;
	bool fits = add_checked(&kinds, count[COUNT_REJECTED]);
	struct digest digest = { 0, 0 };

	for (size_t i = 0; i < sizeof(skipped) / sizeof(skipped[0]); i++)
		fits &= add_checked(&kinds, count[skipped[i]]);
	for (int i = 0; i < REJECT_REASONS; i++)
		fits &= add_checked(&rejected, l->sum.rejects[i]);
	for (size_t i = 0; i < l->source_count; i++) {
		fits &= add_checked(&lines, l->sources[i].lines);
		digest_add(&digest, l->sources[i].digest);
	}
	if (!fits)
		return "a sum exceeds 2^63-1";
	if (count[COUNT_LINES] != kinds)
		return "lines are not entries + skipped + rejected";
	if (count[COUNT_ENTRIES] != count[COUNT_DIRECTORY_LINES] + count[COUNT_FILES])
		return "entries are not directory lines + files";
	if (rejected != count[COUNT_REJECTED])
		return "rejected lines are not the sum of their reasons";
	if (lines != count[COUNT_LINES])
		return "lines are not the sum of the sources' lines";
	if (memcmp(&digest, &l->sum.digest, sizeof(digest)))
		return "the digest is not the sum of the sources' digests";
	return NULL;
}

const char *digest_text(char text[DIGEST_TEXT_SIZE], struct digest d)
{
	snprintf(text, DIGEST_TEXT_SIZE, "%016" PRIx64 "%016" PRIx64, d.high, d.low);
	return text;
}

static bool digest_parse(const char *text, struct digest *d)
{
	uint64_t half[2] = { 0, 0 };

	for (int i = 0; i < 32; i++) {
		const char *digits = "0123456789abcdef", *at;

		at = text[i] ? strchr(digits, text[i]) : NULL;
		if (!at)
			return false;
		half[i / 16] = half[i / 16] << 4 | (uint64_t)(at - digits);
	}
	*d = (struct digest){ half[0], half[1] };
	return !text[32];
}

static void add_assumed(struct buf *out, const struct assumptions *assumed)
{
	struct buf text = { 0 };

	assume_text(&text, assumed);
	if (text.len) {
		buf_add_char(&text, '\0');
		attrs_add(out, "assumptions", (char *)text.data);
	}
	buf_release(&text);
}

/* "DIGEST:LINES:NAME" and "COUNT:LINE:SOURCE": numbers first, since a name can hold anything. */
void ledger_add_attrs(struct buf *out, const struct ledger *l)
{
	char hex[DIGEST_TEXT_SIZE], *text, *key;

	for (int i = 0; i < LEDGER_COUNTS; i++)
		attrs_add_u64(out, ledger_count_names[i], l->sum.count[i]);
	attrs_add(out, "digest", digest_text(hex, l->sum.digest));
	for (int i = 0; i < REJECT_REASONS; i++) {
		if (!l->sum.rejects[i])
			continue;
		text = xasprintf("%" PRIu64 ":%" PRIu64 ":%s", l->sum.rejects[i],
				 l->sum.reject_line[i], l->reject_source[i]);
		key = xasprintf("reject %s", reject_names[i]);
		attrs_add(out, key, text);
		free(key);
		free(text);
	}
	add_assumed(out, &l->sum.assumed);
	for (size_t i = 0; i < l->source_count; i++) {
		text = xasprintf("%s:%" PRIu64 ":%s", digest_text(hex, l->sources[i].digest),
				 l->sources[i].lines, l->sources[i].name);
		attrs_add(out, "source", text);
		free(text);
	}
}

static bool set_reject(struct ledger *l, const char *reason, const char *value)
{
	char *text = xstrdup(value), *line = strchr(text, ':'), *source = NULL;
	bool ok = false;

	if (line) {
		*line++ = '\0';
		source = strchr(line, ':');
	}
	for (int i = 0; source && i < REJECT_REASONS; i++) {
		if (strcmp(reason, reject_names[i]) || l->reject_source[i])
			continue;
		*source++ = '\0';
		l->reject_source[i] = xstrdup(source);
		ok = human_parse_u64(text, INT64_MAX, &l->sum.rejects[i]) &&
		     human_parse_u64(line, INT64_MAX, &l->sum.reject_line[i]) && l->sum.rejects[i];
		break;
	}
	free(text);
	return ok;
}

static bool set_source(struct ledger *l, const char *value)
{
	char hex[DIGEST_TEXT_SIZE] = "", lines_text[24] = "";
	struct digest digest;
	uint64_t lines;
	int name_at = 0;

	if (sscanf(value, "%32[0-9a-f]:%20[0-9]:%n", hex, lines_text, &name_at) != 2 || !name_at)
		return false;
	if (!digest_parse(hex, &digest) || !human_parse_u64(lines_text, INT64_MAX, &lines))
		return false;
	/* There may be tens of thousands: they are put in order when all are there. */
	GROW_BY_ONE(l->sources, l->source_count);
	l->sources[l->source_count++] = (struct ledger_source){ xstrdup(value + name_at), digest,
								lines };
	return true;
}

static bool set_attr(struct ledger *l, const char *key, const char *value)
{
	for (int i = 0; i < LEDGER_COUNTS; i++) {
		if (strcmp(key, ledger_count_names[i]) == 0)
			return human_parse_u64(value, INT64_MAX, &l->sum.count[i]);
	}
	if (strcmp(key, "digest") == 0)
		return digest_parse(value, &l->sum.digest);
	if (strcmp(key, "assumptions") == 0)
		return *value && assume_parse(&l->sum.assumed, value);
	if (strcmp(key, "source") == 0)
		return set_source(l, value);
	if (strncmp(key, "reject ", 7) == 0)
		return set_reject(l, key + 7, value);
	return false;
}

bool ledger_parse(struct ledger *l, char *text)
{
	char *key, *value;
	int got;

	while ((got = attrs_next(&text, &key, &value)) > 0) {
		if (!set_attr(l, key, value))
			return false;
	}
	if (l->source_count)
		qsort(l->sources, l->source_count, sizeof(*l->sources), source_compare);
	return got == 0;
}

void ledger_release(struct ledger *l)
{
	for (int i = 0; i < REJECT_REASONS; i++)
		free(l->reject_source[i]);
	for (size_t i = 0; i < l->source_count; i++)
		free(l->sources[i].name);
	free(l->sources);
	*l = (struct ledger){ 0 };
}
