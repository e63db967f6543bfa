/*
 * db_holder - which process holds the lock on a database that SQLite was refused.
 */
#ifndef TREETALLY_DB_HOLDER_H
#define TREETALLY_DB_HOLDER_H

#include "common/base/buf.h"

/*
 * Append ": process N (NAME) of uid N, since DATE TIME" as far as it shows; nothing if nobody is
 * known (any more), or on another machine. Opens `database` and leaves the descriptor open: closing
 * it would drop the locks that this process has on the file.
 */
void holder_add(struct buf *out, const char *database);

#endif
