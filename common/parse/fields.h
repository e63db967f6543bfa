/* SPDX-License-Identifier: MIT */
/*
 * fields - the values of a line, whatever layout gave them, and the entry that they make.
 *
 * Few lists have all that an entry needs. What stands for a value that is not there depends on
 * the layout alone, never on the line, so it is said once for a source (assume.h):
 *
 *     allocated bytes    the length, rounded up to blocks if their size is known
 *     length             the allocated bytes, else 0
 *     access time        that of modification, else of birth, else the day of the scan
 *     owner, group       FIELD_NOBODY, which is shown as "unknown"
 *     type               from MISC_ATTRIBUTES, else everything is a file
 *
 * Modification and birth, link counts: absent. A value that the layout has, and that is needed,
 * must be good in each line, or the line is rejected.
 */
#ifndef TREETALLY_FIELDS_H
#define TREETALLY_FIELDS_H

#include "common/log/line.h"

/* The first six in the order of the reasons to reject them. */
enum field {
	FIELD_SIZE,      /* bytes */
	FIELD_ALLOCATED, /* bytes */
	FIELD_UID,
	FIELD_GID,
	FIELD_MODE,      /* permissions, and the type unless FIELD_TYPE has it */
	FIELD_ATIME,
	FIELD_MTIME,
	FIELD_CTIME,     /* of the inode's change: checked, and kept nowhere */
	FIELD_BTIME,
	FIELD_TYPE,      /* format bits of a mode */
	FIELD_MISC,      /* likewise, as the letters of MISC_ATTRIBUTES tell */
	FIELD_NLINK,
	FIELD_INODE,
	FIELD_PATH,      /* once more */
	FIELD_OTHER,     /* read over; has no name */
	FIELDS           /* none */
};
#define FIELD_BIT(f) (1u << (f))

#define FIELD_NOBODY UINT32_MAX /* the owner of what has no known owner; the group likewise */

extern const char *const field_names[]; /* up to FIELD_NLINK; NULL ends them */

/* A value is valid when its bit is in `seen` and not in `bad`; start with both 0. */
struct fields {
	unsigned seen, bad;
	bool interleaved; /* another record begins inside the text */
	bool straight;    /* nothing was between the values, and no NUL was in them */
	uint64_t number[FIELDS];
	int64_t time[FIELDS];
	const char *path; /* FIELD_PATH, borrowed from the line */
	size_t path_len;
};

/* What a source's lines have, and what follows from that. */
struct field_plan {
	unsigned given;    /* bits of fields that the layout has */
	unsigned required; /* of them, those that each line must have */
	enum field age;    /* stands for the access time; FIELDS: `scan_time` does */
	enum field type;   /* gives the type; FIELDS: everything is a file */
	uint64_t block;    /* bytes; to it lengths are rounded up that stand for allocated; 0: not */
	uint64_t inline_max; /* files up to this length without a block are held in their inode */
	int64_t scan_time;   /* midnight that begins the day of the scan */
	struct assumptions assumed;
};

/*
 * `whole_days`: times of the layout are days or ages in days. False if the day of the scan is
 * needed and not known.
 */
bool field_plan_init(struct field_plan *p, unsigned given, bool whole_days, int64_t scan_day,
		     uint64_t block) WARN_UNUSED;

/* Fill all of line->entry but inode and generation; or why the values say nothing. */
enum reject_reason field_plan_entry(const struct field_plan *p, const struct fields *v,
				    struct line *line);

#endif
