/* SPDX-License-Identifier: MIT */
#include "common/import/import_keep.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/fd.h"

#define LONGEST_DATE ".YYYYMMDD.999999"
#define COPY_BYTES (1u << 20)

/* What all kept ones have in common: the file, shortened if it must be. */
static char *stem_of(const struct import_target *t)
{
	char *stem = import_beside(t->file, LONGEST_DATE);

	stem[strlen(stem) - strlen(LONGEST_DATE)] = '\0';
	return stem;
}

/* The day of its scan; of one that cannot be asked, the day it was made. */
static char *date_of(const struct import_target *t)
{
	char date[DATE_TEXT_SIZE];
	int64_t day = t->old.scan_day;
	struct stat st;

	if (day == DAY_NONE)
		day = stat(t->file, &st) ? 0 : st.st_mtime / SECONDS_PER_DAY;
	scantime_date_text(date, day);
	return xasprintf("%.4s%.2s%.2s", date, date + 5, date + 8);
}

static void copy(const struct import_target *t, const char *to)
{
	char *data = xmalloc(COPY_BYTES);
	int from = open(t->file, O_RDONLY | O_CLOEXEC), made;
	struct outfile out;
	struct stat st;
	ssize_t n;

	if (from < 0 || fstat(from, &st))
		die_errno("%s: cannot be copied", t->name);
	outfile_open(&out, to, FILE_OUTPUT);
	outfile_exact_mode(&out, 0600);
	out.durable = true;
	while ((n = fd_read(from, data, COPY_BYTES)) > 0)
		outfile_write(&out, data, (size_t)n);
	if (n < 0)
		die_errno("%s: cannot be copied", t->name);
	outfile_commit(&out);
	made = open(to, O_RDWR | O_CLOEXEC);
	if (made < 0 || !outfile_copy_rights(t->file, &st, made))
		die_errno("%s: the old database could not be kept", to);
	close(made);
	close(from);
	free(data);
}

void import_keep_old(const struct import_target *t)
{
	char *stem, *date, *kept = NULL;
	struct stat st;

	if (t->old.state == DB_ABSENT || t->old.state == DB_EMPTY || t->old.state == DB_DIRECTORIES)
		return;
	stem = stem_of(t);
	date = date_of(t);
	for (int n = 1; !kept || !lstat(kept, &st); n++) {
		free(kept);
		kept = n == 1 ? xasprintf("%s.%s", stem, date) : xasprintf("%s.%s.%d", stem, date, n);
	}
	if (link(t->file, kept)) {
		if (errno == EEXIST)
			die_errno("%s: the old database could not be kept", kept);
		copy(t, kept);
	}
	free(stem);
	free(date);
	free(kept);
}

/* ---- the latest ---- */

struct kept {
	char *name;
	uint64_t date, number;
};

/* `.YYYYMMDD` or `.YYYYMMDD.N` */
static bool parse_date(const char *text, struct kept *k)
{
	const char *more = text + 9;
	char *end;

	if (*text != '.' || strspn(text + 1, "0123456789") != 8)
		return false;
	k->date = strtoull(text + 1, NULL, 10);
	k->number = 1;
	if (!*more)
		return true;
	k->number = strtoull(more + 1, &end, 10);
	return *more == '.' && more[1] >= '1' && more[1] <= '9' && !*end;
}

static int latest_first(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	if (x->date != y->date)
		return x->date < y->date ? 1 : -1;
	return x->number < y->number ? 1 : x->number > y->number ? -1 : 0;
}

void import_keep_latest(const struct import_target *t, uint64_t count)
{
	char *stem = stem_of(t), *slash = strrchr(stem, '/');
	const char *base = slash ? slash + 1 : stem;
	size_t len = strlen(base), found = 0;
	struct kept *all = NULL;
	struct dirent *entry;
	struct stat st;
	char *place;
	DIR *dir;

	place = slash ? xstrndup(stem, (size_t)(slash - stem) + 1) : xstrdup("./");
	dir = opendir(place);
	while (dir && (entry = readdir(dir))) {
		struct kept k;

		if (strncmp(entry->d_name, base, len) || !parse_date(entry->d_name + len, &k))
			continue;
		k.name = xasprintf("%s%s", place, entry->d_name);
		if (lstat(k.name, &st) || !S_ISREG(st.st_mode)) {
			free(k.name);
			continue;
		}
		GROW_BY_ONE(all, found);
		all[found++] = k;
	}
	if (dir)
		closedir(dir);
	if (found)
		qsort(all, found, sizeof(*all), latest_first);
	for (size_t i = 0; i < found; i++) {
		if (i >= count && unlink(all[i].name))
			warn("%s: cannot be removed: %s", all[i].name, strerror(errno));
		free(all[i].name);
	}
	free(all);
	free(place);
	free(stem);
}
