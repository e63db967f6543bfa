/* SPDX-License-Identifier: MIT */
/*
 * What the query programs take from their users: paths, name patterns, users; and what they print
 * (answers.c).
 *
 * Input: a byte that selects one of these, then words, each with a letter before it and LF behind.
 */
#include "tests/fuzz/fuzz.h"

#include <fnmatch.h>
#include <grp.h>
#include <pwd.h>

#include "common/base/escape.h"
#include "common/base/path.h"
#include "common/query/scope.h"
#include "common/query/name_glob.h"
#include "common/query/owners.h"
#include "tests/fuzz/answers.h"

#define WORDS_MAX 8
#define WORD_MAX 80 /* a pattern with many '*' takes its time */

struct word {
	char letter;
	char text[WORD_MAX + 1];
};

struct question {
	struct word words[WORDS_MAX];
	size_t count;
};

/* ---- a database ---- */

/* In tree order; dir_id is the place from 1. The second is the scan root. */
static const char *const tree[] = {
	"/", "/g", "/g/a", "/g/a/A", "/g/a/A/\xe9", "/g/a/b", "/g/a b", "/g/a b/b", "/g/\xc3\xa9",
};
#define DIRS (sizeof(tree) / sizeof(tree[0]))
#define SCAN_ROOT 2

static struct db_reader_db database;
static struct db_reader_set set = { &database, 1 };

/* The name service of this machine is left out. */
struct passwd *getpwnam(const char *name)
{
	(void)name;
	return NULL;
}

struct group *getgrnam(const char *name)
{
	(void)name;
	return NULL;
}

static bool is_below(const char *dir, const char *path)
{
	size_t len = strlen(dir);

	return !dir[1] || (!strncmp(dir, path, len) && (!path[len] || path[len] == '/'));
}

static size_t parent_of(size_t dir)
{
	size_t parent = 0;

	for (size_t i = 0; i < dir; i++) {
		if (is_below(tree[i], tree[dir]))
			parent = i;
	}
	return parent;
}

static void add_directory(size_t i)
{
	sqlite3_stmt *insert = db_prepare(&database.db, "INSERT INTO directories VALUES(?,?,?,?)");
	const char *name = i ? strrchr(tree[i], '/') + 1 : "/";
	int64_t depth = 0, below = 0;

	for (size_t k = 0; k < DIRS; k++) {
		depth += k != i && is_below(tree[k], tree[i]);
		below += k != i && is_below(tree[i], tree[k]);
	}
	db_bind(&database.db, insert, 1, (int64_t)i + 1);
	db_bind(&database.db, insert, 2, i ? (int64_t)parent_of(i) + 1 : DB_NULL);
	db_bind_name(&database.db, insert, 3, name, strlen(name));
	db_bind(&database.db, insert, 4, depth);
	db_step(&database.db, insert);
	sqlite3_finalize(insert);
	insert = db_prepare(&database.db, "INSERT INTO directory_stats VALUES(?,?)");
	db_bind(&database.db, insert, 1, (int64_t)i + 1);
	db_bind(&database.db, insert, 2, below);
	db_step(&database.db, insert);
	sqlite3_finalize(insert);
}

static void make_database(void)
{
	if (database.db.handle)
		return;
	database.operand = database.db.name = (char *)(uintptr_t)"memory.db";
	if (sqlite3_open(":memory:", &database.db.handle))
		abort();
	db_exec(&database.db,
		"CREATE TABLE directories(dir_id INTEGER PRIMARY KEY, parent_id, name, depth);"
		"CREATE INDEX directories_by_parent ON directories(parent_id);"
		"CREATE TABLE directory_stats(dir_id INTEGER PRIMARY KEY, dir_count_r);"
		"CREATE TABLE user_info(uid INTEGER PRIMARY KEY, username);"
		"CREATE TABLE group_info(gid INTEGER PRIMARY KEY, groupname);"
		"INSERT INTO user_info VALUES(0,'root'),(1000,'al ice'),(4294967295,'-u');"
		"INSERT INTO group_info VALUES(0,'root'),(100,'users')");
	for (size_t i = 0; i < DIRS; i++)
		add_directory(i);
	database.root_id = SCAN_ROOT;
	database.directories = DIRS;
}

/* ---- paths ---- */

/* One slash between names, none at the end. Returns the status that such a path deserves. */
static enum exit_status plain_path(char *out, const char *text)
{
	size_t len = 0;

	if (*text != '/')
		return EXIT_USAGE;
	while (*text) {
		size_t n = strcspn(text, "/");

		if (n && n <= 2 && strspn(text, ".") >= n)
			return EXIT_USAGE;
		if (n)
			out[len++] = '/';
		memcpy(out + len, text, n);
		len += n;
		text += n + (text[n] == '/');
	}
	memcpy(out + len, len ? "" : "/", len ? 1 : 2);
	return EXIT_OK;
}

static void try_path(void *question)
{
	const struct question *q = question;

	for (size_t i = 0; i < q->count; i++) {
		const char *text = q->words[i].text;
		char plain[WORD_MAX + 2], memory[WORD_MAX + 1], *message;
		size_t len, decoded;
		struct buf escaped = { 0 };
		enum path_fault fault = path_from_text(memory, &len, text, strlen(text));

		fuzz_check((fault == PATH_OK) == (plain_path(plain, text) == EXIT_OK), "a path");
		if (fault != PATH_OK)
			continue;
		fuzz_check(path_valid(memory, len), "a path that is none");
		path_add_escaped(&escaped, memory, len);
		decoded = escape_decode((char *)escaped.data, escaped.len);
		fuzz_check(decoded == strlen(plain) && !memcmp(plain, escaped.data, decoded),
			   "another path");
		fuzz_check(path_depth(memory, len) == (size_t)(plain[1] != '\0') +
			   (len ? path_depth(memory, path_parent(memory, len)) : 0), "depth");
		message = path_for_message(memory, len);
		free(message);
		buf_release(&escaped);
	}
}

static size_t directory_of(const char *path)
{
	size_t i = 0;

	while (i < DIRS && strcmp(tree[i], path))
		i++;
	return i;
}

struct scoping {
	const struct question *question;
	struct scope_options options;
	bool inside[DIRS];
};

static void try_scope(void *arg)
{
	struct scoping *s = arg;
	struct scope *scope = scope_resolve(&set, &s->options);
	int64_t count = 0;

	for (size_t i = 0; i < DIRS; i++) {
		struct buf path = { 0 };

		fuzz_check(scope_contains(scope, (int64_t)i + 1) == s->inside[i], "%s", tree[i]);
		count += s->inside[i];
		scope_path(&database, (int64_t)i + 1, &path);
		fuzz_check(path.len == strlen(tree[i]) && !memcmp(path.data, tree[i], path.len),
			   "the path of %s", tree[i]);
		buf_release(&path);
	}
	fuzz_check(scope->directories == count, "%jd directories", (intmax_t)scope->directories);
	fuzz_check(!scope_contains(scope, 0) && !scope_contains(scope, DIRS + 1), "beyond");
	scope_free(scope, 1);
}

/* Words of letter E are excludes, R means --from-root, all others are prefixes. */
static void check_scope(const struct question *q)
{
	struct scoping s = { .question = q };
	const char *prefixes[WORDS_MAX], *excludes[WORDS_MAX];
	enum exit_status wanted = EXIT_OK;
	bool in[DIRS] = { false }, out[DIRS] = { false };
	bool ended;

	s.options.prefixes = prefixes;
	s.options.excludes = excludes;
	for (size_t i = 0; i < q->count; i++) {
		const struct word *w = &q->words[i];
		char plain[WORD_MAX + 2];
		size_t dir;

		if (w->letter == 'R') {
			s.options.from_root = true;
			continue;
		}
		if (w->letter == 'E')
			excludes[s.options.exclude_count++] = w->text;
		else
			prefixes[s.options.prefix_count++] = w->text;
		if (plain_path(plain, w->text) != EXIT_OK) {
			wanted = EXIT_USAGE;
			continue;
		}
		dir = directory_of(plain);
		if (dir == DIRS && wanted == EXIT_OK)
			wanted = EXIT_NO;
		for (size_t k = 0; dir < DIRS && k < DIRS; k++)
			*(w->letter == 'E' ? &out[k] : &in[k]) |= is_below(tree[dir], tree[k]);
	}
	for (size_t k = 0; k < DIRS; k++) {
		size_t root = s.options.from_root ? 0 : SCAN_ROOT - 1;

		if (!s.options.prefix_count)
			in[k] = is_below(tree[root], tree[k]);
		s.inside[k] = in[k] && !out[k];
	}
	ended = fuzz_try(try_scope, &s);
	fuzz_check(ended == (wanted == EXIT_OK) && fuzz_status == (int)wanted,
		   "scope: status %d is right", wanted);
}

/* ---- patterns ---- */

/* A pattern that fnmatch(3) and the manual understand alike: no classes as [:alpha:], no odd ranges. */
static bool is_simple(const char *pattern)
{
	for (; *pattern; pattern++) {
		if (*pattern == '[' && strchr(":.=", pattern[1]))
			return false;
		if (*pattern == '-' && strchr("-[]", pattern[1]))
			return false;
	}
	return true;
}

/* Words of letter I mean -i, of letter N names, all others patterns. */
static void try_patterns(void *question)
{
	struct question *q = question;
	bool ignore_case = false;

	for (size_t i = 0; i < q->count; i++)
		ignore_case = ignore_case || q->words[i].letter == 'I';
	for (size_t i = 0; i < q->count; i++) {
		const char *name = q->words[i].text;

		for (size_t k = 0; q->words[i].letter == 'N' && k < q->count; k++) {
			const char *pattern = q->words[k].text;
			bool found = name_glob_match(pattern, name, strlen(name), ignore_case);

			fuzz_check(!is_simple(pattern) ||
				   found == !fnmatch(pattern, name, FNM_NOESCAPE |
						     (ignore_case ? FNM_CASEFOLD : 0)),
				   "a pattern");
		}
	}
}

/* ---- users ---- */

static uint32_t id;

static void try_user(void *text)
{
	const char *texts[] = { text };
	struct owners_wanted users = { .texts = texts, .text_count = 1 }, groups = { 0 };

	owners_resolve(&set, &users, "--owner", &groups, "--group");
	id = users.ids[0];
	free(users.ids);
}

static void check_user(char *text)
{
	static const struct {
		const char *name;
		uint32_t uid;
	} known[] = { { "root", 0 }, { "al ice", 1000 }, { "-u", 4294967295u } };
	uint64_t uid = 0;
	bool good = *text != '\0';

	for (const char *at = text; *at && good; at++) {
		uid = 10 * uid + (uint64_t)(*at - '0');
		good = *at >= '0' && *at <= '9' && uid <= UINT32_MAX;
	}
	for (size_t i = 0; i < 3; i++) {
		if (!strcmp(known[i].name, text)) {
			good = true;
			uid = known[i].uid;
		}
	}
	fuzz_check(fuzz_try(try_user, text) == good && (good || fuzz_status == EXIT_USAGE), "user");
	fuzz_check(!good || id == uid, "another user");
}

/* ---- input ---- */

static void read_words(struct question *q, const uint8_t *data, size_t len)
{
	q->count = 0;
	while (len && q->count < WORDS_MAX) {
		struct word *w = &q->words[q->count++];
		size_t n = 0;

		w->letter = (char)*data;
		for (data++, len--; len && *data != '\n'; data++, len--) {
			if (n < WORD_MAX && *data)
				w->text[n++] = (char)*data;
		}
		w->text[n] = '\0';
		if (len) {
			data++;
			len--;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct question q;
	struct answers answers = { data + 1, len ? len - 1 : 0 };

	if (!len)
		return 0;
	make_database();
	read_words(&q, data + 1, len - 1);
	switch (*data % 5) {
	case 0: fuzz_check(fuzz_try(try_path, &q), "a path is never fatal"); break;
	case 1: check_scope(&q); break;
	case 2: fuzz_check(fuzz_try(try_patterns, &q), "a pattern is never fatal"); break;
	case 3: check_user(q.count ? q.words[0].text : (char[]){ "" }); break;
	default: fuzz_check(fuzz_try(answers_render, &answers), "rendering fails");
	}
	return 0;
}
