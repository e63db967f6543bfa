/* SPDX-License-Identifier: MIT */
/*
 * walk_dirs - the directories of a walk that are known and not finished, and their descriptors.
 *
 * A stack: the directory that was found last is entered first, so what waits is about the width of
 * the tree times its depth. Of a directory that waits there is only a name, in the one it was found
 * in; names beyond the budget go to a spill file. What has been opened is a struct walk_dir until
 * all below it is done:
 *
 *     /home  fd 4   waiting: "ann" "bob"          openat(4, "bob")
 *       carl fd 7   waiting: "src" "mail"         openat(7, "mail"), and so on
 *         doc       being read by a worker
 *
 * No path is ever walked from the root and nothing asks for "..", so a directory that is moved
 * takes nobody else along. When descriptors run short, those that were idle for longest are closed.
 * A directory is opened again from its nearest ancestor that is open, one name after the
 * other, and must be the same device and inode as before; if not, what waits in it has vanished.
 *
 * All calls may come from any thread. Memory: the budget, and less than 200 bytes and a name for
 * each level of each worker.
 */
#ifndef TREETALLY_WALK_DIRS_H
#define TREETALLY_WALK_DIRS_H

#include <pthread.h>

#include "common/base/buf.h"
#include "common/base/spill.h"

struct walk_id {
	uint64_t device, inode;
};

struct walk_names;

struct walk_dir {
	struct walk_dir *parent;        /* of roots: walk_dirs.top, which has no path */
	struct walk_dir *under;         /* it in the stack */
	struct walk_dir *older, *newer; /* among the idle */
	struct walk_names *names;       /* children that wait */
	struct walk_id id;              /* what the parent says, then what was opened */
	uint64_t root_device;           /* of the root it was reached from */
	int fd;                         /* -1: not open */
	int error;                      /* errno of opening it again; its names cannot be reached */
	unsigned users;                 /* who needs the descriptor now */
	unsigned children;              /* in memory */
	bool stacked, idle;
	size_t name_len;
	char name[];
};

struct walk_dirs {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct walk_dir *top;           /* "parent" of the roots, whose names are absolute */
	struct walk_dir *stack;
	struct walk_dir *oldest, *newest;
	size_t idle, idle_most;         /* descriptors */
	unsigned busy, asleep;          /* workers */
	size_t held, held_most;         /* bytes of names */
	struct buf chain;               /* of walk_dir pointers, while one is opened again */
	struct spill spill;
};

/* `idle_most` descriptors are kept beside those in use; `memory` bytes of names. */
void walk_dirs_init(struct walk_dirs *o, size_t idle_most, size_t memory, const char *temp_dir);

/* Append a child that waits to a list that is given to walk_dirs_give. */
void walk_dirs_name(struct buf *names, const struct walk_id *id, const char *name);

/*
 * The next directory to be opened, by the descriptor of its parent; waits while others may find
 * some. NULL: the walk is over. The caller uses both: walk_dirs_leave the parent when the child is
 * open, walk_dirs_finish the child when it has been read. If parent->error is set, there is no
 * descriptor. Whoever finishes one must take the next.
 */
struct walk_dir *walk_dirs_take(struct walk_dirs *o);
void walk_dirs_leave(struct walk_dirs *o, struct walk_dir *dir);

/* `names` wait in `dir`, which the caller uses; empties them. Finish gives those that are left. */
void walk_dirs_give(struct walk_dirs *o, struct walk_dir *dir, struct buf *names);
void walk_dirs_finish(struct walk_dirs *o, struct walk_dir *dir, struct buf *names);

/* Close a descriptor that is idle and keep fewer from now on; false: there is none. */
bool walk_dirs_spare(struct walk_dirs *o);

/* The walk is over. */
void walk_dirs_release(struct walk_dirs *o);

#endif
