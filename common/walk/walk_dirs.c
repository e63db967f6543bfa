/* SPDX-License-Identifier: MIT */
#include "common/walk/walk_dirs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Children that wait: for each a struct walk_id and its name with the NUL. */
struct walk_names {
	struct walk_names *next;
	bool spilled;
	uint64_t offset; /* in the spill file */
	size_t len, at;  /* `at`: where the next one begins */
	char data[];     /* unless spilled */
};

static struct walk_dir *new_dir(struct walk_dir *parent, const struct walk_id *id, const char *name)
{
	size_t len = strlen(name);
	struct walk_dir *dir = xcalloc(1, sizeof(*dir) + len + 1);

	*dir = (struct walk_dir){ .parent = parent, .id = *id, .fd = -1, .users = 1, .name_len = len };
	memcpy(dir->name, name, len);
	return dir;
}

void walk_dirs_init(struct walk_dirs *o, size_t idle_most, size_t memory, const char *temp_dir)
{
	*o = (struct walk_dirs){ .idle_most = idle_most, .held_most = memory, .busy = 1 };
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->more, NULL);
	spill_init(&o->spill, temp_dir, false);
	o->top = new_dir(NULL, &(struct walk_id){ 0 }, "");
	o->top->fd = AT_FDCWD;
}

/* ---- descriptors: in use, idle, or closed ---- */

static void idle_remove(struct walk_dirs *o, struct walk_dir *dir)
{
	if (!dir->idle)
		return;
	*(dir->older ? &dir->older->newer : &o->oldest) = dir->newer;
	*(dir->newer ? &dir->newer->older : &o->newest) = dir->older;
	dir->older = dir->newer = NULL;
	dir->idle = false;
	o->idle--;
}

static void close_dir(struct walk_dirs *o, struct walk_dir *dir)
{
	idle_remove(o, dir);
	if (dir->fd >= 0)
		close(dir->fd);
	dir->fd = -1;
}

static void idle_add(struct walk_dirs *o, struct walk_dir *dir)
{
	dir->older = o->newest;
	*(o->newest ? &o->newest->newer : &o->oldest) = dir;
	o->newest = dir;
	dir->idle = true;
	if (++o->idle > o->idle_most)
		close_dir(o, o->oldest);
}

static void use(struct walk_dirs *o, struct walk_dir *dir)
{
	idle_remove(o, dir);
	dir->users++;
}

/* Without a user a directory keeps its descriptor only for names that wait. */
static void leave(struct walk_dirs *o, struct walk_dir *dir)
{
	dir->users--;
	while (!dir->users && dir != o->top) {
		struct walk_dir *parent = dir->parent;

		if (dir->names && dir->fd >= 0)
			idle_add(o, dir);
		if (dir->names)
			return;
		close_dir(o, dir);
		if (dir->children)
			return;
		free(dir);
		parent->children--;
		if (parent->idle || parent->names)
			return;
		dir = parent;
	}
}

static bool spare(struct walk_dirs *o)
{
	if (!o->oldest)
		return false;
	close_dir(o, o->oldest);
	o->idle_most = o->idle;
	return true;
}

bool walk_dirs_spare(struct walk_dirs *o)
{
	bool done;

	pthread_mutex_lock(&o->lock);
	done = spare(o);
	pthread_mutex_unlock(&o->lock);
	return done;
}

/* From its parent, which is open. Sets dir->error if it is not there, or is another one by now. */
static void open_again(struct walk_dirs *o, struct walk_dir *dir)
{
	struct stat st;

	do {
		dir->fd = openat(dir->parent->fd, dir->name,
				 O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	} while (dir->fd < 0 && (errno == EINTR || ((errno == EMFILE || errno == ENFILE) && spare(o))));
	if (dir->fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
		die_errno("cannot open %s again", dir->name);
	if (dir->fd >= 0 && fstat(dir->fd, &st) == 0 && st.st_dev == dir->id.device &&
	    st.st_ino == dir->id.inode)
		return;
	dir->error = dir->fd >= 0 || errno == ENOTDIR || errno == ELOOP ? ENOENT : errno;
	close_dir(o, dir);
}

/* Use `dir` with its descriptor, or with the error that there is none. */
static void use_open(struct walk_dirs *o, struct walk_dir *dir)
{
	struct walk_dir *at = dir, *below;

	o->chain.len = 0;
	for (; at->fd == -1 && !at->error; at = at->parent)
		buf_add(&o->chain, &at, sizeof(at));
	use(o, at);
	while (o->chain.len) {
		o->chain.len -= sizeof(below);
		memcpy(&below, o->chain.data + o->chain.len, sizeof(below));
		use(o, below);
		if (at->error)
			below->error = at->error;
		else
			open_again(o, below);
		leave(o, at);
		at = below;
	}
}

/* ---- names ---- */

void walk_dirs_name(struct buf *names, const struct walk_id *id, const char *name)
{
	buf_add(names, id, sizeof(*id));
	buf_add(names, name, strlen(name) + 1);
}

static struct walk_names *new_names(struct walk_dirs *o, size_t len, bool spilled)
{
	struct walk_names *names = xmalloc(sizeof(*names) + (spilled ? 0 : len));

	*names = (struct walk_names){ .spilled = spilled, .len = len };
	o->held += sizeof(*names) + (spilled ? 0 : len);
	return names;
}

static void free_names(struct walk_dirs *o, struct walk_names *names)
{
	o->held -= sizeof(*names) + (names->spilled ? 0 : names->len);
	free(names);
}

static void give(struct walk_dirs *o, struct walk_dir *dir, struct buf *given)
{
	struct walk_names *names;

	if (!given->len)
		return;
	names = new_names(o, given->len, o->held + given->len > o->held_most);
	if (names->spilled) {
		names->offset = o->spill.end;
		spill_append(&o->spill, given->data, given->len);
	} else {
		memcpy(names->data, given->data, given->len);
	}
	names->next = dir->names;
	dir->names = names;
	if (!dir->stacked) {
		dir->stacked = true;
		dir->under = o->stack;
		o->stack = dir;
	}
	given->len = 0;
}

void walk_dirs_give(struct walk_dirs *o, struct walk_dir *dir, struct buf *names)
{
	pthread_mutex_lock(&o->lock);
	give(o, dir, names);
	if (o->asleep)
		pthread_cond_signal(&o->more);
	pthread_mutex_unlock(&o->lock);
}

static void load_names(struct walk_dirs *o, struct walk_dir *dir)
{
	struct walk_names *from = dir->names, *names = new_names(o, from->len, false);

	spill_read(&o->spill, from->offset, names->data, from->len);
	spill_discard(&o->spill, from->offset, from->len);
	names->next = from->next;
	dir->names = names;
	free_names(o, from);
}

/* The next that waits in `dir`, on top of the stack; the last one takes it off. */
static struct walk_dir *next_child(struct walk_dirs *o, struct walk_dir *dir)
{
	struct walk_names *names;
	struct walk_dir *child;
	struct walk_id id;

	if (dir->names->spilled)
		load_names(o, dir);
	names = dir->names;
	memcpy(&id, names->data + names->at, sizeof(id));
	child = new_dir(dir, &id, names->data + names->at + sizeof(id));
	child->root_device = dir == o->top ? id.device : dir->root_device;
	dir->children++;
	names->at += sizeof(id) + child->name_len + 1;
	if (names->at == names->len) {
		dir->names = names->next;
		free_names(o, names);
	}
	if (!dir->names) {
		o->stack = dir->under;
		dir->stacked = false;
	}
	return child;
}

struct walk_dir *walk_dirs_take(struct walk_dirs *o)
{
	struct walk_dir *dir, *child = NULL;

	pthread_mutex_lock(&o->lock);
	o->asleep++;
	while (!o->stack && o->busy)
		pthread_cond_wait(&o->more, &o->lock);
	o->asleep--;
	dir = o->stack;
	if (dir) {
		o->busy++;
		use_open(o, dir);
		child = next_child(o, dir);
	}
	/* Whoever takes one wakes up who may take the next, and at the end everybody. */
	if (o->asleep && (o->stack || !o->busy))
		pthread_cond_signal(&o->more);
	pthread_mutex_unlock(&o->lock);
	return child;
}

void walk_dirs_leave(struct walk_dirs *o, struct walk_dir *dir)
{
	pthread_mutex_lock(&o->lock);
	leave(o, dir);
	pthread_mutex_unlock(&o->lock);
}

/* Nobody is woken up for the names: whoever finishes a directory takes the next one. */
void walk_dirs_finish(struct walk_dirs *o, struct walk_dir *dir, struct buf *names)
{
	pthread_mutex_lock(&o->lock);
	give(o, dir, names);
	leave(o, dir);
	o->busy--;
	pthread_mutex_unlock(&o->lock);
}

void walk_dirs_release(struct walk_dirs *o)
{
	free(o->top);
	buf_release(&o->chain);
	spill_release(&o->spill);
	pthread_mutex_destroy(&o->lock);
	pthread_cond_destroy(&o->more);
}
