/* SPDX-License-Identifier: MIT */
#include "common/audit/audit_links.h"

#include <inttypes.h>
#include <xxhash.h>

#include "common/base/buf.h"
#include "common/base/utf8.h"
#include "common/base/wire.h"

/* What a part or a number of links is about, for fingerprints: nothing else has these. */
enum { LINK_PART = 100 };

/* ---- links ---- */

#define LINKS(X) \
	X(link) X(path) X(dir_id) X(name) X(uid) X(gid) X(age_bucket) X(size_bucket) X(allocated) \
	X(apparent) X(nlink) X(lines) X(repeated) X(snapshot) X(inode) X(generation)
#define LINKS_ID(name) LINK_##name,
enum { LINK_ROW, LINKS(LINKS_ID) LINK_COLUMNS };

struct link_line {
	int64_t cell[LINK_COLUMNS];
	struct buf name;
};

/* What is known of the inode whose rows are coming. */
struct inode {
	struct link_line first, before;
	int64_t distinct, nlink;
};

static NORETURN void lie_about(struct audit_links *l, const struct link_line *line, const char *what)
{
	audit_lie(l->db, 0, "links, link %" PRId64 ", path %" PRId64 ": %s", line->cell[LINK_link],
		  line->cell[LINK_path], what);
}

static void read_name(struct audit_links *l, struct audit_rows *r, struct link_line *line)
{
	const void *name = sqlite3_column_blob(r->select, LINK_name);
	size_t len = (size_t)sqlite3_column_bytes(r->select, LINK_name);
	int type = sqlite3_column_type(r->select, LINK_name);

	line->name.len = 0;
	if (len)
		buf_add(&line->name, name, len);
	if ((type != SQLITE_TEXT && type != SQLITE_BLOB) || !len || memchr(name, '/', len) ||
	    memchr(name, '\0', len) || utf8_valid(name, len) != (type == SQLITE_TEXT) ||
	    (len == 1 && !memcmp(name, ".", 1)) || (len == 2 && !memcmp(name, "..", 2)))
		lie_about(l, line, "name is not a valid one, or is stored with the wrong type");
}

static void read_link(struct audit_links *l, struct audit_rows *r, struct link_line *line)
{
	static const struct {
		int64_t least, most;
	} range[LINK_COLUMNS] = {
		[LINK_link] = { 1, INT64_MAX }, [LINK_path] = { 1, INT64_MAX },
		[LINK_dir_id] = { 1, INT64_MAX }, [LINK_uid] = { 0, UINT32_MAX },
		[LINK_gid] = { 0, UINT32_MAX }, [LINK_age_bucket] = { 0, 9 },
		[LINK_size_bucket] = { 0, 9 }, [LINK_allocated] = { 0, INT64_MAX },
		[LINK_apparent] = { 0, INT64_MAX }, [LINK_nlink] = { 0, UINT32_MAX },
		[LINK_lines] = { 1, INT64_MAX }, [LINK_repeated] = { 0, 1 },
		[LINK_snapshot] = { INT64_MIN, INT64_MAX }, [LINK_inode] = { INT64_MIN, INT64_MAX },
		[LINK_generation] = { INT64_MIN, INT64_MAX },
	};

	for (int i = LINK_link; i < LINK_COLUMNS; i++) {
		if (i != LINK_name)
			line->cell[i] = audit_cell(r, i, range[i].least, range[i].most);
	}
	read_name(l, r, line);
}

/* As unsigned numbers. */
static int compare_identity(const struct link_line *a, const struct link_line *b)
{
	for (int i = LINK_snapshot; i < LINK_COLUMNS; i++) {
		if (a->cell[i] != b->cell[i])
			return (uint64_t)a->cell[i] < (uint64_t)b->cell[i] ? -1 : 1;
	}
	return 0;
}

static int compare_path(const struct link_line *a, const struct link_line *b)
{
	size_t common = a->name.len < b->name.len ? a->name.len : b->name.len;
	int order;

	if (a->cell[LINK_dir_id] != b->cell[LINK_dir_id])
		return a->cell[LINK_dir_id] < b->cell[LINK_dir_id] ? -1 : 1;
	order = memcmp(a->name.data, b->name.data, common);
	if (order || a->name.len == b->name.len)
		return order;
	return a->name.len < b->name.len ? -1 : 1;
}

static int compare_values(const struct link_line *a, const struct link_line *b)
{
	static const int order[] = { LINK_uid, LINK_gid, LINK_age_bucket, LINK_size_bucket,
				     LINK_nlink, LINK_allocated, LINK_apparent };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (a->cell[order[i]] != b->cell[order[i]])
			return a->cell[order[i]] < b->cell[order[i]] ? -1 : 1;
	}
	return 0;
}

static void end_inode(struct audit_links *l, const struct inode *inode)
{
	if (!inode->distinct)
		return;
	if (inode->distinct == 1 && !inode->nlink && inode->before.cell[LINK_path] == 1 &&
	    inode->before.cell[LINK_lines] == 1)
		lie_about(l, &inode->before, "nothing says that it is a link");
	if (inode->distinct < inode->nlink)
		l->outside += inode->nlink - inode->distinct;
}

/* Number, order and `repeated` of a row that follows another, or is the first of all. */
static void check_place(struct audit_links *l, struct inode *inode, const struct link_line *line)
{
	const struct link_line *before = &inode->before;
	bool more = l->inodes && line->cell[LINK_link] == before->cell[LINK_link];
	bool same = more && !compare_path(before, line);
	int order = l->inodes ? compare_identity(before, line) : -1;

	if (line->cell[LINK_path] != (more ? before->cell[LINK_path] + 1 : 1) ||
	    (!more && line->cell[LINK_link] != l->inodes + 1))
		lie_about(l, line, "is not the number that comes next");
	if (more ? order || !line->cell[LINK_inode] : order > 0 || (!order && line->cell[LINK_inode]))
		lie_about(l, line, "the inode is not one of its own, or is out of order");
	if (more && (compare_path(before, line) > 0 || (same && compare_values(before, line) >= 0)))
		lie_about(l, line, "stands behind a path that comes later");
	if (line->cell[LINK_repeated] != same)
		lie_about(l, line, "repeated is wrong");
	if (!more) {
		end_inode(l, inode);
		l->inodes++;
		inode->distinct = inode->nlink = 0;
		inode->first = *line;
		inode->first.name = (struct buf){ 0 };
	}
}

static int64_t class_of(int64_t bytes)
{
	int64_t class = 0, limit = 1024;

	/* 1, 10, 100 KiB, 1, 10, 100 MiB, 1, 10, 100 GiB */
	for (; class < 9 && bytes >= limit; class++)
		limit = class % 3 == 2 ? limit / 100 * 1024 : limit * 10;
	return class;
}

static bool differs(const struct link_line *a, const struct link_line *b)
{
	static const int columns[] = { LINK_uid, LINK_gid, LINK_age_bucket, LINK_size_bucket,
				       LINK_allocated, LINK_apparent };

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		if (a->cell[columns[i]] != b->cell[columns[i]])
			return true;
	}
	return false;
}

static void check_link(struct audit_links *l, struct audit_rows *r, struct inode *inode,
		       struct link_line *line)
{
	struct sums sums = { .files = line->cell[LINK_lines] };

	check_place(l, inode, line);
	if (line->cell[LINK_nlink] == 1 ||
	    line->cell[LINK_size_bucket] != class_of(line->cell[LINK_allocated]))
		lie_about(l, line, "a link count of 1, or a size of another class");
	if (__builtin_mul_overflow(line->cell[LINK_lines], line->cell[LINK_allocated],
				   &sums.allocated))
		lie_about(l, line, "its lines add up to more than 2^63-1 bytes");
	if (line->cell[LINK_nlink])
		audit_add(r, &l->several, &sums);
	inode->distinct += !line->cell[LINK_repeated];
	if (line->cell[LINK_nlink] > inode->nlink)
		inode->nlink = line->cell[LINK_nlink];
	if (differs(&inode->first, line))
		l->disagree += line->cell[LINK_lines];
	l->repeated += line->cell[LINK_lines] - !line->cell[LINK_repeated];
}

/* Names and identities follow from nothing else. */
static void add_to_hash(struct audit_links *l, const struct link_line *line)
{
	unsigned char ids[24];

	put_le64(ids, (uint64_t)line->cell[LINK_snapshot]);
	put_le64(ids + 8, (uint64_t)line->cell[LINK_inode]);
	put_le64(ids + 16, (uint64_t)line->cell[LINK_generation]);
	l->hash = XXH3_64bits_withSeed(ids, sizeof(ids), l->hash);
	l->hash = XXH3_64bits_withSeed(line->name.data, line->name.len, l->hash);
}

static void check_hash(struct audit_links *l)
{
	char *sql = xasprintf("SELECT count(*) FROM load_state WHERE key = 'links'"
			      " AND value = '%016" PRIx64 "'", l->hash);

	if (l->rows && !db_integer(l->db, sql))
		audit_lie(l->db, 0, "links: a name or an inode is not that of the import");
	free(sql);
}

static void check_links(struct audit_links *l)
{
	struct inode inode = { .distinct = 0 };
	struct link_line line = { .name = { 0 } }, passed;
	struct audit_rows r;

	audit_rows_open(&r, l->db, "links", "SELECT 0" LINKS(AUDIT_COLUMN_TEXT)
			" FROM links ORDER BY link, path");
	for (; r.have; audit_rows_next(&r)) {
		read_link(l, &r, &line);
		check_link(l, &r, &inode, &line);
		add_to_hash(l, &line);
		passed = inode.before;
		inode.before = line;
		line.name = passed.name;
	}
	l->rows = r.count;
	check_hash(l);
	end_inode(l, &inode);
	audit_rows_close(&r);
	buf_release(&line.name);
	buf_release(&inode.before.name);
}

/* No more lines of a key are links than usage_nr has files. */
static void check_usage(struct audit_links *l)
{
	sqlite3_stmt *select = db_prepare(l->db,
		"SELECT dir_id FROM (SELECT dir_id, uid, gid, age_bucket, size_bucket,"
		" total(lines) AS files, total(lines * allocated) AS bytes FROM links"
		" GROUP BY 1, 2, 3, 4, 5) LEFT JOIN usage_nr"
		" USING (dir_id, uid, gid, age_bucket, size_bucket)"
		" WHERE file_count IS NULL OR files > file_count OR bytes > total_size LIMIT 1");

	if (db_step(l->db, select))
		audit_lie(l->db, sqlite3_column_int64(select, 0),
			  "links has more of its files than usage_nr");
	sqlite3_finalize(select);
}

/* ---- what follows from it ---- */

/* Kinds of parts: a path, the second of two neighbours, the first path of a complete inode. */
enum { PART_PATH, PART_NEXT, PART_COMPLETE };
enum { PART_OTHER = 1, PART_KIND, PART_UID, PART_GID, PART_AGE, PART_SIZE, PART_LINES, PART_BYTES,
       PART_LENGTH };

static const char parts[] =
	"SELECT dir_id, dir_id, 0, uid, gid, age_bucket, size_bucket, lines, allocated, apparent"
	" FROM links"
	" UNION ALL SELECT b.dir_id, a.dir_id, 1, b.uid, b.gid, b.age_bucket, b.size_bucket, 1,"
	" b.allocated, b.apparent FROM links AS b JOIN links AS a"
	" ON a.link = b.link AND a.path = b.path - 1"
	" UNION ALL SELECT b.dir_id, a.dir_id, 2, a.uid, a.gid, a.age_bucket, a.size_bucket, 1,"
	" a.allocated, a.apparent FROM (SELECT link, max(path) AS last FROM links GROUP BY link"
	" HAVING total(1 - repeated) >= max(nlink)) AS c"
	" JOIN links AS a ON a.link = c.link AND a.path = 1"
	" JOIN links AS b ON b.link = c.link AND b.path = c.last"
	" ORDER BY 1";

static void add_print(struct audit_links *l, struct audit_fingerprint *to,
		      const struct audit_link_part *key, const struct sums *sums)
{
	struct sums counted = *sums;

	if (l->no_lengths)
		counted.apparent = 0;
	audit_fingerprint_add(to, l->factors, LINK_PART, (uint64_t)key->uid << 32 | (uint64_t)key->gid,
			      (uint64_t)key->classes,
			      audit_fingerprint_weigh(l->factors, &counted));
}

bool audit_links_part(struct audit_links *l, int64_t dir_id, struct audit_link_part *part)
{
	struct audit_rows *r = &l->parts;
	int64_t lines;

	if (!r->have || r->dir_id != dir_id)
		return false;
	part->other = audit_cell(r, PART_OTHER, 1, dir_id);
	part->kind = audit_cell(r, PART_KIND, 0, PART_COMPLETE);
	part->uid = audit_cell(r, PART_UID, 0, UINT32_MAX);
	part->gid = audit_cell(r, PART_GID, 0, UINT32_MAX);
	part->classes = audit_cell(r, PART_AGE, 0, 9) << 8 | audit_cell(r, PART_SIZE, 0, 9);
	lines = audit_cell(r, PART_LINES, 1, INT64_MAX);
	/* No overflow: check_links has seen the same numbers. */
	part->sums = (struct sums){ lines, lines * audit_cell(r, PART_BYTES, 0, INT64_MAX), 0 };
	if (__builtin_mul_overflow(lines, audit_cell(r, PART_LENGTH, 0, INT64_MAX),
				   &part->sums.apparent))
		part->sums.apparent = INT64_MAX;
	audit_rows_next(r);
	return true;
}

static void add_repeated(struct audit_links *l, struct audit_link_level *at,
			 const struct audit_link_part *part, const struct sums *sums, bool here)
{
	audit_add(&l->parts, &at->repeated, sums);
	if (here)
		audit_add(&l->parts, &at->repeated_nr, sums);
	add_print(l, &at->should.repeated, part, sums);
}

void audit_links_add(struct audit_links *l, struct audit_link_level *at,
		     const struct audit_link_part *part, bool here)
{
	struct sums more = part->sums;

	switch (part->kind) {
	case PART_PATH:
		audit_add(&l->parts, &at->paths, &part->sums);
		add_print(l, &at->should.plus, part, &part->sums);
		more.files--;
		more.allocated = part->sums.allocated / part->sums.files * more.files;
		more.apparent = part->sums.apparent / part->sums.files * more.files;
		if (more.files)
			add_repeated(l, at, part, &more, true);
		break;
	case PART_NEXT: add_repeated(l, at, part, &more, here); break;
	default:
		audit_add(&l->parts, &at->complete, &more);
		add_print(l, &at->should.minus, part, &more);
	}
}

/* ---- the other tables ---- */

#define LINK_USAGE_ROWS(table) \
	"SELECT dir_id, uid, gid, age_bucket, size_bucket, repeated_files, repeated_size," \
	" repeated_apparent, kept_files, kept_size, kept_apparent FROM " table \
	" ORDER BY dir_id, uid, gid, age_bucket, size_bucket"
enum { USAGE_UID = 1, USAGE_GID, USAGE_AGE, USAGE_SIZE, USAGE_REPEATED, USAGE_KEPT = 8 };

static const char *const stats_names[9] = {
	"repeated_files_nr", "repeated_size_nr", "repeated_apparent_nr", "repeated_files_r",
	"repeated_size_r", "repeated_apparent_r", "kept_files_r", "kept_size_r", "kept_apparent_r",
};

void audit_links_open(struct audit_links *l, struct db *db, const struct audit_factors *factors)
{
	*l = (struct audit_links){ .db = db, .factors = factors };
	l->no_lengths = db_integer(db, "SELECT apparent_size = 9223372036854775807"
				   " FROM scan_metadata");
	check_links(l);
	audit_rows_open(&l->parts, db, "links", parts);
	audit_rows_open(&l->usage, db, "link_usage", LINK_USAGE_ROWS("link_usage"));
	audit_rows_open(&l->usage_r, db, "link_usage_r", LINK_USAGE_ROWS("link_usage_r"));
	audit_rows_open(&l->stats, db, "link_stats",
			"SELECT dir_id, repeated_files_nr, repeated_size_nr, repeated_apparent_nr,"
			" repeated_files_r, repeated_size_r, repeated_apparent_r, kept_files_r,"
			" kept_size_r, kept_apparent_r FROM link_stats ORDER BY dir_id");
}

/* The rows of a directory in link_usage or link_usage_r; returns how many. */
static int64_t read_usage(struct audit_links *l, struct audit_rows *r, int64_t dir_id,
			  struct audit_link_prints *prints)
{
	int64_t count = 0;

	for (; r->have && r->dir_id == dir_id; audit_rows_next(r), count++) {
		const struct audit_link_part key = {
			.uid = audit_cell(r, USAGE_UID, 0, UINT32_MAX),
			.gid = audit_cell(r, USAGE_GID, 0, UINT32_MAX),
			.classes = audit_cell(r, USAGE_AGE, 0, 9) << 8 | audit_cell(r, USAGE_SIZE, 0, 9),
		};
		struct sums repeated = audit_cell_sums(r, USAGE_REPEATED, 0), plus, minus;
		int64_t kept[3];

		for (int i = 0; i < 3; i++)
			kept[i] = audit_cell(r, USAGE_KEPT + i, -INT64_MAX, INT64_MAX);
		if (!repeated.files && !repeated.allocated && !repeated.apparent && !kept[0] &&
		    !kept[1] && !kept[2])
			audit_lie(l->db, dir_id, "%s has a row without anything", r->table);
		plus = (struct sums){ kept[0] > 0 ? kept[0] : 0, kept[1] > 0 ? kept[1] : 0,
				      kept[2] > 0 ? kept[2] : 0 };
		minus = (struct sums){ kept[0] < 0 ? -kept[0] : 0, kept[1] < 0 ? -kept[1] : 0,
				       kept[2] < 0 ? -kept[2] : 0 };
		add_print(l, &prints->repeated, &key, &repeated);
		add_print(l, &prints->plus, &key, &plus);
		add_print(l, &prints->minus, &key, &minus);
	}
	return count;
}

static struct audit_link_prints between(const struct audit_link_prints *before,
					const struct audit_link_prints *after)
{
	return (struct audit_link_prints){
		audit_fingerprint_between(before->repeated, after->repeated),
		audit_fingerprint_between(before->plus, after->plus),
		audit_fingerprint_between(before->minus, after->minus),
	};
}

void audit_links_enter(struct audit_links *l, int64_t dir_id, struct audit_link_level *level)
{
	*level = (struct audit_link_level){ .before = l->all };
	read_usage(l, &l->usage, dir_id, &l->all);
	level->is = between(&level->before, &l->all);
	level->whole_rows = read_usage(l, &l->usage_r, dir_id, &level->whole);
	if (!l->stats.have || l->stats.dir_id != dir_id)
		return;
	for (int i = 0; i < 9; i++)
		level->said[i] = audit_cell(&l->stats, 1 + i, i < 6 ? 0 : -INT64_MAX, INT64_MAX);
	for (int i = 0; !level->said[i];) {
		if (++i == 9)
			audit_lie(l->db, dir_id, "link_stats has a row without anything");
	}
	audit_rows_next(&l->stats);
}

/* Kept numbers may be split into both signs in any way. */
static bool same_prints(const struct audit_link_prints *a, const struct audit_link_prints *b)
{
	return audit_fingerprint_equal(a->repeated, b->repeated) &&
	       audit_fingerprint_equal(audit_fingerprint_between(a->minus, a->plus),
				       audit_fingerprint_between(b->minus, b->plus));
}

static void check_stats(struct audit_links *l, int64_t dir_id, const struct audit_link_level *level)
{
	const struct sums *nr = &level->repeated_nr, *r = &level->repeated;
	const int64_t should[9] = {
		nr->files, nr->allocated, nr->apparent, r->files, r->allocated, r->apparent,
		level->paths.files - level->complete.files,
		level->paths.allocated - level->complete.allocated,
		level->paths.apparent - level->complete.apparent,
	};

	for (int i = 0; i < 9; i++) {
		char what[64];

		if (l->no_lengths && i % 3 == 2)
			continue;
		snprintf(what, sizeof(what), "link_stats: %s", stats_names[i]);
		audit_number(l->db, dir_id, what, level->said[i], should[i]);
	}
}

void audit_links_leave(struct audit_links *l, int64_t dir_id, const struct audit_link_level *level,
		       struct audit_link_level *above, bool summed)
{
	struct audit_link_prints range = between(&level->before, &l->all);

	check_stats(l, dir_id, level);
	if (!same_prints(&level->should, &level->is))
		audit_lie(l->db, dir_id, "link_usage is not what follows from links");
	if (level->whole_rows && !summed)
		audit_lie(l->db, dir_id, "link_usage_r has rows, but usage_r has none");
	if (summed && !same_prints(&range, &level->whole))
		audit_lie(l->db, dir_id, "link_usage_r does not have the sums of link_usage");
	if (!above)
		return;
	audit_add(&l->parts, &above->repeated, &level->repeated);
	audit_add(&l->parts, &above->paths, &level->paths);
	audit_add(&l->parts, &above->complete, &level->complete);
}

void audit_links_close(struct audit_links *l)
{
	audit_rows_close(&l->parts);
	audit_rows_close(&l->usage);
	audit_rows_close(&l->usage_r);
	audit_rows_close(&l->stats);
	check_usage(l);
}
