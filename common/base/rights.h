/*
 * rights - who may do what with a file that was made anew: owner, group, mode and ACL.
 */
#ifndef TREETALLY_RIGHTS_H
#define TREETALLY_RIGHTS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "common/base/die.h"

/*
 * Give the open file the rights of the file `name`, whose place it takes. The owner only if we may;
 * if the group or the ACL cannot be given, nobody gets rights as a member of a group: those of one
 * group are not another's. False with errno set if the mode cannot be set.
 */
bool rights_copy(const char *name, const struct stat *old, int fd) WARN_UNUSED;

/* No more than `mode`, less the umask, or just `mode` if that is exact. */
bool rights_new(int fd, mode_t mode, bool exact) WARN_UNUSED;

#endif
