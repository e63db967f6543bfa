/* SPDX-License-Identifier: MIT */
/*
 * A prefix is looked up name by name from `/` down, through the index on (parent_id, name). What is
 * found is a range of dir_id; ranges of two directories are disjoint or one holds the other, so
 * that sorting them by their first id (the larger first) leaves only the last one to look at.
 */
#include "common/query/scope.h"

#include "common/base/path.h"
#include "common/db/db_column.h"

#define ROOT_ID 1 /* dir_id of `/` */

/* ---- from path to range ---- */

/* A path of the question, and the longest ancestor (or itself) that any database has, as text. */
struct wanted {
	char *path; /* `/` is empty */
	size_t len;
	struct buf nearest; /* as users see it */
	bool found;
};

static void parse_wanted(struct wanted *w, const char *option, const char *text)
{
	size_t len = strlen(text);

	*w = (struct wanted){ .path = xmalloc(len + 1) };
	switch (path_from_text(w->path, &w->len, text, len)) {
	case PATH_OK: break;
	case PATH_NOT_ABSOLUTE: die(EXIT_USAGE, "%s: '%s' does not begin with '/'", option, text);
	case PATH_HAS_DOTS: die(EXIT_USAGE, "%s: '%s' has a component '.' or '..'", option, text);
	default: die(EXIT_USAGE, "%s: '%.40s...' is too long", option, text);
	}
	for (size_t i = 0; i < w->len; i++) {
		if (!w->path[i])
			w->path[i] = '/';
	}
}

/* Children that are looked at one after the other before those that are left are halved. */
#define CHILDREN_AT_ONCE 6

/*
 * The child of `parent` that has this name, 0: there is none. `last` is the last directory below
 * it. Children stand in the order of the bytes of their names, with their subtrees between them: a
 * child is looked for among the first ones, as most directories have few, then by halving what can
 * have it.
 */
static int64_t child_named(struct db_reader_db *a, int64_t parent, int64_t last, const char *name,
			   size_t len)
{
	sqlite3_stmt *from = db_reader_statement(a,
		"SELECT dir_id, name FROM directories INDEXED BY directories_by_parent"
		" WHERE parent_id = ? AND dir_id >= ? ORDER BY dir_id");
	int64_t low = parent + 1, high = last, id = 0;
	int order = -1, at_once = CHILDREN_AT_ONCE;

	db_bind(&a->db, from, 1, parent);
	while (order && low <= high) {
		int64_t middle = at_once ? low : low + (high - low) / 2;

		db_bind(&a->db, from, 2, middle);
		do {
			struct db_text child;

			order = -1;
			if (!db_step(&a->db, from))
				break;
			child = db_column_text(&a->db, from, 1, DB_NAME_BYTES);
			id = db_column(&a->db, from, 0, DB_ID);
			order = path_compare(name, len, child.bytes, child.len);
		} while (order > 0 && at_once && --at_once);
		db_check(&a->db, sqlite3_reset(from));
		if (order > 0)
			low = id + 1;
		else
			high = middle - 1;
	}
	return order ? 0 : id;
}

/* The number of the directory that `sql` has, of one dir_id, in its table. */
static int64_t number_of(struct db_reader_db *a, const char *sql, const char *table, int64_t id,
			 enum db_domain domain)
{
	sqlite3_stmt *select = db_reader_statement(a, sql);
	int64_t number;

	db_bind(&a->db, select, 1, id);
	if (!db_step(&a->db, select))
		die(EXIT_INPUT, "%s: is damaged: no %s for dir_id %" PRId64, a->db.name, table, id);
	number = db_column(&a->db, select, 0, domain);
	db_check(&a->db, sqlite3_reset(select));
	return number;
}

static int64_t last_below(struct db_reader_db *a, int64_t id)
{
	return id + number_of(a, "SELECT dir_count_r FROM directory_stats WHERE dir_id = ?",
			      "directory_stats", id, DB_DIRECTORY_COUNT);
}

static struct scope_prefix subtree(struct db_reader_db *a, int64_t id, size_t which)
{
	return (struct scope_prefix){
		.dir_id = id, .prefix = which, .last = last_below(a, id),
		.depth = number_of(a, "SELECT depth FROM directories WHERE dir_id = ?",
				   "directories", id, DB_DEPTH),
	};
}

/* The id of a path of the scan, 0 when it is not there; *known: bytes of what is there of it. */
static int64_t look_up(struct db_reader_db *a, const struct buf *path, size_t *known)
{
	const char *text = (const char *)path->data;
	int64_t id = ROOT_ID, last = a->directories;

	for (size_t at = *known = 0; at < path->len; *known = at) {
		size_t end = at + 1;

		while (end < path->len && text[end] != '/')
			end++;
		id = child_named(a, id, last, text + at + 1, end - at - 1);
		if (!id)
			return 0;
		last = last_below(a, id);
		at = end;
	}
	return id;
}

/* Keep the first `known` bytes of a path of the scan, if that is the longest so far. */
static void note_nearest(struct db_reader_db *a, struct wanted *w, struct buf *path, size_t known)
{
	path->len = known;
	if (!known)
		buf_add_char(path, '/');
	path_maps_show(&a->maps, path);
	if (path->len <= w->nearest.len)
		return;
	w->nearest.len = 0;
	buf_add(&w->nearest, path->data, path->len);
}

/* The id of what the user means, 0 when it is not there. */
static int64_t find(struct db_reader_db *a, struct wanted *w)
{
	struct buf path = { 0 };
	size_t known;
	int64_t id = 0;

	for (size_t i = 0; !id && path_maps_meaning(&a->maps, i, w->path, w->len, &path); i++) {
		id = look_up(a, &path, &known);
		if (!id)
			note_nearest(a, w, &path, known);
	}
	w->found = w->found || id;
	buf_release(&path);
	return id;
}

static int compare_subtrees(const void *left, const void *right)
{
	const struct scope_prefix *a = left, *b = right;

	if (a->dir_id != b->dir_id)
		return a->dir_id < b->dir_id ? -1 : 1;
	return a->prefix < b->prefix ? -1 : a->prefix > b->prefix;
}

/* In order, each directory once, `nested` set. */
static size_t arrange(struct scope_prefix *list, size_t n)
{
	int64_t last = 0;
	size_t kept = 0;

	qsort(list, n, sizeof(*list), compare_subtrees);
	for (size_t i = 0; i < n; i++) {
		if (kept && list[i].dir_id == list[kept - 1].dir_id)
			continue;
		list[i].nested = list[i].dir_id <= last;
		if (!list[i].nested)
			last = list[i].last;
		list[kept++] = list[i];
	}
	return kept;
}

static struct scope_prefix *find_all(struct db_reader_db *a, struct wanted *wanted, size_t n,
				     size_t *found)
{
	struct scope_prefix *list = xcalloc(n + 1, sizeof(*list));

	*found = 0;
	for (size_t i = 0; i < n; i++) {
		int64_t id = find(a, &wanted[i]);

		if (id)
			list[(*found)++] = subtree(a, id, i);
	}
	*found = arrange(list, *found);
	return list;
}

/* ---- prefixes less excludes ---- */

static void add_range(struct scope *s, int64_t first, int64_t last)
{
	if (first > last)
		return;
	GROW_BY_ONE(s->ranges, s->range_count);
	s->ranges[s->range_count++] = (struct scope_range){ first, last };
	s->directories += last - first + 1;
}

static void add_exclude(struct scope *s, int64_t first, int64_t last)
{
	GROW_BY_ONE(s->excludes, s->exclude_count);
	s->excludes[s->exclude_count++] = (struct scope_range){ first, last };
}

/* Subtrees nest or are disjoint: an exclude is in the prefix, or holds it, or has nothing to do with it. */
static void subtract(struct scope *s, const struct scope_prefix *p,
		     const struct scope_prefix *excludes, size_t n)
{
	int64_t next = p->dir_id;

	for (size_t i = 0; i < n; i++) {
		const struct scope_prefix *e = &excludes[i];

		if (e->nested || e->last < p->dir_id || e->dir_id > p->last)
			continue;
		if (e->dir_id <= p->dir_id) {
			add_exclude(s, p->dir_id, p->last);
			return;
		}
		add_range(s, next, e->dir_id - 1);
		add_exclude(s, e->dir_id, e->last);
		next = e->last + 1;
	}
	add_range(s, next, p->last);
}

static void resolve_one(struct db_reader_db *a, const struct scope_options *o, struct wanted *prefixes,
			struct wanted *excludes, struct scope *s)
{
	struct scope_prefix *out;
	size_t out_count;

	if (o->prefix_count) {
		s->prefixes = find_all(a, prefixes, o->prefix_count, &s->prefix_count);
	} else {
		s->prefixes = xmalloc(sizeof(*s->prefixes));
		s->prefixes[0] = subtree(a, o->from_root ? ROOT_ID : a->root_id, 0);
		s->prefix_count = 1;
	}
	out = find_all(a, excludes, o->exclude_count, &out_count);
	for (size_t i = 0; i < s->prefix_count; i++) {
		if (!s->prefixes[i].nested)
			subtract(s, &s->prefixes[i], out, out_count);
	}
	free(out);
}

static void require_found(const struct db_reader_set *set, const struct wanted *wanted, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct wanted *w = &wanted[i];

		if (!w->found)
			die(EXIT_NO,
			    "%s: is not in %s; the nearest directory above it that is there: %s",
			    path_for_message(w->path, w->len),
			    set->count == 1 ? set->dbs[0].operand : "any of the databases",
			    path_for_message((char *)w->nearest.data, w->nearest.len));
	}
}

static struct wanted *parse_all(const char *option, const char **texts, size_t n)
{
	struct wanted *wanted = xcalloc(n + 1, sizeof(*wanted));

	for (size_t i = 0; i < n; i++)
		parse_wanted(&wanted[i], option, texts[i]);
	return wanted;
}

static void free_wanted(struct wanted *wanted, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(wanted[i].path);
		buf_release(&wanted[i].nearest);
	}
	free(wanted);
}

struct scope *scope_resolve(struct db_reader_set *set, const struct scope_options *o)
{
	struct wanted *prefixes = parse_all("--path-prefix", o->prefixes, o->prefix_count);
	struct wanted *excludes = parse_all("--exclude", o->excludes, o->exclude_count);
	struct scope *scopes = xcalloc(set->count, sizeof(*scopes));

	for (size_t i = 0; i < set->count; i++)
		resolve_one(&set->dbs[i], o, prefixes, excludes, &scopes[i]);
	require_found(set, prefixes, o->prefix_count);
	require_found(set, excludes, o->exclude_count);
	free_wanted(prefixes, o->prefix_count);
	free_wanted(excludes, o->exclude_count);
	return scopes;
}

void scope_narrow(struct scope *s, struct scope_prefix *prefixes, size_t count)
{
	struct scope old = *s;
	struct scope_prefix *out = xcalloc(old.exclude_count + 1, sizeof(*out));

	for (size_t i = 0; i < old.exclude_count; i++)
		out[i] = (struct scope_prefix){ .dir_id = old.excludes[i].first,
						.last = old.excludes[i].last };
	*s = (struct scope){ .prefixes = prefixes, .prefix_count = count };
	for (size_t i = 0; i < count; i++) {
		const struct scope_prefix *p = &prefixes[i];
		size_t first = scope_range_from(old.excludes, old.exclude_count, p->dir_id);
		size_t end = scope_range_from(old.excludes, old.exclude_count, p->last + 1);

		subtract(s, p, out + first, end - first);
	}
	free(out);
	free(old.prefixes);
	free(old.excludes);
	free(old.ranges);
}

void scope_free(struct scope *scopes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(scopes[i].prefixes);
		free(scopes[i].excludes);
		free(scopes[i].ranges);
	}
	free(scopes);
}

/* ---- answers ---- */

size_t scope_range_from(const struct scope_range *ranges, size_t count, int64_t dir_id)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges[middle].last < dir_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool scope_contains(const struct scope *s, int64_t dir_id)
{
	size_t at = scope_range_from(s->ranges, s->range_count, dir_id);

	return at < s->range_count && s->ranges[at].first <= dir_id;
}

static void reverse(unsigned char *at, size_t len)
{
	for (size_t i = 0; i < len / 2; i++) {
		unsigned char kept = at[i];

		at[i] = at[len - 1 - i];
		at[len - 1 - i] = kept;
	}
}

void scope_path(struct db_reader_db *a, int64_t dir_id, struct buf *out)
{
	enum { PARENT, NAME };
	sqlite3_stmt *above = db_reader_statement(
		a, "SELECT parent_id, name FROM directories WHERE dir_id = ?");
	size_t start = out->len;

	/* Written backwards on the way up: each name reversed, in the end all of it again. */
	while (dir_id != ROOT_ID) {
		struct db_text name;
		int64_t parent;

		db_bind(&a->db, above, 1, dir_id);
		parent = db_step(&a->db, above) ? db_column(&a->db, above, PARENT, DB_ID) : dir_id;
		if (parent >= dir_id)
			die(EXIT_INPUT,
			    "%s: is damaged: directories has no way from dir_id %" PRId64 " to /",
			    a->db.name, dir_id);
		name = db_column_text(&a->db, above, NAME, DB_NAME_BYTES);
		buf_add(out, name.bytes, name.len);
		reverse(out->data + out->len - name.len, name.len);
		buf_add_char(out, '/');
		dir_id = parent;
		db_check(&a->db, sqlite3_reset(above));
	}
	if (out->len == start)
		buf_add_char(out, '/');
	else
		reverse(out->data + start, out->len - start);
}

void scope_shown_path(struct db_reader_db *a, int64_t dir_id, struct buf *out)
{
	scope_path(a, dir_id, out);
	path_maps_show(&a->maps, out);
}
