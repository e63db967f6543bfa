/* SPDX-License-Identifier: MIT */
/*
 * template - how the values of a line are written, in one line of text that reads and writes them.
 *
 *     |size=%s|kballoc=%k|access=%A|uid=%u|           values between fixed text
 *     {s=%s a=%k u=%u g=%g p=%m ac=%A}                words in any order, others among them
 *
 *     %s size  %k KiB allocated  %b 512-byte blocks  %u %g ids  %m mode as ls writes it
 *     %o octal mode  %y type letter  %M MISC_ATTRIBUTES  %n links  %i inode  %N path or name
 *     %F fileset  %P pool  %S state  %j project id  %h heat  %* any value  %% percent
 *     %A %T %C %B access, modification, change and birth: text in UTC; %A@ seconds since 1970;
 *     %Ad days since 0000-12-31; %A- age in days (all four alike)
 *
 * Any other byte is itself, but one blank stands for one or more blanks or TABs. A value ends where
 * the text behind it begins, and so cannot hold the first byte of that text, or a blank if nothing
 * stands behind it. Only %N can hold anything: what follows it is looked for from the end.
 *
 * A template is compiled into steps once, which template_match.h takes over each line.
 */
#ifndef TREETALLY_TEMPLATE_H
#define TREETALLY_TEMPLATE_H

#include "common/base/buf.h"
#include "common/parse/fields.h"

#define TEMPLATE_STEPS_MAX 64
#define TEMPLATE_BYTES_MAX 1024 /* of its text */

enum template_op {
	OP_NONE, OP_NUMBER, OP_MODE, OP_OCTAL, OP_TYPE, OP_MISC, OP_STAMP, OP_EPOCH, OP_DAYS,
	OP_AGE, OP_TEXT, OP_PATH
};

/* Blanks if there must be some, then up to eight bytes of text, then a value. */
struct template_step {
	uint64_t text, mask;
	uint64_t plain, plain_mask; /* the text behind one blank, if there must be some */
	uint64_t limit; /* a number must be below it; NUMBER_ANY: any */
	uint64_t unit;  /* what a number is multiplied with */
	uint8_t text_len, plain_len;
	bool blank;
	uint8_t op;     /* enum template_op, how the value is written; OP_NONE: there is none */
	uint8_t field;
	char stop;      /* the first byte behind the value; ' ': a blank, TAB, or the end */
	char letter, form; /* as in the template: 'A' and '@', 's' and 0 */
};

struct template {
	struct template_step steps[TEMPLATE_STEPS_MAX];
	unsigned step_count;
	bool words;      /* {}: in any order */
	bool straight;   /* all steps have their `plain`, and none is a path */
	unsigned given;  /* bits of its fields */
	unsigned path_step; /* where the %N is; step_count: nowhere */
	bool whole_days, ages; /* some times are days, or ages: those need scan_time */
	int64_t scan_time; /* midnight that begins the day of the scan; set it before matching */
};

/* Returns NULL, or what is wrong ("byte 12: ..."), which the caller frees. */
char *template_parse(struct template *t, const char *text) WARN_UNUSED;

/*
 * The other direction: the argument of SHOW in a policy rule that writes such values, appended to
 * `out`: VARCHAR(FILE_SIZE) || ' ' || VARCHAR(KB_ALLOCATED). Returns NULL, or what GPFS cannot
 * write ("%j: ..."), which the caller frees.
 */
char *template_add_show(struct buf *out, const struct template *t) WARN_UNUSED;

/* What the value of a step is, in words; NULL if it has none. */
const char *template_step_what(const struct template_step *s);

#endif
