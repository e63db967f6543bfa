/* SPDX-License-Identifier: MIT */
#include "common/db/db.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/fd.h"
#include "common/base/buf.h"
#include "common/base/spill.h"
#include "common/base/utf8.h"
#include "common/db/db_schema.h"

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

	if (strncmp(path, DB_FD_DIRECTORY, strlen(DB_FD_DIRECTORY)) == 0)
		flags &= ~O_NOFOLLOW;
	fd = open(path, flags, mode);
	if (fd < 0 && flags & O_CREAT)
		failed_errno = errno;
	return fd;
}

void db_configure(void)
{
	/*
	 * Nobody asks SQLite for memory statistics, and keeping them costs a lock per allocation.
	 */
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

/* ---- calls that failed ---- */

/* Where SQLite's unix locks are: the pending and the reserved byte, and those of readers. */
#define LOCK_FIRST 0x40000000
#define LOCK_BYTES 512

/* The process that is in the way of a writer; 0: none that has a number here. */
static pid_t find_holder(const char *database)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_FIRST, .l_len = LOCK_BYTES
	};
	int fd = open(database, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fcntl(fd, F_GETLK, &lock) || lock.l_type == F_UNLCK || lock.l_pid <= 0)
		return 0;
	return lock.l_pid;
}

/* Field 22 of /proc/PID/stat: clock ticks from the start of the machine to that of the process. */
static bool started_at(const char *stat, time_t *seconds)
{
	const char *at = strrchr(stat, ')'); /* the name before it may hold anything */
	struct timespec now, up;

	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at || clock_gettime(CLOCK_REALTIME, &now) || clock_gettime(CLOCK_BOOTTIME, &up))
		return false;
	*seconds = now.tv_sec - up.tv_sec +
		   (time_t)(strtoull(at, NULL, 10) / (uint64_t)sysconf(_SC_CLK_TCK));
	return true;
}

/*
 * Append ": process N (NAME) of uid N, since DATE TIME" as far as it shows; nothing if nobody is
 * known (any more), or on another machine. The descriptor of the database stays open: closing it
 * would drop the locks that this process has on the file.
 */
static void add_holder(struct buf *out, const char *database)
{
	pid_t pid = find_holder(database);
	char path[40], text[1024] = "", *name, *end, since[40];
	struct stat st;
	struct tm local;
	time_t start;
	ssize_t len;
	int fd;

	if (!pid)
		return;
	buf_printf(out, ": process %d", (int)pid);
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	len = fd_read_full(fd, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	name = strchr(text, '(');
	end = strrchr(text, ')');
	if (name && end && !fstat(fd, &st))
		buf_printf(out, " %.*s of uid %u", (int)(end - name + 1), name, st.st_uid);
	if (started_at(text, &start) && localtime_r(&start, &local) &&
	    strftime(since, sizeof(since), "%Y-%m-%d %H:%M:%S", &local))
		buf_printf(out, ", since %s", since);
	close(fd);
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

	add_holder(&who, db->name);
	buf_add_char(&who, '\0');
	die(EXIT_SYSTEM, "%s: is being used by another process%s", db->name, (char *)who.data);
}

/*
 * SQLite keeps some causes to itself: a page that the disk does not give is "malformed", a lock
 * that the file system does not give is "busy". errno still knows better.
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
	if (primary == SQLITE_TOOBIG || primary == SQLITE_INTERRUPT)
		die(EXIT_INPUT, "%s: is damaged: %s", db->name, primary == SQLITE_TOOBIG ?
		    "a value is longer than any can be" : "a table of it does not end");
	if (primary == SQLITE_NOTADB)
		die(EXIT_INPUT, "%s: is not a SQLite database; it is left as it is", db->name);
	die(primary == SQLITE_CORRUPT ? EXIT_INPUT : EXIT_SYSTEM, "%s: %s", db->name,
	    db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(rc));
}

/* ---- calls ---- */

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

uint32_t db_root_page(struct db *db, const char *name)
{
	sqlite3_stmt *select = db_prepare(db, "SELECT rootpage FROM sqlite_master WHERE name = ?");
	int64_t page;

	db_bind_name(db, select, 1, name, strlen(name));
	if (!db_step(db, select))
		bug("a table that was made is not there");
	page = sqlite3_column_int64(select, 0);
	sqlite3_finalize(select);
	return (uint32_t)page;
}

void db_check_count(struct db *db, const char *table, const char *index, uint64_t rows)
{
	/* Alone, count(*) counts the entries of the smallest index, whatever INDEXED BY says. */
	char *sql = index ? xasprintf("SELECT count(*), 1 FROM %s INDEXED BY %s", table, index) :
			    xasprintf("SELECT count(*) FROM %s NOT INDEXED", table);

	if ((uint64_t)db_integer(db, sql) != rows)
		bug("SQLite finds other rows than were written");
	free(sql);
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

void db_limits(struct db *db, uint64_t memory)
{
	char sql[200];

	snprintf(sql, sizeof(sql),
		 "PRAGMA cache_size = -%" PRIu64 "; PRAGMA threads = 0; PRAGMA temp_store = FILE;"
		 "PRAGMA mmap_size = 0; PRAGMA secure_delete = OFF; PRAGMA foreign_keys = OFF",
		 memory / 2 / 1024);
	db_exec(db, sql);
}
