/* SPDX-License-Identifier: MIT */
#include "common/import/import_target.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <grp.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/hash.h"
#include "common/db/db_reader.h"

#define LOCK_TRIES 1000   /* each is somebody else who came and went in between */
#define HOLDER_TRIES 10   /* tenths of a second: the holder may be on its way to `work` */
#define SUFFIX_ROOM 24    /* bytes: a hash, and what stands around it */
#define COPY_BYTES (1u << 20)

static char *directory_of(const char *file)
{
	char *copy = xstrdup(file), *dir = xstrdup(dirname(copy));

	free(copy);
	return dir;
}

static const char *base_of(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash + 1 : file;
}

char *import_beside(const char *file, const char *suffix)
{
	size_t len = strlen(base_of(file)), room = NAME_MAX - strlen(suffix);

	if (len <= room)
		return xasprintf("%s%s", file, suffix);
	return xasprintf("%.*s~%016" PRIx64 "%s",
			 (int)(base_of(file) - file + (ptrdiff_t)(room - SUFFIX_ROOM)), file,
			 (uint64_t)XXH3_64bits(base_of(file), len), suffix);
}

/* ---- its place ---- */

void import_target_open(struct import_target *t, const char *name)
{
	struct stat st;
	char *dir;

	*t = (struct import_target){ .name = name, .lock = -1, .fate = xstrdup("nothing was written") };
	if (!stat(name, &st) && !S_ISREG(st.st_mode))
		die(EXIT_USAGE, "%s: not a regular file", name);
	t->file = outfile_final_name(name);
	dir = directory_of(t->file);
	if (stat(dir, &st))
		die_errno("%s: the directory %s", name, dir);
	free(dir);
	t->import = import_beside(t->file, ".import");
}

/* ---- who works on it ---- */

/* What is in DB.import besides `.`; NULL: nothing, or it cannot be read. The caller frees it. */
static char *find_run(const char *import)
{
	DIR *dir = opendir(import);
	struct dirent *entry;
	char *found = NULL;

	while (dir && !found && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "run.", 4) == 0)
			found = xstrdup(entry->d_name + 4);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Who holds the lock, as far as `run.HOST.PID.RANDOM` shows it. */
static NORETURN void die_busy(const struct import_target *t)
{
	const struct timespec tenth = { .tv_nsec = 100000000 };
	char *run = NULL, *pid = NULL, since[40] = "?";
	const struct passwd *user;
	struct stat st;
	struct tm local;

	for (int i = 0; i < HOLDER_TRIES && !run; i++) {
		if (i)
			nanosleep(&tenth, NULL);
		run = find_run(t->import);
	}
	for (int dots = 0; run && dots < 2; dots++) {
		pid = strrchr(run, '.');
		if (!pid)
			break;
		*pid++ = '\0';
		pid = dots ? pid : NULL;
	}
	if (!pid || stat(t->import, &st))
		die(EXIT_SYSTEM, "%s: another import into it is running", t->name);
	user = getpwuid(st.st_uid);
	if (localtime_r(&st.st_mtime, &local))
		strftime(since, sizeof(since), "%Y-%m-%d %H:%M:%S", &local);
	die(EXIT_SYSTEM, "%s: another import into it is running: process %s on %s, of %s, since %s",
	    t->name, pid, run, user ? user->pw_name : "a user without a name", since);
}

static NORETURN void die_not_ours(const struct import_target *t, uid_t uid)
{
	const struct passwd *user = getpwuid(uid);

	die(EXIT_SYSTEM, "%s: belongs to %s, whose import is running or was killed", t->import,
	    user ? user->pw_name : "a user without a name");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	(void)remove(path);
	return 0;
}

/* What cannot be removed is for the next run. */
static void remove_runs(const struct import_target *t)
{
	DIR *dir = opendir(t->import);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char *path;

		if (strncmp(entry->d_name, "run.", 4))
			continue;
		path = xasprintf("%s/%s", t->import, entry->d_name);
		nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
		free(path);
	}
	if (dir)
		closedir(dir);
}

static void clean_up(void *arg)
{
	struct import_target *t = arg;

	if (t->lock >= 0)
		remove_runs(t);
	if (t->entered)
		rmdir(t->import);
}

/* Make it if need be, and open it. -1: another run has removed it in between. */
static int enter(struct import_target *t)
{
	struct stat st;
	int fd;

	if (mkdir(t->import, 0700) == 0)
		t->entered = true;
	else if (errno != EEXIST)
		die_errno("%s: cannot be made", t->import);
	fd = open(t->import, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return -1;
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		die(EXIT_SYSTEM, "%s: cannot be made: something else has that name", t->import);
	if (fd < 0 && (errno != EACCES || lstat(t->import, &st) || st.st_uid == geteuid()))
		die_errno("%s: cannot be opened", t->import);
	if (fd < 0 || fstat(fd, &st) || st.st_uid != geteuid())
		die_not_ours(t, st.st_uid);
	return fd;
}

/* True when the lock is on what has the name now. */
static bool lock_it(struct import_target *t, int fd)
{
	struct stat locked, named;

	if (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno == EWOULDBLOCK)
			die_busy(t);
		if (errno == ENOLCK || errno == ENOSYS || errno == EOPNOTSUPP)
			die_errno("%s: cannot be locked: a database must be made on a file system that "
				  "has locks", t->import);
		die_errno("%s: cannot be locked", t->import);
	}
	return !fstat(fd, &locked) && !lstat(t->import, &named) && locked.st_dev == named.st_dev &&
	       locked.st_ino == named.st_ino;
}

static char *host_name(void)
{
	char host[65] = "";

	if (gethostname(host, sizeof(host) - 1) || !*host)
		return xstrdup("here");
	for (char *at = host; *at; at++) {
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", *at))
			*at = '_';
	}
	return xstrdup(host);
}

void import_target_lock(struct import_target *t)
{
	char *host = host_name();
	struct stat st;
	int fd = -1;

	die_after(clean_up, t);
	for (int tries = 0; tries < LOCK_TRIES && t->lock < 0; tries++) {
		fd = enter(t);
		if (fd >= 0 && lock_it(t, fd))
			t->lock = fd;
		else if (fd >= 0)
			close(fd);
	}
	if (t->lock < 0)
		die(EXIT_SYSTEM, "%s: comes and goes; other imports are in the way", t->import);
	t->entered = true;
	remove_runs(t);
	/* In a directory that hands its group on, this one does too. */
	if (fstat(t->lock, &st) || fchmod(t->lock, 0700 | (st.st_mode & S_ISGID)))
		die_errno("%s: its mode cannot be set", t->import);
	t->work = xasprintf("%s/run.%s.%d.XXXXXX", t->import, host, (int)getpid());
	if (!mkdtemp(t->work))
		die_errno("%s: cannot be written", t->import);
	t->made = xasprintf("%s/new.db", t->work);
	free(host);
}

void import_target_release(struct import_target *t)
{
	die_forget(t);
	clean_up(t);
	close(t->lock);
	db_found_release(&t->old);
	free(t->file);
	free(t->import);
	free(t->work);
	free(t->made);
	free(t->fate);
}

/* ---- what is there ---- */

static const char *const companions[] = { "-journal", "-wal", "-shm" };
#define COMPANIONS (sizeof(companions) / sizeof(*companions))

/* What somebody else has put under our names, in a directory where anybody may put files. */
static void refuse_planted(const struct import_target *t)
{
	struct stat st;

	if (!lstat(t->file, &st))
		outfile_refuse_planted(t->file, &st);
	for (size_t i = 0; i < COMPANIONS; i++) {
		char *path = xasprintf("%s%s", t->file, companions[i]);

		if (!lstat(path, &st))
			outfile_refuse_planted(path, &st);
		free(path);
	}
}

static bool is_ours(enum db_state state)
{
	return state == DB_OLDER || state == DB_ALTERED || state >= DB_DIRECTORIES;
}

/*
 * Finish what a killed writer has begun: its journal would be played back into the new database.
 * A writer at work is no such case; readers are welcome.
 */
static void settle(struct import_target *t)
{
	struct db db;

	db_found_release(&t->old);
	db_open(&db, t->file, &t->old);
	if (is_ours(t->old.state) && !db.refused)
		db_exec(&db, "BEGIN IMMEDIATE; ROLLBACK; PRAGMA wal_checkpoint(TRUNCATE)");
	for (size_t i = 0; i < COMPANIONS && is_ours(t->old.state) && db.refused; i++) {
		char *path = xasprintf("%s%s", t->file, companions[i]);

		if (access(path, F_OK) == 0)
			die(EXIT_SYSTEM, "%s: has a journal to recover and cannot be written", t->name);
		free(path);
	}
	db_close(&db);
}

static void remove_companions(const struct import_target *t)
{
	for (size_t i = 0; i < COMPANIONS; i++) {
		char *path = xasprintf("%s%s", t->file, companions[i]);

		/* A name that is too long cannot be there. */
		if (unlink(path) && errno != ENOENT && errno != ENAMETOOLONG)
			die_errno("cannot remove %s, which SQLite would play into %s", path, t->name);
		free(path);
	}
}

void import_target_look(struct import_target *t)
{
	refuse_planted(t);
	settle(t);
	if (t->old.state != DB_ABSENT && t->old.state != DB_EMPTY) {
		if (!is_ours(t->old.state))
			die(EXIT_INPUT, "%s: %s; not replaced", t->name, db_trust_says(t->old.state));
		free(t->fate);
		t->fate = xasprintf("%s is as it was", t->name);
	}
	remove_companions(t);
}

void import_target_may_replace(const struct import_target *t, const char *filesystem,
			       int64_t scan_day)
{
	static const char refuse[] = "not replaced without --replace";
	const char *old = t->old.filesystem;
	char date[DATE_TEXT_SIZE];

	if (t->old.state == DB_ABSENT || t->old.state == DB_EMPTY)
		return;
	if (t->old.state == DB_DIRECTORIES)
		die(EXIT_USAGE, "%s: %s: it holds an unfinished import", t->name, refuse);
	if (t->old.state == DB_ALTERED)
		die(EXIT_INPUT, "%s: %s: it %s", t->name, refuse, db_trust_says(t->old.state));
	if (t->old.state != DB_COMPLETE)
		die(EXIT_USAGE, "%s: %s: it %s", t->name, refuse, db_trust_says(t->old.state));
	if (filesystem && strcmp(filesystem, old ? old : ""))
		die(EXIT_USAGE, "%s: %s: it holds file system '%s', this is '%s'", t->name, refuse,
		    old ? old : "", filesystem);
	if (scan_day != DAY_NONE && scan_day < t->old.scan_day)
		die(EXIT_USAGE, "%s: %s: it holds a newer scan, of %s", t->name, refuse,
		    scantime_date_text(date, t->old.scan_day));
}

/* ---- the new one ---- */

/* What rights_copy could not give shows in what the file has now. */
static void warn_of_rights(const struct import_target *t, const struct stat *old,
			   const struct stat *now)
{
	const struct group *group;

	if (old->st_uid != now->st_uid && geteuid() == 0)
		warn("%s: it cannot keep its owner", t->name);
	if (old->st_gid != now->st_gid) {
		group = getgrgid(old->st_gid);
		warn("%s: it cannot keep its group %s: no group rights", t->name,
		     group ? group->gr_name : "");
	} else if ((old->st_mode ^ now->st_mode) & 0777) {
		warn("%s: its ACL could not be copied: no group rights", t->name);
	}
}

static void set_rights(const struct import_target *t, int fd, mode_t mode, bool exact, bool quiet)
{
	struct stat old, now;

	if (stat(t->file, &old)) {
		if (errno != ENOENT || (exact && fchmod(fd, mode)))
			die_errno("%s: cannot get its mode", t->name);
		return;
	}
	if (!outfile_copy_rights(t->file, &old, fd) || fstat(fd, &now))
		die_errno("%s: its mode cannot be copied", t->name);
	if (!quiet)
		warn_of_rights(t, &old, &now);
}

void import_target_publish(struct import_target *t, mode_t mode, bool exact, bool quiet)
{
	int fd = open(t->made, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		die_errno("%s: the new database cannot be opened", t->name);
	set_rights(t, fd, mode, exact, quiet);
	if (fsync(fd))
		die_errno("%s: the new database may not be on disk", t->name);
	close(fd);
	if (rename(t->made, t->file))
		die_errno("%s: could not be replaced", t->name);
	free(t->fate);
	t->fate = xstrdup("the new database is in place");
	if (!db_sync_directory(t->file))
		die_errno("%s: is new, but may not be on disk", t->name);
}
