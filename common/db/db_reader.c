/* SPDX-License-Identifier: MIT */
/*
 * How a database is opened that may lie anywhere and may be replaced at any moment.
 *
 * Locks. SQLite waits when a lock is refused, also where the file system knows no locks and will
 * refuse for ever. So that is found out before: a read lock is tried on the very bytes that SQLite
 * uses; "somebody else holds it" is left to SQLite and its patience, any other refusal means
 * immutable=1.
 *
 * Replacement. The file stays the one that was opened. But SQLite looks for a journal by name at
 * the start of every transaction, and would find that of a new file. So there is one transaction.
 */
#include "common/db/db_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/fd.h"
#include "common/base/file_use.h"
#include "common/base/path.h"
#include "common/db/db_column.h"

/* Where SQLite's unix locks are: bytes that no database page uses. */
#define LOCK_FIRST (0x40000000 + 2)
#define LOCK_BYTES 510

char *db_reader_file(const char *operand)
{
	const char *dir = getenv("TREETALLY_DIR");

	if (!dir || !*dir || !*operand || strpbrk(operand, "/."))
		return xstrdup(operand);
	return xasprintf("%s/%s.db", dir, operand);
}

static void require_file(const char *operand, const char *name)
{
	struct stat st;

	if (stat(name, &st)) {
		if (errno == ENOENT && strcmp(operand, name) == 0 && !strpbrk(operand, "/."))
			die(EXIT_SYSTEM, "%s: is not there, and TREETALLY_DIR is not set", name);
		die_errno("cannot open %s", name);
	}
	if (!S_ISREG(st.st_mode))
		die(EXIT_INPUT, "%s: is not a regular file", name);
	if (!st.st_size)
		die(EXIT_INPUT, "%s: is an empty file, not a database", name);
	file_use_name(FILE_INPUT, name, NULL);
}

/* Before SQLite opens the file: closing a descriptor drops all locks of the process on it. */
static bool locks_work(const char *name)
{
	struct flock lock = {
		.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = LOCK_FIRST, .l_len = LOCK_BYTES
	};
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	bool works;

	if (fd < 0)
		die_errno("cannot open %s", name);
	works = !fcntl(fd, F_SETLK, &lock) || errno == EAGAIN || errno == EACCES || errno == EINTR;
	close(fd);
	return works;
}

/* An absolute URI in which no byte of the name means anything. */
static void open_uri(struct db *db, const char *option)
{
	char *real = realpath(db->name, NULL);
	struct buf uri = { 0 };

	if (!real)
		die_errno("cannot open %s", db->name);
	buf_add_str(&uri, "file:");
	for (const unsigned char *at = (unsigned char *)real; *at; at++) {
		if (*at == '/' || (*at < 0x80 && strchr("-._~", *at)) ||
		    (*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') ||
		    (*at >= 'a' && *at <= 'z'))
			buf_add_char(&uri, (char)*at);
		else
			buf_printf(&uri, "%%%02X", *at);
	}
	buf_printf(&uri, "?%s", option);
	buf_add_char(&uri, '\0');
	db_check(db, sqlite3_open_v2((char *)uri.data, &db->handle,
				     SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
				     NULL));
	sqlite3_busy_timeout(db->handle, DB_BUSY_MS);
	db_trust_nothing(db);
	buf_release(&uri);
	free(real);
}

/*
 * Is there a journal or log beside the file whose contents belong to it? One that begins with a
 * zero is spent.
 */
static bool has_companion(const struct db *db)
{
	static const char *const suffixes[] = { "-journal", "-wal" };
	bool found = false;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char *name = xasprintf("%s%s", db->name, suffixes[i]), first = 1;
		int fd = open(name, O_RDONLY | O_CLOEXEC);

		found = found || (fd < 0 ? errno != ENOENT : fd_read(fd, &first, 1) && first);
		if (fd >= 0)
			close(fd);
		free(name);
	}
	return found;
}

static bool wants_to_write(int rc)
{
	rc &= 0xff;
	return rc == SQLITE_READONLY || rc == SQLITE_CANTOPEN || rc == SQLITE_IOERR;
}

/*
 * The first read takes the lock. It can fail although the file is good: a database that somebody
 * has switched to a write-ahead log needs a file beside it that cannot be made on a read-only file
 * system.
 */
static bool begin(struct db *db)
{
	int rc = sqlite3_exec(db->handle, "BEGIN; PRAGMA user_version", NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		return true;
	if (!wants_to_write(rc))
		db_check(db, rc);
	return false;
}

static void open_read_only(struct db_reader_db *a, bool verbose)
{
	bool locks = locks_work(a->db.name);

	if (locks) {
		open_uri(&a->db, "mode=ro");
		if (begin(&a->db))
			return;
		db_check(&a->db, sqlite3_close(a->db.handle));
	}
	/* As immutable, the file would be read as if there were none. */
	if (has_companion(&a->db))
		die(EXIT_INPUT,
		    "%s: is incomplete: a transaction on it was not finished (its journal is "
		    "beside it)",
		    a->db.name);
	if (verbose)
		warn("%s: %s: it is opened as immutable", a->db.name,
		     locks ? "cannot be opened as other readers do"
			   : "locks do not work on its file system");
	open_uri(&a->db, "mode=ro&immutable=1");
	db_exec(&a->db, "BEGIN");
}

static void check_complete(struct db *db)
{
	enum db_state state = db_trust_header(db);

	if (state == DB_DIRECTORIES)
		state = db_trust_schema(db);
	if (state < DB_DIRECTORIES)
		die(EXIT_INPUT, "%s: %s", db->name, db_trust_says(state));
	db_trust_bound(db);
	if (state == DB_DIRECTORIES || !db_integer(db, "SELECT 1 FROM scan_metadata"))
		die(EXIT_INPUT,
		    "%s: is incomplete: its import was not finished (stats-load goes on with it)",
		    db->name);
}

static void set_root_path(struct db_reader_db *a, struct db_text text)
{
	a->root_path = xmalloc(text.len + 1);
	if (path_from_text(a->root_path, &a->root_len, text.bytes, text.len) != PATH_OK)
		die(EXIT_INPUT, "%s: scan_metadata is damaged: scan_root is no path", a->db.name);
}

static enum age_by age_by_of(struct db *db, struct db_text text)
{
	char *name = xstrndup(text.bytes, text.len);
	enum age_by age_by;

	if (!age_by_from_name(name, &age_by))
		die(EXIT_INPUT,
		    "%s: scan_metadata is damaged: age_by is not one of atime, mtime, newest",
		    db->name);
	free(name);
	return age_by;
}

static struct assumptions assumptions_of(struct db *db, struct db_text text)
{
	char *words = xstrndup(text.bytes, text.len);
	struct assumptions assumed;

	if (!assume_parse(&assumed, words))
		die(EXIT_INPUT, "%s: scan_metadata is damaged: assumptions is not understood",
		    db->name);
	free(words);
	return assumed;
}

static bool has_links(struct db *db)
{
	sqlite3_stmt *select = db_prepare(db, "SELECT 1 FROM link_usage LIMIT 1");
	bool linked = db_step(db, select);

	sqlite3_finalize(select);
	return linked;
}

static void read_facts(struct db_reader_db *a)
{
	enum { FILESYSTEM, SCAN_TIMESTAMP, ROOT_ID, ROOT, AGE_BY, ASSUMED, DIRECTORIES, DIGEST };
	sqlite3_stmt *select = db_prepare(&a->db,
		"SELECT filesystem, scan_timestamp, scan_root_id, scan_root, age_by, assumptions,"
		" total_directories, digest FROM scan_metadata");
	struct db_text text;

	db_step(&a->db, select);
	text = db_column_text_or_null(&a->db, select, FILESYSTEM, DB_NAME_BYTES);
	a->filesystem = text.bytes ? xstrndup(text.bytes, text.len) : NULL;
	a->scan_day = db_column_or(&a->db, select, SCAN_TIMESTAMP, DB_TIME, 0) / SECONDS_PER_DAY;
	a->root_id = db_column(&a->db, select, ROOT_ID, DB_ID);
	set_root_path(a, db_column_text(&a->db, select, ROOT, DB_NAME_BYTES));
	a->age_by = age_by_of(&a->db, db_column_text(&a->db, select, AGE_BY, DB_NAME_BYTES));
	a->assumed = assumptions_of(&a->db, db_column_text(&a->db, select, ASSUMED, DB_NAME_BYTES));
	a->directories = db_column(&a->db, select, DIRECTORIES, DB_DIRECTORY_COUNT);
	text = db_column_text(&a->db, select, DIGEST, DB_NAME_BYTES);
	a->digest = xstrndup(text.bytes, text.len);
	sqlite3_finalize(select);
	path_maps_load(&a->db, &a->maps);
	a->linked = has_links(&a->db);
}

void db_reader_temp_dir(const char *dir)
{
	if (dir && setenv("SQLITE_TMPDIR", dir, 1))
		die_errno("cannot set SQLITE_TMPDIR");
}

static void note_assumptions(const struct db_reader_db *a)
{
	for (int i = 0; i < ASSUMPTIONS; i++) {
		char *note;

		if (!a->assumed.count[i])
			continue;
		note = assume_note(i, a->assumed.count[i]);
		warn("%s: %s", a->db.name, note);
		free(note);
	}
}

void db_reader_open(struct db_reader_set *set, char *const *operands, size_t n, bool quiet,
		    bool verbose)
{
	db_configure();
	set->dbs = xcalloc(n, sizeof(*set->dbs));
	set->count = n;
	for (size_t i = 0; i < n; i++) {
		struct db_reader_db *a = &set->dbs[i];

		a->operand = operands[i];
		a->db.name = db_reader_file(a->operand);
		require_file(a->operand, a->db.name);
		open_read_only(a, verbose);
		check_complete(&a->db);
		read_facts(a);
		if (!quiet)
			note_assumptions(a);
	}
}

void db_reader_close(struct db_reader_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		struct db_reader_db *a = &set->dbs[i];

		for (size_t k = 0; k < a->kept_count; k++)
			sqlite3_finalize(a->kept[k].statement);
		db_close(&a->db);
		free(a->filesystem);
		free(a->digest);
		free(a->root_path);
		path_maps_release(&a->maps);
	}
	free(set->dbs);
	*set = (struct db_reader_set){ 0 };
}

static void require_apart(const struct db_reader_db *a, const struct db_reader_db *b, bool by_date,
			  const char *why)
{
	char date[DATE_TEXT_SIZE];

	if (strcmp(a->digest, b->digest) == 0)
		die(EXIT_USAGE, "%s and %s hold the same scan", a->operand, b->operand);
	if (!why || !a->filesystem || !b->filesystem || strcmp(a->filesystem, b->filesystem) ||
	    (by_date && a->scan_day != b->scan_day))
		return;
	if (a->scan_day == b->scan_day)
		die(EXIT_USAGE, "%s and %s both hold file system '%s' of %s", a->operand,
		    b->operand, a->filesystem, scantime_date_text(date, a->scan_day));
	die(EXIT_USAGE, "%s and %s both hold file system '%s', of different dates: %s", a->operand,
	    b->operand, a->filesystem, why);
}

void db_reader_require_apart(const struct db_reader_set *set, bool by_date, const char *why)
{
	for (size_t i = 0; i < set->count; i++) {
		for (size_t k = i + 1; k < set->count; k++)
			require_apart(&set->dbs[i], &set->dbs[k], by_date, why);
	}
}

const char *db_reader_filesystem(const struct db_reader_db *db)
{
	return db->filesystem ? db->filesystem : db->operand;
}

sqlite3_stmt *db_reader_statement(struct db_reader_db *a, const char *sql)
{
	for (size_t i = 0; i < a->kept_count; i++) {
		if (a->kept[i].sql == sql)
			return a->kept[i].statement;
	}
	if (a->kept_count == DB_READER_STATEMENTS)
		bug("statements");
	a->kept[a->kept_count] = (struct db_reader_kept){ sql, db_prepare(&a->db, sql) };
	return a->kept[a->kept_count++].statement;
}

static void add_cost(struct db_reader_db *a, sqlite3_stmt *s)
{
	a->steps += sqlite3_stmt_status(s, SQLITE_STMTSTATUS_VM_STEP, 1);
	a->full_scan += sqlite3_stmt_status(s, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
}

void db_reader_finalize(struct db_reader_db *a, sqlite3_stmt *statement)
{
	if (!statement)
		return;
	add_cost(a, statement);
	sqlite3_finalize(statement);
}

void db_reader_report_cost(const struct db_reader_set *set)
{
	int64_t steps = 0, full_scan = 0;

	for (size_t i = 0; i < set->count; i++) {
		struct db_reader_db *a = &set->dbs[i];

		for (sqlite3_stmt *s = NULL; (s = sqlite3_next_stmt(a->db.handle, s));)
			add_cost(a, s);
		steps += a->steps;
		full_scan += a->full_scan;
	}
	warn("SQLite: %" PRId64 " steps, %" PRId64 " full-scan steps", steps, full_scan);
}
