/* SPDX-License-Identifier: MIT */
#include "common/import/import_rejects.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file_use.h"
#include "common/base/outfile.h"
#include "common/import/import_target.h"

static bool is_file(const char *name)
{
	struct stat st;

	return strcmp(name, "-") != 0 && strncmp(name, "/dev/", 5) != 0 &&
	       (stat(name, &st) || S_ISREG(st.st_mode));
}

void import_rejects_place(struct import_rejects *r, const char *name)
{
	*r = (struct import_rejects){ .write_to = name, .pin = -1 };
	if (!name)
		return;
	if (strcmp(name, "-") != 0)
		file_use_name(FILE_OUTPUT, name, NULL);
	if (!is_file(name))
		return;
	r->file = outfile_final_name(name);
	r->write_to = import_beside(r->file, ".failed");
	file_use_name(FILE_OUTPUT, r->write_to, NULL);
	/* One that is there is replaced, and the new database must not get its inode and pass for it. */
	r->pin = open(r->write_to, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

void import_rejects_publish(const struct import_rejects *r, const char *fate)
{
	struct stat old;
	int fd;

	if (!r->file)
		return;
	fd = open(r->write_to, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || (!stat(r->file, &old) && !outfile_copy_rights(r->file, &old, fd)) ||
	    rename(r->write_to, r->file))
		die_errno("%s: cannot get its name %s; %s", r->write_to, r->file, fate);
	close(fd);
}
