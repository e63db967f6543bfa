/* SPDX-License-Identifier: MIT */
#include "common/query/render_scans.h"

struct render_scan *render_scans_of(struct db_reader_set *set)
{
	struct render_scan *scans = xcalloc(set->count, sizeof(*scans));

	for (size_t i = 0; i < set->count; i++) {
		struct buf text = { 0 };

		assume_text(&text, &set->dbs[i].assumed);
		buf_add_char(&text, '\0');
		scans[i] = (struct render_scan){ .filesystem = db_reader_filesystem(&set->dbs[i]),
						 .seconds = set->dbs[i].scan_day * SECONDS_PER_DAY,
						 .assumptions = (char *)text.data };
	}
	return scans;
}

void render_scans_free(struct render_scan *scans, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(scans[i].assumptions);
	free(scans);
}

void render_note_links(struct render *r, const struct db_reader_set *set, bool count_links)
{
	for (size_t i = 0; i < set->count && !count_links; i++) {
		if (set->dbs[i].assumed.count[ASSUME_LINKS_UNKNOWN])
			render_note(r, "%s: the scan has no link counts, so each link counts",
				    db_reader_filesystem(&set->dbs[i]));
	}
}
