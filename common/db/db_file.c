/* SPDX-License-Identifier: MIT */
/*
 * A file without a name and SQLite, which opens files by name, meet in /proc/self/fd/N. SQLite
 * refuses symbolic links there and wants to resolve them before, so db_create registers a VFS of
 * its own: the system's "unix-none" (no locks: nobody else can know the file) that takes names
 * literally; and its open(2) follows the link for these names only (db.c).
 */
#include "common/db/db_file.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/fd.h"
#include "common/db/db_column.h"
#include "common/db/db_schema.h"

#define VFS_NAME "treetally-unnamed"
#define COPY_BYTES (1 << 20)
/* One thread uses a connection. */
#define OPEN_FLAGS (SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX)

/* ---- what is there ---- */

/*
 * A program that writes in place and is killed right after its transaction, as version 0.2 could
 * be, leaves a journal that begins with zeros and means nothing. Only a writer knows that nobody
 * else is about to use it.
 */
static void remove_spent_journal(sqlite3 *handle)
{
	const char *file = sqlite3_db_filename(handle, "main");
	char journal[PATH_MAX + 10], first = 0;
	int fd, level = SQLITE_LOCK_NONE;

	snprintf(journal, sizeof(journal), "%s-journal", file ? file : "");
	fd = open(journal, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fd_read(fd, &first, 1) >= 0 && !first &&
	    sqlite3_file_control(handle, "main", SQLITE_FCNTL_LOCKSTATE, &level) == SQLITE_OK &&
	    level >= SQLITE_LOCK_RESERVED)
		unlink(journal);
	close(fd);
}

/* What a run before us may have left. It stays when the database is busy or not ours to write. */
static void clear_up(struct db *db)
{
	if (sqlite3_exec(db->handle, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return;
	remove_spent_journal(db->handle);
	db_exec(db, "ROLLBACK");
}

/* A failing program ends its transactions. */
static void abandon(void *arg)
{
	const struct db *db = arg;
	sqlite3_stmt *statement;

	while ((statement = sqlite3_next_stmt(db->handle, NULL)))
		sqlite3_finalize(statement);
	sqlite3_close(db->handle);
}

/*
 * What SQLite cannot open for writing it opens for reading and complains later, without the cause.
 */
static void open_handle(struct db *db, const char *file, const char *vfs)
{
	errno = 0;
	db_check(db, sqlite3_open_v2(file, &db->handle, OPEN_FLAGS, vfs));
	if (sqlite3_db_readonly(db->handle, "main") == 1)
		db->refused = errno;
}

static void read_facts(struct db *db, struct db_found *found)
{
	enum { SCAN_TIMESTAMP, FILESYSTEM };
	sqlite3_stmt *select = db_prepare(db, "SELECT scan_timestamp, filesystem"
					      " FROM scan_metadata");

	if (db_step(db, select)) {
		int64_t scan = db_column_or(db, select, SCAN_TIMESTAMP, DB_TIME, DB_NULL);
		struct db_text name = db_column_text_or_null(db, select, FILESYSTEM, DB_NAME_BYTES);

		found->state = DB_COMPLETE;
		found->scan_day = scan == DB_NULL ? DAY_NONE : scan / SECONDS_PER_DAY;
		found->filesystem = name.bytes ? xstrndup(name.bytes, name.len) : NULL;
	} else {
		found->state = DB_DIRECTORIES;
	}
	sqlite3_finalize(select);
}

/* False: what lies there is not opened at all. */
static bool find_file(const char *name, struct db_found *found)
{
	struct stat st;

	file_use_name(FILE_DATABASE, name, NULL);
	*found = (struct db_found){ .state = DB_ABSENT, .scan_day = DAY_NONE };
	if (stat(name, &st)) {
		if (errno != ENOENT)
			die_errno("cannot open %s", name);
		return false;
	}
	if (!S_ISREG(st.st_mode))
		die(EXIT_INPUT, "%s: is not a regular file; it is left as it is", name);
	found->state = DB_EMPTY;
	return st.st_size;
}

void db_open(struct db *db, const char *name, struct db_found *found)
{
	char *real;

	*db = (struct db){ .name = xstrdup(name) };
	if (!find_file(name, found))
		return;
	/* An absolute name can mean nothing special to SQLite, as ":memory:" and "file:x" would. */
	real = realpath(name, NULL);
	if (!real)
		die_errno("cannot open %s", name);
	open_handle(db, real, NULL);
	free(real);
	die_after(abandon, db);
	sqlite3_busy_timeout(db->handle, DB_BUSY_MS);
	db_trust_nothing(db);
	found->state = db_trust_header(db);
	/*
	 * One snapshot: between two looks another process can turn one right state into the next.
	 */
	db_exec(db, "BEGIN");
	if (found->state == DB_DIRECTORIES)
		found->state = db_trust_schema(db);
	if (found->state >= DB_DIRECTORIES)
		read_facts(db, found);
	db_exec(db, "COMMIT");
	if (found->state == DB_OLDER || found->state >= DB_DIRECTORIES)
		clear_up(db);
}

void db_look(const char *name, struct db_found *found)
{
	struct db db;

	db_open(&db, name, found);
	db_close(&db);
}

void db_found_release(struct db_found *found)
{
	free(found->filesystem);
	found->filesystem = NULL;
}

void db_require(const char *name, const struct db_found *found)
{
	if (found->state != DB_ABSENT && found->state < DB_DIRECTORIES)
		die(EXIT_INPUT, "%s: %s; it is left as it is", name, db_trust_says(found->state));
}

void db_close(struct db *db)
{
	die_forget(db);
	db_check(db, sqlite3_close(db->handle));
	free(db->name);
	*db = (struct db){ 0 };
}

bool db_lock(struct db *db)
{
	int moved = 0;

	db_exec(db, "BEGIN IMMEDIATE");
	db_check(db, sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved));
	return !moved;
}

/* ---- making one ---- */

static int keep_name(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
	(void)vfs;
	return snprintf(out, (size_t)size, "%s", name) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static void register_vfs(struct db *db)
{
	const sqlite3_vfs *base = sqlite3_vfs_find("unix-none");

	if (!base)
		die(EXIT_SYSTEM, "this SQLite library has no file system 'unix-none'");
	db->vfs = xmalloc(sizeof(*db->vfs));
	*db->vfs = *base;
	db->vfs->zName = VFS_NAME;
	db->vfs->xFullPathname = keep_name;
	db_check(db, sqlite3_vfs_register(db->vfs, 0));
}

/* Whatever the file holds by now: SQLite finds it by a name that means the descriptor. */
static void open_unnamed(struct db *db)
{
	char path[sizeof(DB_FD_DIRECTORY) + 12];

	register_vfs(db);
	snprintf(path, sizeof(path), DB_FD_DIRECTORY "%d", db->file.fd);
	open_handle(db, path, VFS_NAME);
	db_exec(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
}

void db_create(struct db *db, const char *name)
{
	char pragmas[200];

	*db = (struct db){ .name = xstrdup(name) };
	outfile_open(&db->file, name, FILE_DATABASE);
	open_unnamed(db);
	snprintf(pragmas, sizeof(pragmas),
		 "PRAGMA page_size = %d; PRAGMA application_id = %d; PRAGMA user_version = %d",
		 DB_PAGE_SIZE, DB_APPLICATION_ID, DB_FORMAT);
	db_exec(db, pragmas);
}

/* Through SQLite's own descriptor: closing a second one would drop its locks (POSIX). */
static void copy_file(struct db *db, struct db *old)
{
	unsigned char *piece = xmalloc(COPY_BYTES);
	sqlite3_int64 size;
	sqlite3_file *file;

	db_check(old, sqlite3_file_control(old->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file));
	db_check(old, file->pMethods->xFileSize(file, &size));
	for (sqlite3_int64 at = 0; at < size; at += COPY_BYTES) {
		int n = size - at < COPY_BYTES ? (int)(size - at) : COPY_BYTES;

		db_check(old, file->pMethods->xRead(file, piece, n, at));
		outfile_write(&db->file, piece, (size_t)n);
	}
	free(piece);
}

/* SQLite takes a log that lies beside a file for that of the file, whatever the header says. */
static bool has_log(struct db *db)
{
	sqlite3_stmt *select = db_prepare(db, "PRAGMA journal_mode");
	bool has = db_step(db, select) &&
		   !strcmp((const char *)sqlite3_column_text(select, 0), "wal");

	sqlite3_finalize(select);
	return has;
}

void db_create_copy(struct db *db, const char *name, struct db *old)
{
	struct db_pages pages;
	const char *wrong;

	*db = (struct db){ .name = xstrdup(name) };
	outfile_open(&db->file, name, FILE_DATABASE);
	copy_file(db, old);
	wrong = db_pages_open(&pages, db->file.fd, name, DB_PAGE_SIZE);
	if (!wrong && has_log(old))
		wrong = "a write-ahead log";
	if (wrong)
		die(EXIT_INPUT, "%s: has %s, unlike what dir-load makes; it is left as it is", name,
		    wrong);
	open_unnamed(db);
	db_trust_nothing(db);
	/* What was looked at before it was locked can be another now. */
	if (db_trust_schema(db) != DB_DIRECTORIES)
		die(EXIT_INPUT, "%s: %s; it is left as it is", name, db_trust_says(DB_ALTERED));
}

void db_begin_pages(struct db *db, struct db_pages *pages)
{
	const char *wrong = db_pages_open(pages, db->file.fd, db->name, DB_PAGE_SIZE);

	if (wrong)
		die(EXIT_SYSTEM, "%s: this SQLite library makes files with %s", db->name, wrong);
}

bool db_sync_directory(const char *file)
{
	/* Nothing is allocated: what has its name must not fail for that. */
	char copy[PATH_MAX];
	bool done;
	int fd;

	snprintf(copy, sizeof(copy), "%s", file);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Not every file system can sync a directory; then there is nothing more to be done. */
	done = fd >= 0 && (!fsync(fd) || errno == EINVAL || errno == EBADF);
	if (fd >= 0)
		close(fd);
	return done;
}

void db_clear_name(const struct db *db)
{
	static const char *const suffixes[] = { "-journal", "-wal", "-shm" };

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		char *name = xasprintf("%s%s", db->file.name, suffixes[i]);

		if (unlink(name) && errno != ENOENT)
			die_errno("cannot remove %s, which SQLite would play into %s", name,
				  db->name);
		free(name);
	}
}

void db_publish(struct db *db)
{
	char *real = xstrdup(db->file.name);

	db_check(db, sqlite3_close(db->handle));
	sqlite3_vfs_unregister(db->vfs);
	free(db->vfs);
	db->file.durable = true;
	outfile_commit(&db->file);
	if (!db_sync_directory(real))
		die_errno("cannot sync the directory of %s", real);
	free(real);
	free(db->name);
	*db = (struct db){ 0 };
}
