/* SPDX-License-Identifier: MIT */
#include "common/db/db_scan.h"

#include <inttypes.h>

#include "common/base/human.h"
#include "common/db/db_seal.h"
#include "common/stream/attrs.h"
#include "common/stream/buckets.h"

/* ---- load_state: `head` and `ledger` as streams have them (attrs.h), and counts ---- */

static void store(struct db *db, const char *key, struct buf *value)
{
	sqlite3_stmt *insert = db_prepare(db, "INSERT INTO load_state(key, value) VALUES(?, ?)");

	db_bind_name(db, insert, 1, key, strlen(key));
	db_bind_name(db, insert, 2, (char *)value->data, value->len);
	db_step(db, insert);
	sqlite3_finalize(insert);
	value->len = 0;
}

void scan_state_store(struct db *db, const struct scan_state *state)
{
	struct buf text = { 0 };

	header_add_attrs(&text, &state->head);
	store(db, "head", &text);
	ledger_add_attrs(&text, &state->ledger);
	store(db, "ledger", &text);
	buf_printf(&text, "%" PRId64, state->directories);
	store(db, "directories", &text);
	buf_printf(&text, "%" PRId64, state->implied);
	store(db, "implied", &text);
	buf_printf(&text, "%" PRId64, state->pages);
	store(db, "pages", &text);
	buf_printf(&text, "%s", state->pages_hash);
	store(db, "pages_hash", &text);
	buf_release(&text);
}

static NORETURN void die_state(const struct db *db)
{
	die(EXIT_INPUT, "%s: table load_state is damaged", db->name);
}

/* A text of load_state that can be modified; the caller frees it. */
static char *fetch(struct db *db, const char *key)
{
	sqlite3_stmt *select = db_prepare(db, "SELECT value FROM load_state WHERE key = ?");
	const char *value;
	char *text;

	db_bind_name(db, select, 1, key, strlen(key));
	if (!db_step(db, select))
		die_state(db);
	value = sqlite3_column_blob(select, 0);
	text = xstrndup(value ? value : "", (size_t)sqlite3_column_bytes(select, 0));
	sqlite3_finalize(select);
	return text;
}

static int64_t fetch_count(struct db *db, const char *key)
{
	char *text = fetch(db, key);
	uint64_t count;

	if (!human_parse_u64(text, INT64_MAX, &count))
		die_state(db);
	free(text);
	return (int64_t)count;
}

void scan_state_load(struct db *db, struct scan_state *state)
{
	char *head = fetch(db, "head"), *ledger = fetch(db, "ledger");
	char *pages_hash = fetch(db, "pages_hash");

	*state = (struct scan_state){ 0 };
	if (!ledger_parse(&state->ledger, ledger) || !header_parse(&state->head, head))
		die_state(db);
	state->directories = fetch_count(db, "directories");
	state->implied = fetch_count(db, "implied");
	state->pages = fetch_count(db, "pages");
	snprintf(state->pages_hash, sizeof(state->pages_hash), "%s", pages_hash);
	free(pages_hash);
	free(head);
	free(ledger);
}

void scan_state_release(struct scan_state *state)
{
	header_release(&state->head);
	ledger_release(&state->ledger);
}

/* ---- one scan? ---- */

static NORETURN void die_other_scan(const struct db *db, const char *stream, const char *what,
				    const char *here, const char *there)
{
	die(EXIT_INPUT,
	    "%s: is not of the scan that dir-load read into %s: %s is %s here and %s there", stream,
	    db->name, what, here, there);
}

void scan_check_heads(const struct db *db, const struct scan_state *dirs,
		      const struct header *usage_head, const char *stream)
{
	const char *here = usage_head->filesystem, *there = dirs->head.filesystem;
	char here_date[DATE_TEXT_SIZE], there_date[DATE_TEXT_SIZE];

	if (here || there) {
		here = here ? here : "not known";
		there = there ? there : "not known";
		if (strcmp(here, there))
			die_other_scan(db, stream, "the file system", here, there);
	}
	/* A date that only stats-accum was told is no contradiction. */
	if (usage_head->scan_day == DAY_NONE || dirs->head.scan_day == DAY_NONE)
		return;
	if (usage_head->scan_day != dirs->head.scan_day)
		die_other_scan(db, stream, "the scan date",
			       scantime_date_text(here_date, usage_head->scan_day),
			       scantime_date_text(there_date, dirs->head.scan_day));
}

/*
 * What both branches must agree on: everything but how links were told apart, which is a matter of
 * stats-accum alone.
 */
static struct ledger common_part(const struct ledger *l)
{
	struct ledger common = *l;

	common.sum.assumed.count[ASSUME_LINKS_ASSUMED] = 0;
	return common;
}

static void check_assumed(const struct db *db, const struct ledger *here,
			  const struct ledger *there, const char *stream)
{
	struct buf here_text = { 0 }, there_text = { 0 };

	if (!memcmp(&here->sum.assumed, &there->sum.assumed, sizeof(here->sum.assumed)))
		return;
	assume_text(&here_text, &here->sum.assumed);
	assume_text(&there_text, &there->sum.assumed);
	buf_add_char(&here_text, '\0');
	buf_add_char(&there_text, '\0');
	die_other_scan(db, stream, "what is assumed",
		       here_text.len > 1 ? (char *)here_text.data : "nothing",
		       there_text.len > 1 ? (char *)there_text.data : "nothing");
}

static void check_ledgers(const struct db *db, const struct scan_facts *facts, const char *stream)
{
	const struct ledger usage = common_part(facts->usage_ledger), *here = &usage;
	const struct ledger dirs = common_part(&facts->dirs->ledger), *there = &dirs;
	char here_text[DIGEST_TEXT_SIZE], there_text[DIGEST_TEXT_SIZE];

	if (ledger_equal(here, there))
		return;
	for (int i = 0; i < LEDGER_COUNTS; i++) {
		if (here->sum.count[i] == there->sum.count[i])
			continue;
		snprintf(here_text, sizeof(here_text), "%" PRIu64, here->sum.count[i]);
		snprintf(there_text, sizeof(there_text), "%" PRIu64, there->sum.count[i]);
		die_other_scan(db, stream, ledger_count_names[i], here_text, there_text);
	}
	check_assumed(db, here, there, stream);
	die_other_scan(db, stream, "the digest of all entries",
		       digest_text(here_text, here->sum.digest),
		       digest_text(there_text, there->sum.digest));
}

static void check_sum(const struct scan_facts *facts, const char *stream, enum ledger_count which,
		      uint64_t sum)
{
	uint64_t expected = facts->usage_ledger->sum.count[which];

	if (sum != expected)
		die(EXIT_INPUT, "%s: %s add up to %" PRIu64 ", but the scan had %" PRIu64, stream,
		    ledger_count_names[which], sum, expected);
}

bool scan_facts_verified(const struct scan_facts *facts)
{
	return ledger_verified(facts->usage_ledger) && ledger_verified(&facts->dirs->ledger);
}

void scan_check_facts(const struct db *db, const struct scan_facts *facts, const char *stream)
{
	if (!scan_facts_verified(facts))
		return;
	check_ledgers(db, facts, stream);
	check_sum(facts, stream, COUNT_FILES, (uint64_t)facts->sums.files);
	check_sum(facts, stream, COUNT_ALLOCATED, (uint64_t)facts->sums.allocated);
	check_sum(facts, stream, COUNT_APPARENT, (uint64_t)facts->sums.apparent);
	check_sum(facts, stream, COUNT_MULTILINK_FILES, (uint64_t)facts->multilink.files);
	check_sum(facts, stream, COUNT_MULTILINK_BYTES, (uint64_t)facts->multilink.allocated);
}

/* ---- buckets, scan_sources, scan_rejects ---- */

static void store_buckets(struct db *db, const char *kind, const struct bucket buckets[BUCKETS],
			  int64_t lowest)
{
	sqlite3_stmt *insert = db_prepare(db, "INSERT INTO buckets VALUES(?, ?, ?, ?, ?)");

	for (int i = 0; i < BUCKETS; i++) {
		db_bind_name(db, insert, 1, kind, strlen(kind));
		db_bind(db, insert, 2, i);
		db_bind_name(db, insert, 3, buckets[i].label, strlen(buckets[i].label));
		db_bind(db, insert, 4, i ? buckets[i - 1].upper : lowest);
		db_bind(db, insert, 5, i < BUCKETS - 1 ? buckets[i].upper : DB_NULL);
		db_step(db, insert);
	}
	sqlite3_finalize(insert);
}

static void store_sources(struct db *db, const struct ledger *ledger)
{
	sqlite3_stmt *insert = db_prepare(db, "INSERT INTO scan_sources VALUES(?, ?, ?)");
	char digest[DIGEST_TEXT_SIZE];

	for (size_t i = 0; i < ledger->source_count; i++) {
		const struct ledger_source *s = &ledger->sources[i];

		db_bind_name(db, insert, 1, s->name, strlen(s->name));
		db_bind_name(db, insert, 2, digest_text(digest, s->digest), DIGEST_TEXT_SIZE - 1);
		db_bind(db, insert, 3, (int64_t)s->lines);
		db_step(db, insert);
	}
	sqlite3_finalize(insert);
}

static void store_rejects(struct db *db, const struct ledger *ledger)
{
	sqlite3_stmt *insert = db_prepare(db, "INSERT INTO scan_rejects VALUES(?, ?, ?)");

	for (int i = 0; i < REJECT_REASONS; i++) {
		char *first;

		if (!ledger->sum.rejects[i])
			continue;
		first = xasprintf("%s:%" PRIu64, ledger->reject_source[i],
				  ledger->sum.reject_line[i]);
		db_bind_name(db, insert, 1, reject_names[i], strlen(reject_names[i]));
		db_bind(db, insert, 2, (int64_t)ledger->sum.rejects[i]);
		db_bind_name(db, insert, 3, first, strlen(first));
		db_step(db, insert);
		free(first);
	}
	sqlite3_finalize(insert);
}

/* Both ledgers are the same, unless one went through other programs and may be gone. */
static const struct ledger *trusted_ledger(const struct scan_facts *facts)
{
	if (!ledger_verified(facts->usage_ledger) && ledger_verified(&facts->dirs->ledger))
		return &facts->dirs->ledger;
	return facts->usage_ledger;
}

void scan_facts_store(struct db *db, const struct scan_facts *facts)
{
	/* An age can be negative, which is young; a size cannot. */
	store_buckets(db, "age", age_buckets, DB_NULL);
	store_buckets(db, "size", size_buckets, 0);
	store_sources(db, trusted_ledger(facts));
	store_rejects(db, trusted_ledger(facts));
}

/* ---- scan_metadata ---- */

/* What the headers of both streams say. */
static void merge_headers(struct header *all, const struct scan_facts *facts)
{
	struct header dirs;

	header_copy(all, facts->usage_head);
	header_copy(&dirs, &facts->dirs->head);
	dirs.kind = all->kind;
	dirs.age_by = all->age_by;
	if (header_merge(all, &dirs, true))
		die(EXIT_SYSTEM, "headers of the two streams cannot be merged");
	header_release(&dirs);
}

static void add_names(struct buf *text, char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_printf(text, "%s%s", i ? " " : "", names[i]);
}

static void add_source_names(struct buf *text, const struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->source_count; i++)
		buf_printf(text, "%s%s", i ? " " : "", ledger->sources[i].name);
}

static void add_path(struct buf *text, const struct buf *path)
{
	buf_add(text, path->data, path->len);
	for (size_t i = 0; i < text->len; i++) {
		if (!text->data[i])
			text->data[i] = '/';
	}
	if (!text->len)
		buf_add_char(text, '/');
}

/* Bind the text, NULL when it is empty, and empty it. */
static void bind_text(struct db *db, sqlite3_stmt *statement, int at, struct buf *text)
{
	db_bind_name(db, statement, at, text->len ? (char *)text->data : NULL, text->len);
	text->len = 0;
}

/* What either stream rests on: the edited one may have lost what the other still says. */
static void add_assumed(struct buf *text, const struct scan_facts *facts)
{
	struct assumptions all = facts->usage_ledger->sum.assumed;

	assume_cover(&all, &facts->dirs->ledger.sum.assumed);
	if (all.count[ASSUME_LINKS_ASSUMED])
		all.count[ASSUME_LINKS_UNKNOWN] = 0;
	assume_text(text, &all);
}

/* What stats-load has added up is right even when nobody can vouch for the ledger. */
static uint64_t count_of(const struct scan_facts *facts, enum ledger_count which)
{
	switch (which) {
	case COUNT_FILES: return (uint64_t)facts->sums.files;
	case COUNT_ALLOCATED: return (uint64_t)facts->sums.allocated;
	case COUNT_APPARENT: return (uint64_t)facts->sums.apparent;
	default: return trusted_ledger(facts)->sum.count[which];
	}
}

/* One parameter for each column behind scan_id. */
static sqlite3_stmt *prepare_metadata(struct db *db)
{
	sqlite3_stmt *all = db_prepare(db, "SELECT * FROM scan_metadata"), *insert;
	struct buf sql = { 0 };

	buf_add_str(&sql, "INSERT INTO scan_metadata VALUES(1");
	for (int i = 1; i < sqlite3_column_count(all); i++)
		buf_add_str(&sql, ",?");
	buf_add(&sql, ")", 2);
	insert = db_prepare(db, (char *)sql.data);
	sqlite3_finalize(all);
	buf_release(&sql);
	return insert;
}

/* Returns the next parameter. */
static int bind_links(struct db *db, sqlite3_stmt *insert, int at, const struct scan_facts *facts)
{
	const struct link_totals *links = &facts->links;
	struct sums once = sums_once(&facts->sums, &links->repeated);

	db_bind(db, insert, at++, once.files);
	db_bind(db, insert, at++, once.allocated);
	db_bind(db, insert, at++, once.apparent);
	db_bind(db, insert, at++, links->inodes);
	db_bind(db, insert, at++, links->outside);
	db_bind(db, insert, at++, links->disagree);
	db_bind(db, insert, at++, links->lines);
	return at;
}

void scan_facts_seal(struct db *db, const struct scan_facts *facts)
{
	sqlite3_stmt *insert = prepare_metadata(db);
	const struct header *head = facts->usage_head;
	const struct ledger *ledger = trusted_ledger(facts);
	char digest[DIGEST_TEXT_SIZE];
	struct header all;
	struct buf text = { 0 };
	int at = 1;

	merge_headers(&all, facts);
	header_add_program(&all, program_invocation_short_name);
	add_source_names(&text, ledger);
	bind_text(db, insert, at++, &text);
	db_bind(db, insert, at++,
		head->scan_day == DAY_NONE ? DB_NULL : head->scan_day * SECONDS_PER_DAY);
	db_bind(db, insert, at++, time(NULL));
	buf_add_str(&text, head->filesystem ? head->filesystem : "");
	bind_text(db, insert, at++, &text);
	add_path(&text, facts->root_path);
	bind_text(db, insert, at++, &text);
	db_bind(db, insert, at++, facts->root_id);
	buf_add_str(&text, age_by_name(head->age_by));
	bind_text(db, insert, at++, &text);
	db_bind(db, insert, at++, facts->dirs->directories);
	db_bind(db, insert, at++, facts->dirs->implied);
	for (int i = 0; i < LEDGER_COUNTS; i++)
		db_bind(db, insert, at++, (int64_t)count_of(facts, i));
	at = bind_links(db, insert, at, facts);
	add_assumed(&text, facts);
	db_bind_name(db, insert, at++, text.len ? (char *)text.data : "", text.len);
	text.len = 0;
	buf_add_str(&text, digest_text(digest, ledger->sum.digest));
	bind_text(db, insert, at++, &text);
	add_names(&text, all.formats, all.format_count);
	bind_text(db, insert, at++, &text);
	add_names(&text, all.programs, all.program_count);
	bind_text(db, insert, at++, &text);
	header_release(&all);
	db_step(db, insert);
	sqlite3_finalize(insert);
	buf_release(&text);
	db_seal_store(db);
}
