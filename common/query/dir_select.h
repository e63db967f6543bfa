/* SPDX-License-Identifier: MIT */
/*
 * dir_select - a question about directories, and the one SELECT that answers it.
 *
 * The cheapest of four plans is taken:
 *
 *     range    the rows of directory_stats in the scope, once, in the order of dir_id
 *     levels   from each prefix down, through the index on (parent_id, name)
 *     index    by size, owner, group or what is shared: an index that has the order or the directories
 *     search   the n largest without reading the others (dir_search.h); it gives way to `range`
 *
 * Conditions stand on `s`, a row of directory_stats, `d`, its row of directories, and `l`, that of
 * link_stats where links count once: directories in which nothing is shared have none.
 */
#ifndef TREETALLY_DIR_SELECT_H
#define TREETALLY_DIR_SELECT_H

#include "common/base/human.h"
#include "common/query/dir_match.h"
#include "common/query/owners.h"
#include "common/query/scope.h"
#include "common/sort/extsort.h"

#define FILTER_NONE (-1) /* "not given", for numbers that cannot be negative */

/*
 * Limits on numbers, each one row: X(name, type, option, argument, condition). A row is all there is to
 * a limit: options are made of this list, too (query_opts.h). Types: SIZE, NUMBER and TOTAL (a SIZE
 * that sums of files have as well) are in `number`, WHEN is in `when`. In the condition `%` stands for
 * _r or _nr (--separate-dirs), `?` for the value; {size} and {files} are counted as the question
 * counts links.
 * Averages multiply instead of dividing, so nothing is rounded; a product beyond 2^63 becomes a REAL,
 * near enough there.
 */
#define DIR_LIMITS(X) \
	X(MIN_DEPTH, NUMBER, "min-depth", "N", "d.depth >= ?") \
	X(MAX_DEPTH, NUMBER, "max-depth", "N", "d.depth <= ?") \
	X(MIN_SIZE, TOTAL, "min-size", "SIZE", "{size} >= ?") \
	X(MAX_SIZE, TOTAL, "max-size", "SIZE", "{size} <= ?") \
	X(MIN_FILES, NUMBER, "min-files", "N", "{files} >= ?") \
	X(MAX_FILES, NUMBER, "max-files", "N", "{files} <= ?") \
	X(MIN_AVERAGE, SIZE, "min-avg-size", "SIZE", "{files} > 0 AND {size} >= ? * {files}") \
	X(MAX_AVERAGE, SIZE, "max-avg-size", "SIZE", "{files} > 0 AND {size} <= ? * {files}") \
	X(ACCESSED_BEFORE, WHEN, "accessed-before", "WHEN", "s.max_atime% < ?") \
	X(ACCESSED_AFTER, WHEN, "accessed-after", "WHEN", "s.max_atime% >= ?") \
	X(MODIFIED_BEFORE, WHEN, "modified-before", "WHEN", "s.max_mtime% < ?") \
	X(MODIFIED_AFTER, WHEN, "modified-after", "WHEN", "s.max_mtime% >= ?")

#define DIR_LIMIT_NAME(id, type, option, argument, sql) DIR_##id,
enum dir_limit { DIR_LIMITS(DIR_LIMIT_NAME) DIR_LIMIT_COUNT };
#undef DIR_LIMIT_NAME

struct dir_filter {
	bool own;              /* about files directly in the directory, not about its subtree */
	bool single_owner, leaves_only;
	struct owners_wanted users, groups; /* all files are one's of these */
	const char **patterns; /* a name has to match one of them (name_glob.h); an allocated list */
	size_t pattern_count;
	bool ignore_case;      /* of letters of ASCII in names */
	int64_t number[DIR_LIMIT_COUNT];         /* FILTER_NONE: not given */
	struct human_when when[DIR_LIMIT_COUNT]; /* days is DAY_NONE: not given */
	struct human_when cold;                  /* likewise */
	bool cold_by_atime;    /* cold: access alone counts */
};

void dir_filter_init(struct dir_filter *f);
/* Frees lists. */
void dir_filter_release(struct dir_filter *f);
/* Is the limit or moment given? */
bool dir_filter_has(const struct dir_filter *f, enum dir_limit limit);
bool dir_filter_has_cold(const struct dir_filter *f);

/* Reading up to this many rows in order is cheaper than looking for a better plan (milliseconds). */
#define RANGE_CHEAP 16384

/* More than this many best directories are not kept in a heap, but sorted with all others. */
#define DIR_HEAP_MAX (256u << 10)

enum dir_sort {
	DIR_BY_SIZE, DIR_BY_APPARENT, DIR_BY_FILES, DIR_BY_DIRS, DIR_BY_ATIME, DIR_BY_MTIME,
	DIR_BY_SHARED, /* what counting each link adds; only directories where that is something */
	DIR_BY_MATCHING, DIR_BY_MATCHING_FILES, DIR_BY_DEPTH, DIR_BY_PATH
};

struct dir_question {
	struct dir_filter filter;
	struct file_match match; /* only directories that hold such files */
	enum dir_sort sort;    /* largest, latest, deepest first; paths from the first on */
	bool sort_own;         /* by the value of the directory itself */
	bool reverse;
	uint64_t limit;        /* at most this many; 0: all */
	int64_t levels;        /* below each prefix; FILTER_NONE: all */
	bool once;             /* of nested directories that match only the outermost */
	bool count_links;      /* each link to a file counts, else all of them in a directory once */
	bool links;            /* totals have what is seen and freed, too */
	bool want_total;
	struct extsort_config sorting; /* memory, threads, temp_dir */
};

/* Does it matter which directories lie in which, so that rows must come in tree order? */
bool dir_question_nests(const struct dir_question *q);
/* Is it about some files, so that what matches is counted? */
bool dir_question_matches(const struct dir_question *q);
bool dir_sort_is_matching(enum dir_sort sort);
/* The rank of a directory when the list is in the order of what matches. */
int64_t dir_matching_rank(const struct dir_question *q, const struct sums *sums);
/* Is everything in the scope wanted? */
bool dir_question_is_open(const struct dir_question *q);
/*
 * The column of directory_stats that the order is by; where it is by what matches, the column that is
 * never less. Not for DIR_BY_DEPTH and DIR_BY_PATH.
 */
const char *dir_question_column(const struct dir_question *q);
/* Does it count less than was seen, because links count once? */
bool dir_question_loses(const struct db_reader_db *a, const struct dir_question *q);
/* The column of link_stats that the order takes from dir_question_column; NULL: none. */
const char *dir_question_lost_column(const struct db_reader_db *a, const struct dir_question *q);

/* The rank (dir_search.h) of a value by which the largest come first, or the smallest. NULL is last. */
int64_t dir_rank(struct db *db, sqlite3_stmt *row, int column, bool smallest_first);

enum dir_plan { PLAN_RANGE, PLAN_LEVELS, PLAN_SIZE, PLAN_OWNER, PLAN_GROUP, PLAN_SHARED };

enum dir_plan dir_plan_choose(const struct db_reader_db *a, const struct scope *scope,
			      const struct dir_question *q);
const char *dir_plan_name(enum dir_plan plan);

/*
 * The columns of what is selected. SELECTED_DIRS_BELOW only if dir_question_nests, those behind it only for
 * totals.
 */
enum dir_selected {
	SELECTED_ID, SELECTED_RANK,
	SELECTED_LOST, /* to be taken from the value for the rank: dir_question_lost_column */
	SELECTED_DIRS_BELOW, SELECTED_SIZE, SELECTED_APPARENT, SELECTED_FILES, SELECTED_DIRS,
	SELECTED_ATIME, SELECTED_MTIME
};

/*
 * Rows come as they are wanted if `in_order`, which not every plan can (by size: in the order of what
 * was seen); else in tree order if the
 * question nests, else in any. Scope and question must outlive the statement. Once for each database.
 */
sqlite3_stmt *dir_plan_prepare(struct db_reader_db *a, const struct scope *scope,
			       const struct dir_question *q, enum dir_plan plan, bool in_order);

/*
 * SQL for the owner of all files directly in `s`, as owner_uid is for its subtree: -1 of nobody, NULL
 * of several.
 */
#define DIR_OWN_OWNER(id) \
	"(SELECT CASE WHEN count(*) = 0 THEN -1" \
	" WHEN min(" id ") = max(" id ") THEN min(" id ") END" \
	" FROM usage_nr AS u WHERE u.dir_id = s.dir_id)"

#endif
