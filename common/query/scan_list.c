/* SPDX-License-Identifier: MIT */
#include "common/query/scan_list.h"

#include <dirent.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/fd.h"
#include "common/base/file_use.h"
#include "common/base/process.h"
#include "common/db/db_column.h"
#include "common/db/db_reader.h"

#define SUFFIX ".db"

static const struct render_column columns[] = {
	{ "database", "Database", RENDER_PATH, 0, 0 },
	{ "filesystem", "File system", RENDER_TEXT, 0, 0 },
	{ "scan_date", "Scan", RENDER_TIME, 0, 0 },
	{ "age_days", "Days ago", RENDER_COUNT, 0, 0 },
	{ "total_directories", "Directories", RENDER_COUNT, 0, 0 },
	{ "once_files", "Files", RENDER_COUNT, 0, 0 },
	{ "once_size", "Allocated", RENDER_BYTES, 0, 0 },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* What a child tells about its database; the name of the file system follows. */
struct told {
	int64_t scan_day; /* DAY_NONE: not known */
	int64_t directories, files, allocated;
};

struct asked {
	char *file;
	int ends[2]; /* of the pipe to us */
};

/* ---- in the child ---- */

static void tell(void *arg)
{
	enum { TIME, FILES, ALLOCATED };
	const struct asked *asked = arg;
	char *operand = asked->file;
	struct db_reader_set set;
	struct db_reader_db *a;
	struct told told;
	sqlite3_stmt *facts;

	db_reader_open(&set, &operand, 1, true, false);
	a = &set.dbs[0];
	facts = db_prepare(&a->db, "SELECT scan_timestamp, once_files, once_size FROM scan_metadata");
	db_step(&a->db, facts);
	told = (struct told){
		.scan_day = db_column_is_null(facts, TIME) ? DAY_NONE : a->scan_day,
		.directories = a->directories,
		.files = db_column(&a->db, facts, FILES, DB_COUNT),
		.allocated = db_column(&a->db, facts, ALLOCATED, DB_SIZE),
	};
	if (!fd_write(asked->ends[1], &told, sizeof(told)) ||
	    !fd_write(asked->ends[1], db_reader_filesystem(a), strlen(db_reader_filesystem(a))))
		die_errno("cannot write to a pipe");
	quit(EXIT_OK);
}

/* ---- here ---- */

/* 0, or the child's status, 4 if it had none. */
static int ask(const char *file, struct buf *answer)
{
	struct asked asked = { .file = xstrdup(file) };
	struct process child;
	ssize_t n;
	int status;

	fd_pipe(asked.ends);
	process_fork(&child, file, tell, &asked);
	close(asked.ends[1]);
	answer->len = 0;
	while ((n = fd_read(asked.ends[0], buf_reserve(answer, 4096), 4096)) > 0)
		answer->len += (size_t)n;
	close(asked.ends[0]);
	status = process_wait(&child);
	free(asked.file);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SYSTEM;
}

static void show_row(struct render *out, const char *name, const struct buf *answer)
{
	struct render_cell cells[COLUMNS];
	struct told told;

	memcpy(&told, answer->data, sizeof(told));
	cells[0] = render_text(name, strlen(name));
	cells[1] = render_text((char *)answer->data + sizeof(told), answer->len - sizeof(told));
	cells[2] = render_number(told.scan_day * SECONDS_PER_DAY);
	cells[3] = render_number(time(NULL) / SECONDS_PER_DAY - told.scan_day);
	if (told.scan_day == DAY_NONE)
		cells[2] = cells[3] = (struct render_cell){ .null = true };
	cells[4] = render_number(told.directories);
	cells[5] = render_number(told.files);
	cells[6] = render_number(told.allocated);
	render_row(out, cells);
}

static int is_database(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return *entry->d_name != '.' && len > strlen(SUFFIX) &&
	       strcmp(entry->d_name + len - strlen(SUFFIX), SUFFIX) == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int scan_list_show(const char *dir, const struct render_options *options)
{
	struct buf answer = { 0 };
	struct dirent **entries;
	struct render out;
	char **files;
	int count = scandir(dir, &entries, is_database, by_bytes), first = EXIT_OK;

	if (count < 0)
		die_errno("cannot read directory %s", dir);
	files = xcalloc((size_t)count + 1, sizeof(*files));
	for (int i = 0; i < count; i++) {
		files[i] = xasprintf("%s/%s", dir, entries[i]->d_name);
		file_use_name(FILE_INPUT, files[i], NULL);
	}
	render_open(&out, options, "scan-list", columns, COLUMNS);
	for (int i = 0; i < count; i++) {
		char *name = entries[i]->d_name;
		int status = ask(files[i], &answer);

		first = first ? first : status;
		/* As it may be given to programs. */
		name[strlen(name) - strlen(SUFFIX)] = '\0';
		if (!status && answer.len >= sizeof(struct told))
			show_row(&out, strchr(name, '.') ? files[i] : name, &answer);
		free(files[i]);
		free(entries[i]);
	}
	if (!out.rows)
		render_note(&out, "no database in %s", dir);
	render_close(&out);
	free(files);
	free(entries);
	buf_release(&answer);
	return first;
}
