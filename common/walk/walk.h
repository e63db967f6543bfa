/* SPDX-License-Identifier: MIT */
/*
 * walk - scan directory trees with several workers, one record line for each name (walk_line.h).
 *
 * Lines come in any order. Every directory is read through its own descriptor, and names in it are
 * looked at from there: never "..", never a path from the root, no symbolic link followed. What is
 * opened must be the device and inode that the parent told; if a directory was exchanged meanwhile,
 * the name is looked at again. So whoever moves directories during the walk can hide or
 * double what he moves, and nothing else.
 *
 * Memory does not depend on the tree: `memory` for all, of which names of directories that wait
 * take the most; what is more goes to a spill file (walk_dirs.h).
 */
#ifndef TREETALLY_WALK_H
#define TREETALLY_WALK_H

#include "common/base/outfile.h"
#include "common/base/progress.h"

struct walk_options {
	bool cross;                 /* enter file systems that are mounted below a root */
	const char *const *exclude; /* globs: a name; with `/`, a path relative to the root */
	size_t exclude_count;
	unsigned threads;
	uint64_t memory;            /* bytes */
	const char *temp_dir;       /* NULL: spill.h chooses */
	bool list_unseen;           /* the first of them on stderr; `verbose`: all, and what vanished */
	bool verbose;
};

struct walk_sums {
	uint64_t entries;     /* lines */
	uint64_t directories; /* of them */
	uint64_t allocated;   /* bytes of files; directories are not counted, as in the database */
	uint64_t unseen;      /* names and directories that are there and could not be read */
	uint64_t denied;      /* of them those that are the administrator's to mend (scan-tree(1)) */
	uint64_t vanished;    /* after they had been listed, or while they were read */
	uint64_t mounts;      /* other file systems that were not entered */
	uint64_t excluded;    /* names that a pattern has left out */
};

/* A tree; `path` is absolute and without symbolic links. walk_run sets device and inode. */
struct walk_root {
	const char *path;
	uint64_t device, inode;
};

/* Dies (4) when a root itself fails, or memory, descriptors or `out`. */
void walk_run(const struct walk_options *options, struct walk_root *roots, size_t root_count,
	      struct outfile *out, struct progress *progress, struct walk_sums *sums);

#endif
