/* SPDX-License-Identifier: MIT */
#include "common/base/file_use.h"

#include <libgen.h>
#include <sys/stat.h>

#include "common/base/buf.h"

struct used {
	enum file_use use;
	char *name;
	mode_t type;  /* of st_mode */
	dev_t device;
	ino_t inode;
	char *entry;  /* NULL, or the file is to be made under this name in the directory above */
};

static struct used *uses;
static size_t use_count, use_cap;

static bool same_file(const struct used *a, const struct used *b)
{
	if (a->device != b->device || a->inode != b->inode || !a->entry != !b->entry)
		return false;
	return !a->entry || strcmp(a->entry, b->entry) == 0;
}

static bool contradict(const struct used *a, const struct used *b)
{
	if (a->use == b->use && a->use != FILE_OUTPUT)
		return false;
	if (S_ISFIFO(a->type) || S_ISSOCK(a->type))
		return a->use != FILE_INPUT && b->use != FILE_INPUT;
	return !S_ISCHR(a->type) && !S_ISDIR(a->type);
}

static void add(const struct used *new)
{
	static const char *const roles[] = { "an input", "an output", "the database" };

	for (size_t i = 0; i < use_count; i++) {
		const struct used *old = &uses[i];

		if (contradict(old, new) && same_file(old, new))
			die(EXIT_USAGE, "%s (%s) and %s (%s) are the same file", old->name,
			    roles[old->use], new->name, roles[new->use]);
	}
	GROW(uses, use_cap, use_count + 1);
	uses[use_count++] = *new;
}

void file_use_name(enum file_use use, const char *name, const char *path)
{
	char *copy = xstrdup(path ? path : name), *directory = NULL;
	struct used used = { .use = use, .name = xstrdup(name), .type = S_IFREG };
	struct stat st;

	if (stat(copy, &st) == 0) {
		used.type = st.st_mode & S_IFMT;
	} else {
		directory = xstrdup(copy);
		used.entry = xstrdup(basename(copy));
		/* What cannot be opened is told by whoever opens it. */
		if (stat(dirname(directory), &st))
			st = (struct stat){ 0 };
	}
	used.device = st.st_dev;
	used.inode = st.st_ino;
	add(&used);
	free(directory);
	free(copy);
}

void file_use_open(enum file_use use, const char *name, int fd)
{
	struct used used = { .use = use, .name = xstrdup(name) };
	struct stat st;

	if (fstat(fd, &st))
		return;
	used.type = st.st_mode & S_IFMT;
	used.device = st.st_dev;
	used.inode = st.st_ino;
	add(&used);
}
