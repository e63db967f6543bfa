/* SPDX-License-Identifier: MIT */
/*
 * scan-tree - write a scan list of mounted directory trees, in the layout that gpfs-parse reads.
 *
 *     # treetally scan-tree 2 escape=pct scan_date=2026-11-20 filesystem=home
 *     4711 0 0  s=1024 a=4 u=1000 g=100 p=-rw-r--r-- ac=... mt=... cr=... nl=1 -- /home/ann/x
 *     ...
 *     # treetally scan-tree end entries=1 unseen=0 vanished=0
 *
 * The end line is written only when all that was to be seen has been seen; without it no reader
 * takes the list for a whole one.
 */
#include <ctype.h>
#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include "common/base/human.h"
#include "common/base/opts.h"
#include "common/log/claims.h"
#include "common/walk/walk.h"
#include "common/walk/walk_line.h"

struct options {
	struct opts shared;
	struct walk_options walk;
	const char *output;
	bool allow_unreadable;
	char *filesystem;
	struct walk_root *roots;
	size_t root_count;
};

/* As they stand in the tree: no "./", no slash before or behind. */
static void add_exclude(void *to, const struct opt *row, const char *value)
{
	struct walk_options *walk = to;
	const char **globs = (const char **)walk->exclude;
	char *glob = (char *)value;
	size_t len = strlen(glob);

	while (len > 1 && glob[len - 1] == '/')
		glob[--len] = '\0';
	while (strncmp(glob, "./", 2) == 0 || *glob == '/')
		glob++;
	if (!*glob || strcmp(glob, ".") == 0)
		opts_die("--%s: names nothing", row->name);
	GROW_BY_ONE(globs, walk->exclude_count);
	globs[walk->exclude_count++] = glob;
	walk->exclude = globs;
}

static uint64_t device_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_dev;
}

static bool is_within(const char *inner, const char *outer)
{
	size_t len = strcmp(outer, "/") == 0 ? 0 : strlen(outer);

	return strncmp(inner, outer, len) == 0 && (inner[len] == '/' || !inner[len]);
}

/*
 * Trees that overlap would be counted twice. A DIR on another file system than the one around it is
 * not scanned from there, unless --cross. (The mount point itself then has two lines; directories
 * may.)
 */
static void refuse_overlap(const struct options *opt)
{
	for (size_t i = 0; i < opt->root_count * opt->root_count; i++) {
		const char *outer = opt->roots[i / opt->root_count].path;
		const char *inner = opt->roots[i % opt->root_count].path;

		if (i / opt->root_count != i % opt->root_count && is_within(inner, outer) &&
		    (opt->walk.cross || device_of(inner) == device_of(outer)))
			opts_die("%s: is part of %s and would be counted twice", inner, outer);
	}
}

static void take_roots(struct options *opt, char **operands)
{
	opt->roots = xcalloc(opt->root_count, sizeof(*opt->roots));
	for (size_t i = 0; i < opt->root_count; i++) {
		struct stat st;

		opt->roots[i].path = realpath(operands[i], NULL);
		if (!opt->roots[i].path || stat(opt->roots[i].path, &st) || !S_ISDIR(st.st_mode))
			die(EXIT_NO, "%s: no such directory", operands[i]);
	}
	refuse_overlap(opt);
}

/* The name is a word of the first line and, by default, the name of a database file. */
static void name_filesystem(struct options *opt, const char *given)
{
	const char *last = strrchr(opt->roots[0].path, '/') + 1;

	opt->filesystem = xstrdup(given ? given : *last ? last : "root");
	for (char *at = opt->filesystem; *at; at++) {
		if (given && isspace((unsigned char)*at))
			opts_die("--filesystem: '%s' has a blank in it", given);
		if (!given && !isalnum((unsigned char)*at) && !strchr("._-", *at))
			*at = '_';
	}
	if (!given && (*opt->filesystem == '.' || *opt->filesystem == '-'))
		*opt->filesystem = '_';
	if (!claims_valid_filesystem(opt->filesystem))
		opts_die("--filesystem: '%s' is no name for a file system", given);
}

static void parse_args(struct options *opt, int argc, char **argv)
{
	const char *filesystem = NULL;
	struct opt rows[] = {
		OPT_TEXT('f', "filesystem", "NAME", "name for the first line [last part of the first DIR]",
			 &filesystem),
		OPT_TEXT('o', "output", "FILE", "write to FILE [standard output]", &opt->output),
		OPT_CALL('E', "exclude", "GLOB", "leave out names, or paths below DIR, that match",
			 add_exclude, &opt->walk),
		OPT_FLAG(0, "cross", "enter other file systems that are mounted below DIR",
			 &opt->walk.cross),
		OPT_FLAG(0, "allow-unreadable", "exit 0 even when something could not be read [exit 3]",
			 &opt->allow_unreadable),
		OPTS_RESOURCES(&opt->shared),
		OPTS_PROGRESS(&opt->shared),
		OPTS_COMMON(&opt->shared),
		OPT_END,
	};
	const struct opts_program program = {
		.synopsis = "[options] DIR...",
		.operand = "DIR",
		.purpose = "Write a scan list of the trees DIR..., for gpfs-parse and scan-import.",
		.rows = rows,
		.operands_min = 1,
		.operands_max = OPERANDS_ANY,
	};

	opts_init(&opt->shared);
	opt->output = "-";
	opt->root_count = opts_parse(&program, argc, argv);
	take_roots(opt, argv + 1);
	name_filesystem(opt, filesystem);
	opt->walk.threads = opt->shared.threads;
	opt->walk.memory = opt->shared.memory;
	opt->walk.temp_dir = opt->shared.temp_dir;
	opt->walk.verbose = opt->shared.verbose;
	opt->walk.list_unseen = !opt->shared.quiet || !opt->allow_unreadable;
}

static void write_first_line(const struct options *opt, struct outfile *out)
{
	char date[DATE_TEXT_SIZE];
	struct buf line = { 0 };

	scantime_date_text(date, time(NULL) / SECONDS_PER_DAY);
	buf_printf(&line, "# treetally scan-tree 2 escape=pct scan_date=%s filesystem=%s\n", date,
		   opt->filesystem);
	outfile_write(out, line.data, line.len);
	buf_release(&line);
}

static void tell(const struct walk_sums *sums, double seconds)
{
	char counts[5][HUMAN_TEXT_SIZE], size[HUMAN_TEXT_SIZE];

	warn("entries %s: directories %s, files %s, allocated %s; unseen %s, vanished %s, mount points "
	     "not entered %" PRIu64 ", excluded %" PRIu64 "; %.1f s",
	     human_count(counts[0], (int64_t)sums->entries),
	     human_count(counts[1], (int64_t)sums->directories),
	     human_count(counts[2], (int64_t)(sums->entries - sums->directories)),
	     human_bytes(size, (int64_t)sums->allocated),
	     human_count(counts[3], (int64_t)sums->unseen),
	     human_count(counts[4], (int64_t)sums->vanished), sums->mounts, sums->excluded, seconds);
}

/* Is it whole? A DIR that was unmounted meanwhile looks like one that was empty. */
static void judge(const struct options *opt, const struct walk_sums *sums)
{
	for (size_t i = 0; i < opt->root_count; i++) {
		const struct walk_root *root = &opt->roots[i];
		struct stat st;

		if (stat(root->path, &st) || st.st_dev != root->device || st.st_ino != root->inode)
			die(EXIT_INPUT, "%s: vanished during the scan", root->path);
	}
	if (sums->denied && !opt->allow_unreadable)
		die(EXIT_INPUT,
		    "%" PRIu64 " directories or files could not be read (--allow-unreadable makes a "
		    "list without them)",
		    sums->denied);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void scan(struct options *opt)
{
	struct progress progress;
	struct walk_sums sums;
	struct buf line = { 0 };
	struct outfile out;
	double start = now();

	outfile_open(&out, opt->output, 0640);
	if (out.terminal)
		warn("this is the list; usually it goes to a file, or: scan-tree DIR | scan-import "
		     "--db DB");
	write_first_line(opt, &out);
	progress_init(&progress, opt->shared.progress, opt->shared.progress_file);
	progress_phase(&progress, "scanning", "entries", 0);
	walk_run(&opt->walk, opt->roots, opt->root_count, &out, &progress, &sums);
	progress_end(&progress);
	if (!opt->shared.quiet)
		tell(&sums, now() - start);
	judge(opt, &sums);
	buf_printf(&line,
		   "# treetally scan-tree end entries=%" PRIu64 " unseen=%" PRIu64
		   " vanished=%" PRIu64,
		   sums.entries, sums.unseen, sums.vanished);
	if (opt->walk.exclude_count)
		buf_printf(&line, " excluded=%" PRIu64, sums.excluded);
	buf_add_char(&line, '\n');
	outfile_write(&out, line.data, line.len);
	outfile_commit(&out);
	buf_release(&line);
}

int main(int argc, char **argv)
{
	struct options opt = { 0 };

	tool_begin(argv, "scan-tree");
	parse_args(&opt, argc, argv);
	scan(&opt);
	for (size_t i = 0; i < opt.root_count; i++)
		free((char *)opt.roots[i].path);
	free(opt.roots);
	free(opt.filesystem);
	free((void *)opt.walk.exclude);
	return EXIT_OK;
}
