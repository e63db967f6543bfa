/* SPDX-License-Identifier: MIT */
#include "common/stream/account.h"

#include <inttypes.h>

#include "common/base/path.h"

void account_entry(struct account *a, const char *path, size_t len, const struct entry *e)
{
	size_t parent = S_ISDIR(e->own.mode) ? len : path_parent(path, len);
	size_t name = parent < len ? parent + 1 : len;
	const struct digest dir = digest_of_dir(path, parent);

	/* Where data lies, only the log knew. */
	a->overflow |= !tally_entry(&a->seen, e, false);
	digest_add_entry(&a->seen.digest, &dir, path + name, len - name, e);
}

void account_dir(struct account *a, bool has_line)
{
	a->with_line += has_line;
}

bool account_usage(struct account *a, const struct usage *usage)
{
	uint64_t *count = a->seen.count;

	a->overflow |= !add_checked(&count[COUNT_FILES], (uint64_t)usage->sums.files) ||
		       !add_checked(&count[COUNT_ALLOCATED], (uint64_t)usage->sums.allocated);
	count[COUNT_APPARENT] = add_saturating(count[COUNT_APPARENT],
						    (uint64_t)usage->sums.apparent);
	return !a->overflow;
}

bool account_link(struct account *a, const struct link_row *row)
{
	uint64_t *count = a->seen.count;
	int64_t bytes;

	if (__builtin_mul_overflow(row->lines, row->allocated, &bytes))
		a->overflow = true;
	else if (row->nlink) /* the ledger does not have those of unknown counts */
		a->overflow |= !add_checked(&count[COUNT_MULTILINK_FILES], (uint64_t)row->lines) ||
			       !add_checked(&count[COUNT_MULTILINK_BYTES], (uint64_t)bytes);
	return !a->overflow;
}

static void check_counts(const struct account *a, const struct ledger *l, const char *name,
			 const enum ledger_count *which, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (a->seen.count[which[i]] != l->sum.count[which[i]])
			die(EXIT_INPUT,
			    "%s: corrupt ledger: %s is %" PRIu64 ", but the records add up to "
			    "%" PRIu64,
			    name, ledger_count_names[which[i]], l->sum.count[which[i]],
			    a->seen.count[which[i]]);
	}
}

static void check_entries(const struct account *a, const struct ledger *l, const char *name)
{
	static const enum ledger_count which[] = {
		COUNT_ENTRIES, COUNT_DIRECTORY_LINES, COUNT_FILES, COUNT_ALLOCATED,
		COUNT_APPARENT, COUNT_DIRECTORY_BYTES, COUNT_MULTILINK_FILES,
		COUNT_MULTILINK_BYTES, COUNT_SNAPSHOT_ENTRIES,
	};

	check_counts(a, l, name, which, sizeof(which) / sizeof(which[0]));
	if (memcmp(&a->seen.digest, &l->sum.digest, sizeof(a->seen.digest)))
		die(EXIT_INPUT, "%s: corrupt ledger: the digest is not that of the records", name);
}

/* Of several lines of one directory one may be left. */
static void check_dirs(const struct account *a, const struct ledger *l, const char *name)
{
	uint64_t lines = l->sum.count[COUNT_DIRECTORY_LINES];

	if (a->with_line > lines || (lines && !a->with_line))
		die(EXIT_INPUT,
		    "%s: has %" PRIu64 " directories with a line of their own, but the scan had "
		    "%" PRIu64 " such lines",
		    name, a->with_line, lines);
}

void account_check(const struct account *a, enum rec_kind kind, const struct ledger *l,
		   const char *name)
{
	static const enum ledger_count sums[] = {
		COUNT_FILES, COUNT_ALLOCATED, COUNT_APPARENT, COUNT_MULTILINK_FILES,
		COUNT_MULTILINK_BYTES,
	};

	if (!ledger_verified(l))
		return;
	if (a->overflow)
		die(EXIT_INPUT, "%s: a sum of its records exceeds 2^63-1", name);
	if (kind == KIND_ENTRY)
		check_entries(a, l, name);
	else if (kind == KIND_DIR)
		check_dirs(a, l, name);
	else
		check_counts(a, l, name, sums, sizeof(sums) / sizeof(sums[0]));
}
