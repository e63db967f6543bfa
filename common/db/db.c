/*
 * A file without a name and SQLite, which opens files by name, meet in /proc/self/fd/N. SQLite
 * refuses symbolic links there and wants to resolve them before, so db_create registers a VFS of
 * its own: the system's "unix-none" (no locks: nobody else can know the file) that takes names
 * literally; and its open(2) follows the link for these names only.
 */
#include "common/db/db.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/db/db_holder.h"
#include "common/base/spill.h"
#include "common/base/utf8.h"

#define FD_DIRECTORY "/proc/self/fd/"
#define VFS_NAME "treetally-unnamed"
/* One thread uses a connection. */
#define OPEN_FLAGS (SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX)

/* Of the latest call of SQLite that failed: it goes on to others before it tells us. */
static int failed_errno;

static void keep_errno(void *arg, int code, const char *message)
{
	(void)arg;
	(void)message;
	if (((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN) && errno != ENOENT)
		failed_errno = errno;
}

/* SQLite tries to read what it cannot make, and that gives ENOENT. */
static int open_for_sqlite(const char *path, int flags, int mode)
{
	int fd;

	if (strncmp(path, FD_DIRECTORY, strlen(FD_DIRECTORY)) == 0)
		flags &= ~O_NOFOLLOW;
	fd = open(path, flags, mode);
	if (fd < 0 && flags & O_CREAT)
		failed_errno = errno;
	return fd;
}

void db_configure(void)
{
	/* Nobody asks SQLite for memory statistics, and keeping them costs a lock per allocation. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_config(SQLITE_CONFIG_LOG, keep_errno, NULL);
}

void db_setup(const char *temp_dir)
{
	const char *dir = spill_directory(temp_dir);
	sqlite3_vfs *vfs;
	int rc;

	if (access(dir, W_OK | X_OK))
		die_errno("cannot use temporary directory %s", dir);
	if (setenv("SQLITE_TMPDIR", dir, 1))
		die_errno("cannot set SQLITE_TMPDIR");
	db_configure();
	rc = sqlite3_initialize();
	if (rc != SQLITE_OK)
		die(EXIT_SYSTEM, "SQLite does not start: %s", sqlite3_errstr(rc));
	vfs = sqlite3_vfs_find(NULL);
	vfs->xSetSystemCall(vfs, "open", (sqlite3_syscall_ptr)open_for_sqlite);
}

static NORETURN void fail_on_io(struct db *db, int primary)
{
	const char *temp_dir = getenv("SQLITE_TMPDIR");
	const char *what = sqlite3_errmsg(db->handle);

	if (sqlite3_extended_errcode(db->handle) == SQLITE_IOERR_NOMEM)
		die(EXIT_SYSTEM, "%s: out of memory", db->name);
	if (primary == SQLITE_FULL && temp_dir)
		die(EXIT_SYSTEM, "%s: the disk is full, its own or that of temporary files in %s",
		    db->name, temp_dir);
	errno = failed_errno ? failed_errno : errno;
	if (primary == SQLITE_FULL || !errno)
		die(EXIT_SYSTEM, "%s: %s", db->name, what);
	die_errno("%s: %s", db->name, what);
}

static NORETURN void fail_on_lock(struct db *db)
{
	struct buf who = { 0 };

	holder_add(&who, db->name);
	buf_add_char(&who, '\0');
	die(EXIT_SYSTEM, "%s: is being used by another process%s", db->name, (char *)who.data);
}

/*
 * SQLite keeps some causes to itself: a page that the disk does not give is "malformed", a lock that
 * the file system does not give is "busy". errno still knows better.
 */
static NORETURN void fail(struct db *db, int rc)
{
	int primary = rc & 0xff;

	if (primary == SQLITE_CORRUPT && errno == EIO)
		die_errno("%s: cannot be read", db->name);
	if (db->handle && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN ||
			   primary == SQLITE_FULL))
		fail_on_io(db, primary);
	if (primary == SQLITE_BUSY && errno == ENOLCK)
		die_errno("%s: cannot be locked", db->name);
	if (primary == SQLITE_READONLY && db->refused) {
		errno = db->refused;
		die_errno("%s: cannot be written", db->name);
	}
	if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED)
		fail_on_lock(db);
	if (primary == SQLITE_NOTADB)
		die(EXIT_INPUT, "%s: is not a SQLite database; it is left as it is", db->name);
	die(primary == SQLITE_CORRUPT ? EXIT_INPUT : EXIT_SYSTEM, "%s: %s", db->name,
	    db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(rc));
}

void db_check(struct db *db, int rc)
{
	if (rc != SQLITE_OK)
		fail(db, rc);
}

void db_exec(struct db *db, const char *sql)
{
	db_check(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

sqlite3_stmt *db_prepare(struct db *db, const char *sql)
{
	sqlite3_stmt *statement;

	db_check(db, sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL));
	return statement;
}

bool db_step(struct db *db, sqlite3_stmt *statement)
{
	int rc = sqlite3_step(statement);

	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		fail(db, rc);
	db_check(db, sqlite3_reset(statement));
	return false;
}

int64_t db_integer(struct db *db, const char *sql)
{
	sqlite3_stmt *statement = db_prepare(db, sql);
	int64_t value = 0;

	if (db_step(db, statement))
		value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

void db_bind(struct db *db, sqlite3_stmt *statement, int at, int64_t value)
{
	db_check(db, value == DB_NULL ? sqlite3_bind_null(statement, at) :
					sqlite3_bind_int64(statement, at, value));
}

void db_bind_name(struct db *db, sqlite3_stmt *statement, int at, const char *bytes, size_t len)
{
	int rc;

	if (!bytes)
		rc = sqlite3_bind_null(statement, at);
	else if (utf8_valid(bytes, len))
		rc = sqlite3_bind_text64(statement, at, bytes, len, SQLITE_TRANSIENT, SQLITE_UTF8);
	else
		rc = sqlite3_bind_blob64(statement, at, bytes, len, SQLITE_TRANSIENT);
	db_check(db, rc);
}

/* ---- what is there ---- */

static enum db_state check_format(struct db *db)
{
	int64_t format;

	if (db_integer(db, "PRAGMA application_id") != DB_APPLICATION_ID)
		die(EXIT_INPUT, "%s: is a database of another program; it is left as it is",
		    db->name);
	format = db_integer(db, "PRAGMA user_version");
	if (format != DB_FORMAT)
		die(EXIT_INPUT, "%s: has database format %lld, this program knows format %d; "
				"it is left as it is", db->name, (long long)format, DB_FORMAT);
	return db_integer(db, "SELECT count(*) FROM scan_metadata") ? DB_COMPLETE : DB_DIRECTORIES;
}

/*
 * SQLite ends a transaction of an exclusive connection by zeros in the head of its journal and
 * removes the file when it closes the database; a failure in between, or a signal, leaves a journal
 * that is none. Only who may write knows that nobody else is about to use it. Nothing is allocated:
 * it may be memory that we die of.
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
	if (read(fd, &first, 1) >= 0 && !first &&
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

/* A failing program takes its transaction back, and its journal with it; a child of it must not. */
static void abandon(void *arg)
{
	const struct db *db = arg;
	sqlite3_stmt *statement;

	if (db->owner != getpid())
		return;
	while ((statement = sqlite3_next_stmt(db->handle, NULL)))
		sqlite3_finalize(statement);
	remove_spent_journal(db->handle);
	sqlite3_close(db->handle);
}

/* What SQLite cannot open for writing it opens for reading and complains later, without the cause. */
static void open_handle(struct db *db, const char *file, const char *vfs)
{
	errno = 0;
	db_check(db, sqlite3_open_v2(file, &db->handle, OPEN_FLAGS, vfs));
	if (sqlite3_db_readonly(db->handle, "main") == 1)
		db->refused = errno;
}

enum db_state db_open(struct db *db, const char *name)
{
	enum db_state state;
	struct stat st;
	char *real;

	*db = (struct db){ .name = xstrdup(name), .owner = getpid() };
	if (stat(name, &st)) {
		if (errno == ENOENT)
			return DB_ABSENT;
		die_errno("cannot open %s", name);
	}
	if (!S_ISREG(st.st_mode) || !st.st_size)
		die(EXIT_INPUT, "%s: is %s; it is left as it is", name,
		    S_ISREG(st.st_mode) ? "an empty file, not a database" : "not a regular file");
	/* An absolute name can mean nothing special to SQLite, as ":memory:" and "file:x" would. */
	real = realpath(name, NULL);
	if (!real)
		die_errno("cannot open %s", name);
	open_handle(db, real, NULL);
	free(real);
	die_after(abandon, db);
	sqlite3_busy_timeout(db->handle, DB_BUSY_MS);
	state = check_format(db);
	clear_up(db);
	return state;
}

enum db_state db_look(const char *name)
{
	struct db db;
	enum db_state state = db_open(&db, name);

	db_close(&db);
	return state;
}

void db_close(struct db *db)
{
	die_forget(db);
	if (db->handle)
		remove_spent_journal(db->handle);
	db_check(db, sqlite3_close(db->handle));
	free(db->name);
	*db = (struct db){ 0 };
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

void db_create(struct db *db, const char *name)
{
	char path[sizeof(FD_DIRECTORY) + 12], pragmas[200];

	*db = (struct db){ .name = xstrdup(name) };
	outfile_open(&db->file, name, 0640);
	register_vfs(db);
	snprintf(path, sizeof(path), FD_DIRECTORY "%d", db->file.fd);
	open_handle(db, path, VFS_NAME);
	snprintf(pragmas, sizeof(pragmas), "PRAGMA page_size = %d; PRAGMA journal_mode = OFF;"
		 "PRAGMA synchronous = OFF; PRAGMA application_id = %d; PRAGMA user_version = %d",
		 DB_PAGE_SIZE, DB_APPLICATION_ID, DB_FORMAT);
	db_exec(db, pragmas);
}

/* Also the directory, or the name could be gone after a power cut. */
static void sync_directory(const char *file)
{
	char *copy = xstrdup(file);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* Not every file system can sync a directory; then there is nothing more to be done. */
	if (fd < 0 || (fsync(fd) && errno != EINVAL && errno != EBADF))
		die_errno("cannot sync the directory of %s", file);
	close(fd);
	free(copy);
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
	sync_directory(real);
	free(real);
	free(db->name);
	*db = (struct db){ 0 };
}

void db_limits(struct db *db, uint64_t memory, unsigned threads)
{
	/* Each helping thread sorts a list of its own, as large as the cache may be. */
	uint64_t kib = memory / 1024 / (threads > 1 ? threads + 1 : 2);
	char sql[200];

	/* SQLite's limit for a list in memory is 512 MiB, and more cache than that gains nothing. */
	if (kib > 512u << 10)
		kib = 512u << 10;
	snprintf(sql, sizeof(sql),
		 "PRAGMA cache_size = -%llu; PRAGMA threads = %u; PRAGMA temp_store = FILE;"
		 "PRAGMA mmap_size = 0; PRAGMA secure_delete = OFF; PRAGMA foreign_keys = OFF",
		 (unsigned long long)kib, threads > 1 ? threads - 1 : 0);
	db_exec(db, sql);
}

void db_sync(struct db *db)
{
	sqlite3_file *file;

	/* Through SQLite's own descriptor: closing a second one would drop its locks (POSIX). */
	db_check(db, sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file));
	if (file->pMethods->xSync(file, SQLITE_SYNC_FULL) != SQLITE_OK)
		die_errno("cannot sync %s", db->name);
}
