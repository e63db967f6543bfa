/* SPDX-License-Identifier: MIT */
#include "common/db/path_maps.h"

#include "common/base/input.h"
#include "common/base/path.h"
#include "common/db/db_column.h"

#define LINE_BYTES (2 * PATH_BYTES_MAX + 2)
#define OPTION "--map"

/* From memory form to the one that this module has. */
static void to_text(char *path, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!path[i])
			path[i] = '/';
	}
	path[len] = '\0';
}

/* False: no absolute path. */
static bool take_path(const char *text, size_t len, char **path, size_t *path_len)
{
	*path = xmalloc(len + 1);
	if (path_from_text(*path, path_len, text, len) != PATH_OK) {
		free(*path);
		return false;
	}
	to_text(*path, *path_len);
	return true;
}

/* Is it the directory, or below it? */
static bool holds(const char *dir, size_t dir_len, const char *path, size_t len)
{
	return dir_len <= len && memcmp(dir, path, dir_len) == 0 &&
	       (dir_len == len || path[dir_len] == '/');
}

static bool same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && memcmp(a, b, a_len) == 0;
}

static void release(struct path_map *map)
{
	free(map->scan);
	free(map->shown);
}

/* Behind those that are shown with a longer path. */
static void insert(struct path_maps *m, struct path_map map)
{
	size_t at = m->count;

	GROW_BY_ONE(m->map, m->count);
	for (; at && m->map[at - 1].shown_len < map.shown_len; at--)
		m->map[at] = m->map[at - 1];
	m->map[at] = map;
	m->count++;
}

static bool parse(struct path_map *map, const char *text, size_t len)
{
	const char *shown = memmem(text, len, "=/", 2);

	if (!shown || !take_path(text, (size_t)(shown - text), &map->scan, &map->scan_len))
		return false;
	shown++;
	if (take_path(shown, (size_t)(text + len - shown), &map->shown, &map->shown_len))
		return true;
	free(map->scan);
	return false;
}

static void add(struct path_maps *m, const char *where, const char *text, size_t len)
{
	struct path_map map = { .where = where };

	if (!parse(&map, text, len))
		die(EXIT_USAGE, "%s: '%s' is not FROM=TO, two absolute paths", where, text);
	for (size_t i = 0; i < m->count; i++) {
		const struct path_map *old = &m->map[i];
		bool again = same(old->scan, old->scan_len, map.scan, map.scan_len);

		if (again && strcmp(old->where, where)) {
			release(&map);
			return;
		}
		if (again)
			die(EXIT_USAGE, "%s: '%s' is mapped twice", where,
			    map.scan_len ? map.scan : "/");
		if (same(old->shown, old->shown_len, map.shown, map.shown_len))
			die(EXIT_USAGE, "%s: two directories would be shown as '%s'", where,
			    map.shown_len ? map.shown : "/");
	}
	if (m->count == PATH_MAPS_MAX)
		die(EXIT_USAGE, "%s: more than %d maps", where, PATH_MAPS_MAX);
	insert(m, map);
}

static void read_file(struct path_maps *m, const char *file)
{
	enum input_line got;
	struct input in;
	size_t len;
	char *line;

	input_open(&in, file);
	while ((got = input_line(&in, LINE_BYTES, &line, &len)) == INPUT_LINE) {
		if (line[strspn(line, " \t")] && *line != '#')
			add(m, file, line, len);
	}
	if (got != INPUT_END)
		die(EXIT_USAGE, "%s: its last line does not end, or is too long", file);
	input_close(&in);
}

void path_maps_read(struct path_maps *m, const char **options, size_t count, const char *file)
{
	for (size_t i = 0; i < count; i++)
		add(m, OPTION, options[i], strlen(options[i]));
	if (file)
		read_file(m, file);
}

void path_maps_release(struct path_maps *m)
{
	for (size_t i = 0; i < m->count; i++)
		release(&m->map[i]);
	free(m->map);
	*m = (struct path_maps){ 0 };
}

/* ---- the table ---- */

static void bind_path(struct db *db, sqlite3_stmt *row, int at, const char *path, size_t len)
{
	db_bind_name(db, row, at, len ? path : "/", len ? len : 1);
}

void path_maps_store(struct db *db, const struct path_maps *m, const struct buf *root, bool quiet)
{
	sqlite3_stmt *row = db_prepare(db, "INSERT INTO path_maps VALUES(?, ?)");
	char *top = xmalloc(root->len + 1);

	if (root->len)
		memcpy(top, root->data, root->len);
	to_text(top, root->len);
	for (size_t i = 0; i < m->count; i++) {
		const struct path_map *map = &m->map[i];

		if (holds(map->scan, map->scan_len, top, root->len) ||
		    holds(top, root->len, map->scan, map->scan_len)) {
			bind_path(db, row, 1, map->scan, map->scan_len);
			bind_path(db, row, 2, map->shown, map->shown_len);
			db_step(db, row);
		} else if (!quiet && strcmp(map->where, OPTION) == 0) {
			warn("%s: '%s' is not in this scan", OPTION, map->scan);
		}
	}
	free(top);
	sqlite3_finalize(row);
}

void path_maps_load(struct db *db, struct path_maps *m)
{
	enum { SCAN, SHOWN };
	sqlite3_stmt *row = db_prepare(db, "SELECT scan_path, shown_path FROM path_maps");

	*m = (struct path_maps){ 0 };
	while (db_step(db, row)) {
		struct db_text scan = db_column_text(db, row, SCAN, DB_NAME_BYTES);
		struct db_text shown = db_column_text(db, row, SHOWN, DB_NAME_BYTES);
		struct path_map map = { .where = db->name };

		if (m->count == PATH_MAPS_MAX ||
		    !take_path(scan.bytes, scan.len, &map.scan, &map.scan_len) ||
		    !take_path(shown.bytes, shown.len, &map.shown, &map.shown_len))
			die(EXIT_INPUT, "%s: path_maps is damaged", db->name);
		insert(m, map);
	}
	sqlite3_finalize(row);
}

/* ---- there and back ---- */

/* `path` with `to` in place of its first `from_len` bytes. */
static void exchange(struct buf *path, size_t from_len, const char *to, size_t to_len)
{
	size_t rest = path->len - from_len;

	buf_reserve(path, to_len);
	if (rest)
		memmove(path->data + to_len, path->data + from_len, rest);
	memcpy(path->data, to, to_len);
	path->len = to_len + rest;
}

void path_maps_show(const struct path_maps *m, struct buf *path)
{
	const struct path_map *best = NULL;
	const char *text = (const char *)path->data;
	size_t len = path->len == 1 ? 0 : path->len;

	for (size_t i = 0; i < m->count; i++) {
		const struct path_map *map = &m->map[i];

		if (holds(map->scan, map->scan_len, text, len) &&
		    (!best || map->scan_len > best->scan_len))
			best = map;
	}
	if (!best)
		return;
	path->len = len;
	exchange(path, best->scan_len, best->shown, best->shown_len);
	if (!path->len)
		buf_add_char(path, '/');
}

bool path_maps_meaning(const struct path_maps *m, size_t nth, const char *path, size_t len,
		       struct buf *scan)
{
	scan->len = 0;
	buf_add(scan, path, len);
	for (size_t i = 0; i < m->count; i++) {
		const struct path_map *map = &m->map[i];

		if (holds(map->shown, map->shown_len, path, len) && nth-- == 0) {
			exchange(scan, map->shown_len, map->scan, map->scan_len);
			return true;
		}
	}
	return nth == 0;
}
