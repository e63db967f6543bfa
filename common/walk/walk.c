/* SPDX-License-Identifier: MIT */
#include "common/walk/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/base/path.h"
#include "common/base/pool.h"
#include "common/walk/walk_dirs.h"
#include "common/walk/walk_line.h"

#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x2000 /* Linux 5.8 */
#endif

#define DENTS_SIZE (64u << 10)
#define OUT_SIZE (128u << 10)
#define NAMES_SIZE (32u << 10)
#define WORKER_SIZE (640u << 10)  /* a worker with all it has: these, paths, days */
#define IDLE_MOST 1000
#define FILES_OF_OTHERS 10        /* descriptors: standard ones, output, spill file, inherited */
#define UNSEEN_LISTED 20
#define SHOWN_MOST 1000           /* bytes of a path in a message */
#define EXCHANGES_MAX 8           /* looks at a name that changes all the time */

struct walk {
	const struct walk_options *options;
	struct walk_dirs dirs;
	pthread_mutex_t lock; /* of what follows */
	struct outfile *out;
	struct progress *progress;
	struct walk_sums sums;
	uint64_t listed;
};

struct worker {
	struct walk *walk;
	struct walk_sums sums;  /* since the last flush */
	struct walk_dir *dir;
	struct buf path;        /* of `dir`, empty for `/` */
	size_t root_len;        /* how much of it is the root's */
	struct buf prefix;      /* the path encoded, and a slash */
	struct buf names, out;
	struct walk_days days;
	_Alignas(struct dirent64) char dents[DENTS_SIZE];
};

static struct walk_id id_of(const struct statx *st)
{
	return (struct walk_id){ makedev(st->stx_dev_major, st->stx_dev_minor), st->stx_ino };
}

static bool look(int fd, const char *name, int flags, unsigned mask, struct statx *st)
{
	int status;

	flags |= AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
	while ((status = statx(fd, name, flags, mask, st)) && errno == EINTR)
		;
	if (status && errno == ENOMEM)
		die_errno("cannot look at %s", name);
	return status == 0;
}

/* ---- what was found ---- */

static void flush(struct worker *w)
{
	struct walk *o = w->walk;
	const uint64_t *from = (const uint64_t *)&w->sums;
	uint64_t *to = (uint64_t *)&o->sums;

	pthread_mutex_lock(&o->lock);
	for (size_t i = 0; i < sizeof(w->sums) / sizeof(*to); i++)
		to[i] += from[i];
	if (w->out.len)
		outfile_write(o->out, w->out.data, w->out.len);
	progress_update(o->progress, o->sums.entries, o->sums.entries);
	pthread_mutex_unlock(&o->lock);
	w->sums = (struct walk_sums){ 0 };
	w->out.len = 0;
}

/* `name` is in w->dir, or NULL for the directory itself. Of a very long path the end is shown. */
static void say(const struct worker *w, const char *name, const char *what)
{
	size_t cut = w->path.len > SHOWN_MOST ? w->path.len - SHOWN_MOST : 0;

	warn("%s%.*s%s%s: %s", cut ? "..." : "", (int)(w->path.len - cut), (char *)w->path.data + cut,
	     name || !w->path.len ? "/" : "", name ? name : "", what);
}

static void vanished(struct worker *w, const char *name)
{
	w->sums.vanished++;
	if (w->walk->options->verbose)
		say(w, name, "vanished during the scan");
}

/* It is there and could not be read. `foreign`: that is for somebody else to mend. */
static void unseen(struct worker *w, const char *name, int error, bool foreign)
{
	struct walk *o = w->walk;

	w->sums.unseen++;
	w->sums.denied += !foreign;
	if (!o->options->list_unseen)
		return;
	pthread_mutex_lock(&o->lock);
	if (o->options->verbose || o->listed < UNSEEN_LISTED)
		say(w, name, strerror(error));
	else if (o->listed == UNSEEN_LISTED)
		warn("and more; --verbose lists all");
	o->listed++;
	pthread_mutex_unlock(&o->lock);
}

static bool is_mount(const struct statx *st, const struct walk_id *above)
{
	return st->stx_attributes & STATX_ATTR_MOUNT_ROOT || id_of(st).device != above->device;
}

static NORETURN void root_failed(const char *path, int error)
{
	if (error == ENOENT)
		die(EXIT_INPUT, "%s: vanished during the scan", path);
	errno = error;
	die_errno("cannot read %s", path);
}

/*
 * A name in the directory `above` (-1: its descriptor is not at hand) fails with `error`. Another
 * user's FUSE mount denies everything, even to root, but what it is: a statx that asks for no
 * attributes still tells the device.
 */
static void failed(struct worker *w, int above_fd, const struct walk_id *above, const char *entry,
		   const char *shown, int error)
{
	bool denied = error == EACCES || error == EPERM, foreign = error == ESTALE;
	struct statx st;

	if (!shown && w->dir->parent == w->walk->dirs.top && !denied)
		root_failed(w->dir->name, error);
	if (error == ENOENT) {
		vanished(w, shown);
		return;
	}
	foreign |= above->device != w->dir->root_device && !denied;
	foreign |= above_fd >= 0 && look(above_fd, entry, AT_STATX_DONT_SYNC, 0, &st) &&
		   is_mount(&st, above);
	unseen(w, shown, error, foreign);
}

static bool fits(const struct worker *w, const char *name, size_t len)
{
	size_t encoded = w->prefix.len + len;

	if (encoded + 2 * len <= PATH_BYTES_MAX)
		return true;
	for (size_t i = 0; i < len; i++)
		encoded += name[i] == '%' || name[i] == '\n' ? 2 : 0;
	return encoded <= PATH_BYTES_MAX;
}

/* `name` as in say. False: its path is longer than the readers of the list take. */
static bool record(struct worker *w, const char *name, const struct statx *st)
{
	struct buf prefix = w->prefix;
	size_t len = name ? strlen(name) : 0;

	if (!fits(w, name, len)) {
		unseen(w, name, ENAMETOOLONG, true);
		return false;
	}
	if (!name && prefix.len > 1)
		prefix.len--;
	walk_line_add(&w->out, &w->days, st, &prefix, name, len);
	w->sums.entries++;
	w->sums.directories += S_ISDIR(st->stx_mode);
	if (!S_ISDIR(st->stx_mode))
		w->sums.allocated += st->stx_blocks * 512;
	if (w->out.len >= OUT_SIZE)
		flush(w);
	return true;
}

/* ---- one directory ---- */

static void encode_path(struct worker *w)
{
	w->prefix.len = 0;
	walk_line_encode(&w->prefix, (char *)w->path.data, w->path.len);
	buf_add_char(&w->prefix, '/');
}

static void set_path(struct worker *w)
{
	const struct walk_dir *top = w->walk->dirs.top, *dir;
	size_t len = 0;
	char *to;

	for (dir = w->dir; dir->parent != top; dir = dir->parent)
		len += 1 + dir->name_len;
	w->root_len = dir->name_len > 1 ? dir->name_len : 0;
	len += w->root_len;
	w->path.len = 0;
	to = (char *)buf_reserve(&w->path, len) + len;
	for (dir = w->dir; dir->parent != top; dir = dir->parent) {
		to -= dir->name_len;
		memcpy(to, dir->name, dir->name_len);
		*--to = '/';
	}
	memcpy(w->path.data, dir->name, w->root_len);
	w->path.len = len;
	encode_path(w);
}

/* It was a directory and is none now, or a link: what is it? True: a directory again. */
static bool look_again(struct worker *w)
{
	struct walk_dir *parent = w->dir->parent;
	struct statx st;

	if (!look(parent->fd, w->dir->name, 0, STATX_BASIC_STATS, &st)) {
		failed(w, parent->fd, &parent->id, w->dir->name, NULL, errno);
		return false;
	}
	if (S_ISDIR(st.stx_mode))
		return true;
	record(w, NULL, &st);
	vanished(w, NULL);
	return false;
}

/* What has been opened must be what the parent told, or the list tells it anew. */
static bool identify(struct worker *w)
{
	struct walk_dir *dir = w->dir;
	struct walk_id id;
	struct statx st;

	if (!look(dir->fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st)) {
		failed(w, dir->parent->fd, &dir->parent->id, dir->name, NULL, errno);
		return false;
	}
	id = id_of(&st);
	if (id.device != dir->id.device && !w->walk->options->cross) {
		w->sums.mounts++;
		return false;
	}
	if (id.device != dir->id.device || id.inode != dir->id.inode)
		record(w, NULL, &st);
	dir->id = id;
	return true;
}

/* Open w->dir from its parent. False: there is nothing to be read. */
static bool enter(struct worker *w)
{
	struct walk_dir *dir = w->dir, *parent = dir->parent;

	if (parent->error) {
		failed(w, -1, &parent->id, dir->name, NULL, parent->error);
		return false;
	}
	for (unsigned exchanges = 0; exchanges < EXCHANGES_MAX;) {
		dir->fd = openat(parent->fd, dir->name,
				 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (dir->fd >= 0)
			return identify(w);
		if (errno == EINTR || (errno == EMFILE && walk_dirs_spare(&w->walk->dirs)))
			continue;
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			die_errno("cannot open %s", dir->name);
		if (errno != ENOTDIR && errno != ELOOP) {
			failed(w, parent->fd, &parent->id, dir->name, NULL, errno);
			return false;
		}
		if (!look_again(w))
			return false;
		exchanges++;
	}
	vanished(w, NULL);
	return false;
}

static bool excluded(struct worker *w, const char *name)
{
	const struct walk_options *options = w->walk->options;
	size_t len = w->path.len;
	bool found = false;

	if (!options->exclude_count)
		return false;
	buf_add_char(&w->path, '/');
	buf_add(&w->path, name, strlen(name) + 1);
	for (size_t i = 0; i < options->exclude_count && !found; i++) {
		const char *pattern = options->exclude[i];

		if (strchr(pattern, '/'))
			found = !fnmatch(pattern, (char *)w->path.data + w->root_len + 1,
					 FNM_PATHNAME);
		else
			found = !fnmatch(pattern, name, 0);
	}
	w->path.len = len;
	w->sums.excluded += found;
	return found;
}

static void look_at(struct worker *w, const char *name)
{
	struct walk_dir *dir = w->dir;
	struct walk_id id;
	struct statx st;

	if (excluded(w, name))
		return;
	if (!look(dir->fd, name, 0, STATX_BASIC_STATS, &st)) {
		failed(w, dir->fd, &dir->id, name, name, errno);
		return;
	}
	if (!record(w, name, &st) || !S_ISDIR(st.stx_mode))
		return;
	if (is_mount(&st, &dir->id) && !w->walk->options->cross) {
		w->sums.mounts++;
		return;
	}
	id = id_of(&st);
	walk_dirs_name(&w->names, &id, name);
}

/* Its own system call: glibc has a function of that name only since 2.30. */
static long read_names(struct worker *w)
{
	long n;

	while ((n = syscall(SYS_getdents64, w->dir->fd, w->dents, sizeof(w->dents))) < 0 &&
	       errno == EINTR)
		;
	return n;
}

static void read_directory(struct worker *w)
{
	struct walk_dirs *dirs = &w->walk->dirs;
	long n;

	while ((n = read_names(w)) > 0) {
		for (long at = 0; at < n;) {
			const struct dirent64 *entry = (struct dirent64 *)(w->dents + at);

			at += entry->d_reclen;
			if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
				look_at(w, entry->d_name);
		}
		/* The first of many are for the others to begin with. */
		if (w->names.len > NAMES_SIZE || n > (long)DENTS_SIZE / 2)
			walk_dirs_give(dirs, w->dir, &w->names);
	}
	if (n < 0)
		failed(w, -1, &w->dir->id, NULL, NULL, errno);
}

static void work(void *arg, unsigned number, void *item)
{
	struct worker *w = item;
	struct walk_dirs *dirs = &w->walk->dirs;

	(void)arg;
	(void)number;
	while ((w->dir = walk_dirs_take(dirs))) {
		bool open;

		set_path(w);
		open = enter(w);
		walk_dirs_leave(dirs, w->dir->parent);
		if (open)
			read_directory(w);
		walk_dirs_finish(dirs, w->dir, &w->names);
	}
	flush(w);
}

/* ---- the walk ---- */

/* The lines of the roots come first, and they wait in what has no path. */
static void begin(struct worker *w, struct walk_root *roots, size_t root_count)
{
	for (size_t i = 0; i < root_count; i++) {
		struct walk_id id;
		struct statx st;

		if (!look(AT_FDCWD, roots[i].path, 0, STATX_BASIC_STATS, &st))
			root_failed(roots[i].path, errno);
		id = id_of(&st);
		roots[i].device = id.device;
		roots[i].inode = id.inode;
		w->path.len = 0;
		buf_add(&w->path, roots[i].path, roots[i].path[1] ? strlen(roots[i].path) : 0);
		encode_path(w);
		if (record(w, NULL, &st))
			walk_dirs_name(&w->names, &id, roots[i].path);
	}
	walk_dirs_finish(&w->walk->dirs, w->walk->dirs.top, &w->names);
}

/* Each worker has one descriptor, and two when it opens a directory again. */
static unsigned limit_threads(unsigned wanted, size_t *idle)
{
	struct rlimit files = { .rlim_cur = 64 };
	size_t room, most;

	getrlimit(RLIMIT_NOFILE, &files);
	room = files.rlim_cur > FILES_OF_OTHERS + 4 ? files.rlim_cur - FILES_OF_OTHERS : 4;
	most = room / 4;
	if (wanted > most)
		wanted = (unsigned)most;
	*idle = room - 2 * wanted < IDLE_MOST ? room - 2 * wanted : IDLE_MOST;
	return wanted;
}

void walk_run(const struct walk_options *options, struct walk_root *roots, size_t root_count,
	      struct outfile *out, struct progress *progress, struct walk_sums *sums)
{
	struct walk o = { .options = options, .out = out, .progress = progress };
	size_t idle, threads = limit_threads(options->threads, &idle);
	uint64_t used = (uint64_t)threads * WORKER_SIZE + (1u << 20);
	struct worker *workers = xcalloc(threads, sizeof(*workers));
	struct pool *pool;

	pthread_mutex_init(&o.lock, NULL);
	walk_dirs_init(&o.dirs, idle, options->memory > used ? options->memory - used : 0,
		       options->temp_dir);
	for (size_t i = 0; i < threads; i++)
		workers[i].walk = &o;
	begin(&workers[0], roots, root_count);
	pool = pool_start((unsigned)threads, threads, work, NULL);
	for (size_t i = 0; i < threads; i++)
		pool_put(pool, &workers[i]);
	while (pool_take(pool, true))
		;
	pool_stop(pool);
	for (size_t i = 0; i < threads; i++) {
		buf_release(&workers[i].path);
		buf_release(&workers[i].prefix);
		buf_release(&workers[i].names);
		buf_release(&workers[i].out);
	}
	free(workers);
	walk_dirs_release(&o.dirs);
	pthread_mutex_destroy(&o.lock);
	*sums = o.sums;
}
