/* SPDX-License-Identifier: MIT */
/*
 * record - what flows between the programs: entries, directories, usage rows.
 *
 * Paths are in memory form (path.h) and travel beside these structs, not in them.
 */
#ifndef TREETALLY_RECORD_H
#define TREETALLY_RECORD_H

#include <sys/stat.h>

#include "common/base/scantime.h"
#include "common/stream/sums.h"

enum rec_kind { KIND_ANY = 0, KIND_ENTRY = 1, KIND_DIR = 2, KIND_USAGE = 3 };

/* Order of the records by path: unknown, tree order, or by depth first and then in tree order. */
enum rec_order { ORDER_NONE, ORDER_TREE, ORDER_LEVEL };

enum age_by { AGE_UNSET, AGE_ATIME, AGE_MTIME, AGE_NEWEST };

/* Words of these enums as in headers and options; _from_name gives false for an unknown word. */
extern const char *const rec_kind_names[]; /* from KIND_ENTRY on; NULL ends them */
extern const char *const age_by_names[];   /* from AGE_ATIME on; NULL ends them */
const char *rec_kind_name(enum rec_kind kind);
bool rec_kind_from_name(const char *name, enum rec_kind *kind) WARN_UNUSED;
const char *rec_order_name(enum rec_order order);
bool rec_order_from_name(const char *name, enum rec_order *order) WARN_UNUSED;
const char *age_by_name(enum age_by by);
bool age_by_from_name(const char *name, enum age_by *by) WARN_UNUSED;

/* What a line says of an inode, and all that is kept of a directory's own line. */
struct inode_line {
	uint64_t inode;      /* all 64 bits, as file systems draw them */
	uint64_t generation; /* likewise */
	uint32_t uid, gid;
	uint32_t mode;       /* st_mode; format bits 0 when the type is '?' */
	uint64_t allocated;  /* bytes, below 2^63 */
};

struct entry {
	struct inode_line own;
	uint64_t snapshot; /* 0: the live file system. With inode and generation, an inode's identity */
	uint32_t nlink; /* 0: not given */
	uint64_t size;  /* file length in bytes, below 2^63 */
	int64_t atime;
	int64_t mtime;  /* TIME_NONE: not given */
};

/* A usage row sums the files of one directory that share these. */
struct usage_key {
	uint32_t uid, gid;
	uint8_t age_bucket, size_bucket; /* below BUCKETS */
};

struct usage {
	struct sums sums;
	int64_t max_atime;
	int64_t max_mtime; /* TIME_NONE when no file gave one */
};

/*
 * A link row: a line of a file with several links, or some lines that say the same, beside the usage
 * row that counts it. The name in the directory travels beside the struct, as the path does.
 */
struct link_row {
	struct usage_key key;
	uint64_t snapshot, inode, generation;
	uint32_t nlink;     /* above 1, or 0: not known */
	int64_t allocated, apparent; /* bytes, of one line */
	int64_t lines;      /* above 0; all else is its key */
};

/* The letter of ls -l for a mode, '?' when the format bits are unknown; and back (0 for '?'). */
char mode_letter(uint32_t mode);
bool mode_from_letter(char letter, uint32_t *format) WARN_UNUSED;

/* <0, 0, >0: by uid, gid, age bucket, size bucket. */
int usage_key_compare(const struct usage_key *a, const struct usage_key *b);

static inline bool usage_key_equal(const struct usage_key *a, const struct usage_key *b)
{
	return a->uid == b->uid && a->gid == b->gid && a->age_bucket == b->age_bucket &&
	       a->size_bucket == b->size_bucket;
}

/* <0, 0, >0: by all but `lines`, in that order, then by name. */
int link_row_compare(const struct link_row *a, const char *name_a, size_t len_a,
		     const struct link_row *b, const char *name_b, size_t len_b);

/* Not what it cannot be: of a size that is in another class, with one link, without a line. */
bool link_row_valid(const struct link_row *row) WARN_UNUSED;

/* A single component of a path: bytes but NUL and slash, and neither `.` nor `..`. */
bool name_valid(const char *name, size_t len) WARN_UNUSED;

/* Add sums, and keep the later times; returns what sums_add does. */
bool usage_add(struct usage *to, const struct usage *more);

#endif
