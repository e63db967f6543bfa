/* SPDX-License-Identifier: MIT */
/*
 * path_maps - where users see what the scan saw: the scan says /gpfs/csfs1, users say
 * /glade/campaign.
 *
 * A map is a pair of directories. Of several that hold a path the deepest counts, component by
 * component: with /gpfs/a=/x and /gpfs/a/b=/y, /gpfs/a/b/c is shown as /y/c and /gpfs/ab as it is.
 * They are given at import, stand in the table path_maps, and change nothing else there: all other
 * tables hold the paths of the scan.
 *
 * Paths are text here without a slash at the end, so that `/` is the empty string. What is shown
 * costs a look at each map.
 */
#ifndef TREETALLY_PATH_MAPS_H
#define TREETALLY_PATH_MAPS_H

#include "common/base/buf.h"
#include "common/db/db.h"

#define PATH_MAPS_MAX 1000

struct path_map {
	char *scan, *shown;
	size_t scan_len, shown_len;
	const char *where; /* said it; borrowed */
};

struct path_maps {
	struct path_map *map; /* the longest `shown` first */
	size_t count;
};

/*
 * Take in options, SCAN=SHOWN each, where SCAN ends at the first `=/`; then `file`, unless it is
 * NULL, with one in each line, except lines that are blank or begin with #. Of a directory that
 * both map, the option counts. Dies (2) when one is no such pair, when a directory is mapped twice
 * at one place, or when two would be shown as one.
 */
void path_maps_read(struct path_maps *m, const char **options, size_t count, const char *file);

void path_maps_release(struct path_maps *m);

/*
 * Fill the table with those that have to do with the tree of `root`, in memory form (path.h).
 * Unless `quiet`, a warning for each other one that was an option.
 */
void path_maps_store(struct db *db, const struct path_maps *m, const struct buf *root, bool quiet);
/* Read the table. Dies (3) when something else is in it. */
void path_maps_load(struct db *db, struct path_maps *m);

/* Turn the path of the scan, text with '/' for the root, into what users see. */
void path_maps_show(const struct path_maps *m, struct buf *path);

/*
 * What a user's path can mean in the scan, the most likely first: meaning 0, 1, ... until false.
 * The last one is the path itself.
 */
bool path_maps_meaning(const struct path_maps *m, size_t nth, const char *path, size_t len,
		       struct buf *scan);

#endif
