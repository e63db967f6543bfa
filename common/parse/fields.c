/* SPDX-License-Identifier: MIT */
#include "common/parse/fields.h"

const char *const field_names[FIELDS] = {
	[FIELD_SIZE] = "size", [FIELD_ALLOCATED] = "allocated", [FIELD_UID] = "uid",
	[FIELD_GID] = "gid", [FIELD_MODE] = "mode", [FIELD_ATIME] = "atime",
	[FIELD_MTIME] = "mtime", [FIELD_CTIME] = "ctime", [FIELD_BTIME] = "birth",
	[FIELD_TYPE] = "type", [FIELD_MISC] = "misc", [FIELD_NLINK] = "nlink",
};

/* The first of these that the layout has; FIELDS if it has none of them. */
static enum field first_given(unsigned given, enum field a, enum field b, enum field c)
{
	return given & FIELD_BIT(a) ? a : given & FIELD_BIT(b) ? b :
	       given & FIELD_BIT(c) ? c : FIELDS;
}

static void note(struct field_plan *p, enum assumption what, bool is_so)
{
	p->assumed.count[what] = is_so;
}

static void note_missing(struct field_plan *p)
{
	unsigned given = p->given;
	bool size = given & FIELD_BIT(FIELD_SIZE), allocated = given & FIELD_BIT(FIELD_ALLOCATED);

	note(p, ASSUME_ALLOCATED_FROM_SIZE, size && !allocated);
	note(p, ASSUME_SIZE_FROM_ALLOCATED, !size && allocated);
	note(p, ASSUME_SIZE_UNKNOWN, !size && !allocated);
	note(p, ASSUME_ATIME_FROM_MTIME, p->age == FIELD_MTIME);
	note(p, ASSUME_ATIME_FROM_BIRTH, p->age == FIELD_BTIME);
	note(p, ASSUME_ATIME_UNKNOWN, p->age == FIELDS);
	note(p, ASSUME_OWNER_UNKNOWN, !(given & FIELD_BIT(FIELD_UID)));
	note(p, ASSUME_GROUP_UNKNOWN, !(given & FIELD_BIT(FIELD_GID)));
	note(p, ASSUME_LINKS_UNKNOWN, !(given & FIELD_BIT(FIELD_NLINK)));
	note(p, ASSUME_MODE_UNKNOWN, !(given & FIELD_BIT(FIELD_MODE)));
	note(p, ASSUME_TYPE_UNKNOWN, p->type == FIELDS);
}

bool field_plan_init(struct field_plan *p, unsigned given, bool whole_days, int64_t scan_day,
		     uint64_t block)
{
	const unsigned needed = FIELD_BIT(FIELD_SIZE) | FIELD_BIT(FIELD_ALLOCATED) |
				FIELD_BIT(FIELD_UID) | FIELD_BIT(FIELD_GID) | FIELD_BIT(FIELD_MODE);

	*p = (struct field_plan){ .given = given, .block = block, .required = given & needed };
	p->age = first_given(given, FIELD_ATIME, FIELD_MTIME, FIELD_BTIME);
	p->type = first_given(given, FIELD_TYPE, FIELD_MODE, FIELD_MISC);
	if (p->age != FIELDS)
		p->required |= FIELD_BIT(p->age);
	if (p->type != FIELDS)
		p->required |= FIELD_BIT(p->type);
	note_missing(p);
	note(p, ASSUME_AGE_IN_DAYS, whole_days && p->age != FIELDS);
	if (scan_day != DAY_NONE)
		p->scan_time = scan_day * SECONDS_PER_DAY;
	return scan_day != DAY_NONE || p->age != FIELDS;
}

static enum reject_reason reason_of(enum field f)
{
	if (f <= FIELD_ATIME)
		return REJECT_SIZE + (enum reject_reason)f;
	return f <= FIELD_BTIME ? REJECT_TIME : REJECT_MODE;
}

/* The first fault in the order of the reasons. */
static enum reject_reason first_fault(unsigned faults)
{
	enum reject_reason first = REJECT_REASONS;

	for (; faults; faults &= faults - 1) {
		enum reject_reason reason = reason_of((enum field)__builtin_ctz(faults));

		if (reason < first)
			first = reason;
	}
	return first;
}

static int64_t time_of(const struct fields *v, unsigned good, enum field f)
{
	return good & FIELD_BIT(f) ? v->time[f] : TIME_NONE;
}

static uint32_t id_of(const struct field_plan *p, const struct fields *v, enum field f)
{
	return p->given & FIELD_BIT(f) ? (uint32_t)v->number[f] : FIELD_NOBODY;
}

/* The type of one field and the permissions of another. */
static uint32_t mode_of(const struct field_plan *p, const struct fields *v)
{
	uint32_t mode = p->given & FIELD_BIT(FIELD_MODE) ? (uint32_t)v->number[FIELD_MODE] : 0;

	if (p->type == FIELD_MODE)
		return mode;
	return (mode & 07777) | (p->type == FIELDS ? S_IFREG : (uint32_t)v->number[p->type]);
}

static uint64_t round_up(uint64_t bytes, uint64_t block)
{
	uint64_t rest = block ? bytes % block : 0, more = rest ? block - rest : 0;

	return bytes <= INT64_MAX - more ? bytes + more : bytes;
}

static void set_sizes(const struct field_plan *p, const struct fields *v, struct line *line)
{
	struct entry *e = &line->entry;
	bool size = p->given & FIELD_BIT(FIELD_SIZE);
	bool allocated = p->given & FIELD_BIT(FIELD_ALLOCATED);

	e->size = size ? v->number[FIELD_SIZE] : allocated ? v->number[FIELD_ALLOCATED] : 0;
	e->own.allocated = allocated ? v->number[FIELD_ALLOCATED] : round_up(e->size, p->block);
	line->inline_data = allocated && S_ISREG(e->own.mode) && !e->own.allocated &&
			    e->size <= p->inline_max;
	if (line->inline_data)
		e->own.allocated = e->size;
}

enum reject_reason field_plan_entry(const struct field_plan *p, const struct fields *v,
				    struct line *line)
{
	struct entry *e = &line->entry;
	unsigned good = v->seen & ~v->bad;

	if (v->interleaved)
		return REJECT_INTERLEAVED;
	if (~v->seen & p->required)
		return REJECT_MISSING_FIELD;
	if (v->bad & p->required)
		return first_fault(v->bad & p->required);
	e->own.uid = id_of(p, v, FIELD_UID);
	e->own.gid = id_of(p, v, FIELD_GID);
	e->own.mode = mode_of(p, v);
	set_sizes(p, v, line);
	e->atime = p->age == FIELDS ? p->scan_time : v->time[p->age];
	e->mtime = time_of(v, good, FIELD_MTIME);
	e->nlink = good & p->given & FIELD_BIT(FIELD_NLINK) ? (uint32_t)v->number[FIELD_NLINK] : 0;
	line->bad_optional = v->bad ? (unsigned)__builtin_popcount(v->bad) : 0;
	return REJECT_NONE;
}
